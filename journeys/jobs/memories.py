"""Telling of one person's partitions as a job of the worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from journeys.discovery.progress import Progress
from journeys.errors import Cancelled
from journeys.jobs.tellers import open_teller
from journeys.memory.cascade import tell
from journeys.memory.notes import Item, Shift, Summary
from journeys.memory.records import NoteRecord
from journeys.memory.telling import Teller, Told
from journeys.settings import Settings
from journeys.store import Store, TellingJob
from journeys.store.runs import RunSummary

#: The stage that a job shows.
TELL = "tell"


class OnePerson:
    """One person's memory as far as a job is about it; progress is noted with each partition.

    Args:
        teller: its id; where the job tells anew, what others have told does not count.
    """

    def __init__(self, store: Store, job: TellingJob, teller: str, progress: Progress) -> None:
        self._store, self._job, self._teller, self._progress = store, job, teller, progress
        self._done = 0

    def untold(self, memory_id: int, people: Sequence[int] | None = None) -> dict[int, list[int]]:
        """See :class:`journeys.memory.cascade.Memories`."""
        job = self._job
        if job.anew:
            kinds: dict[int, set[bool]] = {}
            for note in self.notes(memory_id, job.person_id):
                kinds.setdefault(note.number, set()).add(isinstance(note.note, Summary))
            records = self._store.memory.partitions(memory_id, job.person_id)
            numbers = [r.number for r in records if len(kinds.get(r.number, ())) < 2]
        else:
            untold = self._store.memory.untold(memory_id, [job.person_id])
            numbers = untold.get(job.person_id, [])
        return {job.person_id: [number for number in numbers if number <= job.up_to]}

    def items(self, memory_id: int, person_id: int) -> Mapping[int, Sequence[Item]]:
        """See :class:`journeys.memory.cascade.Memories`."""
        return self._store.memory.items(memory_id, person_id)

    def notes(self, memory_id: int, person_id: int) -> Sequence[NoteRecord]:
        """See :class:`journeys.memory.cascade.Memories`."""
        found = self._store.memory.notes(memory_id, person_id)
        return [note for note in found if note.teller == self._teller or not self._job.anew]

    def keep(
        self,
        memory_id: int,
        person_id: int,
        number: int,
        told: Told[Summary] | Told[Shift],
        teller: str,
    ) -> None:
        """See :class:`journeys.memory.cascade.Memories`."""
        self._store.memory.keep(memory_id, person_id, number, told, teller)
        if isinstance(told.note, Shift):
            self._done += 1
            self._progress.update(self._done)


def tell_person(store: Store, settings: Settings, run: RunSummary, progress: Progress) -> str:
    """Carry a job out; a sentence when something could not be told now, else ''.

    Everything told is stored at once, so a killed job goes on where it was and asks nothing twice.

    Raises:
        Cancelled: the user asked to stop; what was told is kept.
        JourneysError: as :func:`journeys.jobs.tellers.open_teller` and the model do.
    """
    job = TellingJob.of(run)
    with open_teller(
        store, settings, job.teller, model=job.model, max_calls=job.max_calls
    ) as teller:
        return carry_out(store, job, teller, progress)


def carry_out(store: Store, job: TellingJob, teller: Teller, progress: Progress) -> str:
    """See :func:`tell_person`; with any teller."""
    memories = OnePerson(store, job, teller.id, progress)
    waiting = memories.untold(job.memory_id)[job.person_id]
    progress.stage(TELL, 0, len(waiting))
    done = tell(
        memories,
        job.memory_id,
        teller,
        lambda person: store.memory.journey_names(job.memory_id, person),
        people=[job.person_id],
        should_stop=progress.should_stop,
    )
    if done.partitions < len(waiting) and not done.problems:
        raise Cancelled("Stopped. What was told is kept.")
    return " ".join(done.problems)
