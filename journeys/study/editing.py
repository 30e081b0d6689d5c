"""A person's hand in their journeys: merge, move, split, undo, on what is stored.

A change takes effect at once in the run that is shown and is kept by events, so that later runs
over the log respect it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from journeys.editing import Edit, merging, moving, splitting
from journeys.embedding import decode_mean
from journeys.errors import InputError, StoreError
from journeys.journey import FRIEND_LEVEL, Journey, UserJourneys
from journeys.revision import Scene, halves, put_back, revise
from journeys.store import Store

#: Characters of a name that are told in the words of a change.
_NAME = 80


@dataclass(frozen=True)
class Desk:
    """One person's journeys in one run, ready to be changed.

    Attributes:
        level: of specificity of the names that changes are told with.
    """

    store: Store
    run_id: int
    person_id: int
    scene: Scene
    found: UserJourneys
    level: int = FRIEND_LEVEL

    def merge(self, one: str, other: str) -> str:
        """Make two journeys one; returns what was done, in words, as the others do.

        Raises:
            InputError: this changes nothing or cannot be done.
            StoreError: what was to be changed is gone, or a discovery over the log is going on.
        """
        edit = merging(self.found, one, other)
        kept = self._named(self._journey_at(edit.anchor[0]))
        joined = self._named(self._journey_at(edit.events[0]))
        return self._apply(edit, f"merged {joined} into {kept}")

    def move(self, positions: Sequence[int], target: str | None) -> str:
        """Move events, by position in the timeline, to a journey, or to none."""
        edit = moving(self.found, positions, target)
        where = "out of all journeys"
        if target is not None:
            (journey,) = (j for j in self.found.journeys if j.id == target)
            where = f"to {self._named(journey)}"
        return self._apply(edit, f"moved {_items(len(edit.events))} {where}")

    def split(self, positions: Sequence[int]) -> str:
        """Make events a journey of their own."""
        edit = splitting(self.found, positions)
        left = {int(self.found.labels[at]) for at in edit.events} - {-1}
        words = f"made a new journey of {_items(len(edit.events))}"
        if len(left) == 1:
            words += f" from {self._named(self.found.journeys[left.pop()])}"
        return self._apply(edit, words)

    def halves(self, journey_id: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """A journey's events in two groups of like items, for :meth:`split`; nothing changes.

        Raises:
            InputError: the items are all alike, or the journey is gone.
        """
        for journey in self.found.journeys:
            if journey.id == journey_id:
                return halves(self.scene, journey)
        raise InputError("This journey is no longer there. Look at the page again.")

    def undo(self) -> str:
        """Take the person's last change back.

        In the run where it was made everything is again as it was. In a later run, which was
        made with the change, the events that were changed return to the journeys they came from.

        Raises:
            StoreError: there is nothing to undo, or a discovery over the log is going on.
        """
        _check_idle(self.store, self.run_id)
        edits = self.store.edits
        record = edits.newest(self.person_id)
        if record is None:
            raise StoreError("There is no change left to undo.")
        if record.run_id == self.run_id:
            edits.undo(record.id)
            return record.words
        ids = self.scene.timeline.frame["event_id"].tolist()
        moved = {at: record.moved[e] for at, e in enumerate(ids) if e in record.moved}
        result = put_back(self.scene, self.found, moved)
        edits.undo_in(record.id, self.run_id, self.scene.timeline, result)
        return record.words

    def _apply(self, edit: Edit, words: str) -> str:
        _check_idle(self.store, self.run_id)
        result = revise(self.scene, self.found, edit)
        self.store.edits.add(self.run_id, self.person_id, self.scene.timeline, edit, result, words)
        return words

    def _journey_at(self, position: int) -> Journey:
        return self.found.journeys[int(self.found.labels[position])]

    def _named(self, journey: Journey) -> str:
        name = " ".join(journey.name(self.level).split())
        return f"“{name[:_NAME]}{'…' if len(name) > _NAME else ''}”"


def open_desk(store: Store, run_id: int, person_id: int, level: int = FRIEND_LEVEL) -> Desk:
    """A person's journeys in a run, as they are now, with what it takes to describe them anew.

    Raises:
        StoreError: the run or the person is gone, or the vectors of their events are.
    """
    run = store.runs.get(run_id)
    timeline = store.logs.timeline(person_id, run_id)
    found = store.results.user(run_id, person_id, timeline)
    try:
        vectors = store.vectors.get(run.manifest["embedder"], timeline.frame["text_key"].tolist())
    except KeyError as error:
        raise StoreError(
            "The vectors of this person's items are no longer there. Discover again, then change "
            "the journeys."
        ) from error
    # A small log's mean is forgotten when somebody in it is erased.
    frozen = run.manifest.get("mean")
    mean = decode_mean(frozen) if frozen else vectors.mean(axis=0)
    scene = Scene(timeline, vectors, int(run.manifest["now"]), mean)
    return Desk(store, run_id, person_id, scene, found, level)


def _check_idle(store: Store, run_id: int) -> None:
    """A discovery that is going on has read the edits already, and would not see another.

    Raises:
        StoreError: one is.
    """
    log_id = store.runs.get(run_id).log_id
    if any(run.active for run in store.runs.list(log_id, every_kind=True)):
        raise StoreError(
            "A discovery or a naming over this log is going on. Change journeys once it has ended."
        )


def _items(number: int) -> str:
    return f"{number:,} item" if number == 1 else f"{number:,} items"
