"""What a participant's screens show, made from the design, their journeys and what is stored.

Everything here is values in, values out: the page loads and draws, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from journeys.journey import FRIEND_LEVEL, Journey, UserJourneys
from journeys.study.answers import Shown, TrialRecord
from journeys.study.design import StudyDesign
from journeys.study.foils import foil_number
from journeys.study.levels import LevelAnswer, LevelPolicy, level_to_show
from journeys.study.path import Progress
from journeys.study.trials import Subject, Trial, TrialPlan, plan_trials
from journeys.timeline import Timeline

#: Namer of a foil's names.
MADE_UP = "made-up"


@dataclass(frozen=True)
class Found:
    """What was found for a participant under one condition.

    Attributes:
        run_id: the discovery.
        journeys: with the names of the condition.
        timeline: the events that the discovery saw.
    """

    run_id: int
    journeys: UserJourneys
    timeline: Timeline

    def journey(self, id_: str) -> Journey | None:
        """The journey with an id."""
        return next((journey for journey in self.journeys.journeys if journey.id == id_), None)

    def titles(self, positions: Sequence[int], most: int) -> tuple[str, ...]:
        """The first few different titles at some positions of the timeline."""
        titles = self.timeline.titles
        there = (" ".join(titles[at].split()) for at in positions)
        return tuple(dict.fromkeys(title for title in there if title))[:most]


@dataclass(frozen=True)
class Screen:
    """One trial as it is drawn.

    Attributes:
        shown: what is stored with the answers.
        cues: titles that help to remember. No dates: a foil's items have none.
    """

    shown: Shown
    cues: tuple[str, ...]


@dataclass(frozen=True)
class LogFacts:
    """What a log is, without a title from it.

    Attributes:
        events: how many.
        first, last: times of the first and the last, microseconds since 1970-01-01 UTC.
        sources: (name, events), the largest first; '' where the log does not say.
    """

    events: int
    first: int
    last: int
    sources: tuple[tuple[str, int], ...]


def log_facts(timeline: Timeline) -> LogFacts:
    """The facts of a log by which its owner knows it."""
    times = timeline.times
    counts = timeline.frame["source"].value_counts()
    return LogFacts(
        len(timeline),
        int(times[0]) if len(times) else 0,
        int(times[-1]) if len(times) else 0,
        tuple((str(name), int(number)) for name, number in counts.items()),
    )


def draw_trials(
    design: StudyDesign, found: Mapping[str, Found], *, seed: int, ordinal: int
) -> tuple[Trial, ...]:
    """The trials of a participant.

    Args:
        found: condition key -> what was found under it, for the conditions they meet.
        seed, ordinal: of the participant.
    """
    conditions = tuple(c.key for c in design.conditions if c.key in found)
    if not conditions:
        return ()
    ranks: dict[str, int] = {}
    under: dict[str, list[str]] = {}
    for key in conditions:
        for journey in found[key].journeys.journeys:
            ranks[journey.id] = min(journey.rank, ranks.get(journey.id, journey.rank))
            under.setdefault(journey.id, []).append(key)
    plan = TrialPlan(
        levels=design.levels,
        conditions=conditions,
        journeys=design.journeys,
        repeats=design.n_repeats,
        n_foils=design.n_foils,
        foils=design.foils,
        order=design.order,
    )
    return plan_trials(
        plan,
        [Subject(id_, rank, tuple(under[id_])) for id_, rank in ranks.items()],
        seed=seed,
        ordinal=ordinal,
        own_texts=_own_texts(found),
    )


def settled(trials: Sequence[Trial], records: Sequence[TrialRecord]) -> tuple[Trial, ...]:
    """The trials with those that were shown already in their places.

    Names or journeys may change while somebody takes part, and with them what would be drawn.
    What was shown stays where it was, nothing is shown twice by that, and what is left of the new
    drawing follows in its order, without repetitions of what nobody has seen.
    """
    kept = {record.shown.trial: record.shown for record in records}
    if all(at < len(trials) and _same(trials[at], shown) for at, shown in kept.items()):
        return tuple(trials)
    seen = {(shown.kind, shown.journey_id) for shown in kept.values()}
    left = [t for t in trials if t.kind != "repeat" and (t.kind, t.subject) not in seen]
    places: list[Trial] = []
    while left or any(at >= len(places) for at in kept):
        at = len(places)
        if at in kept:
            shown = kept[at]
            first = next((t.position for t in places if t.subject == shown.journey_id), None)
            trial = Trial(at, shown.kind, shown.journey_id, shown.condition, shown.level)
            places.append(replace(trial, first=first if shown.kind == "repeat" else None))
        elif left:
            places.append(replace(left.pop(0), position=at, first=None))
        else:
            # Nothing is left for a place that was passed over: a later one takes it up.
            break
    return tuple(places)


def make_screen(
    design: StudyDesign,
    trials: Sequence[Trial],
    position: int,
    found: Mapping[str, Found],
    records: Sequence[TrialRecord],
    policy: LevelPolicy | None = None,
) -> Screen:
    """One trial's screen. What was shown before is shown again as it was.

    Raises:
        IndexError: there is no such trial.
    """
    trial = trials[position]
    kept = {record.shown.trial: record.shown for record in records}
    if trial.kind == "foil":
        foil = design.foils[foil_number(trial.subject) - 1]
        run_id, cues, names, namer, prompts = (
            None, foil.items[: design.cues], foil.names, MADE_UP, "",
        )  # fmt: skip
    else:
        there = found.get(trial.condition)
        journey = None if there is None else there.journey(trial.subject)
        if there is None or journey is None:
            return Screen(kept[position], ())
        run_id, cues = there.run_id, there.titles(_cue_positions(journey), design.cues)
        names, namer, prompts = (
            journey.names.levels, journey.names.namer, journey.names.prompts,
        )  # fmt: skip
    if position in kept:
        return Screen(kept[position], cues)
    level = level_to_show(trials, position, said(records), policy)
    name = names[level - 1]
    if trial.first is not None and trial.first in kept:
        name = kept[trial.first].name
    return Screen(
        Shown(
            position,
            trial.kind,
            run_id,
            trial.subject,
            trial.condition,
            level,
            name,
            namer,
            prompts,
        ),
        cues,
    )


def found_names(
    found: Mapping[str, Found], records: Sequence[TrialRecord]
) -> dict[tuple[int, str], str]:
    """(run id, journey id) -> the name by which a participant knows a journey of theirs.

    Those that were shown come first, in their order; then what was found beside, by rank, under
    the name that one would tell a friend. Made-up journeys are not among them.
    """
    names: dict[tuple[int, str], str] = {}
    for record in records:
        there = found.get(record.shown.condition)
        shown = record.shown
        if shown.kind == "journey" and there is not None and there.journey(shown.journey_id):
            names.setdefault((there.run_id, shown.journey_id), shown.name)
    for there in found.values():
        for journey in sorted(there.journeys.journeys, key=lambda journey: journey.rank):
            names.setdefault((there.run_id, journey.id), journey.name(FRIEND_LEVEL))
    return names


def said(records: Sequence[TrialRecord]) -> dict[int, LevelAnswer]:
    """What was shown and said, by position."""
    return {
        record.shown.trial: LevelAnswer.of(record.shown.level, record.answers) for record in records
    }


def progress_of(
    design: StudyDesign,
    *,
    consented: bool,
    withdrawn: bool,
    steps: Collection[str],
    trials: int,
    answered: Collection[int],
    stated: int = 0,
) -> Progress:
    """Where a participant is, from what is stored.

    Args:
        steps: those that were reached, as :data:`journeys.study.answers.STEPS` names them.
        answered: positions of the trials that an answer, or a pass, is stored of.
        stated: journeys that the participant stated.
    """
    return Progress(
        consented=consented,
        withdrawn=withdrawn,
        stated="stated" in steps or not design.stated_first,
        confirmed="confirmed" in steps,
        before="rating" in steps or not design.items,
        trials=trials,
        answered=frozenset(answered),
        corrected="corrected" in steps,
        # Who was further already when this step came to be is not sent back.
        matched=not stated or not trials or not {"matched", "after", "done"}.isdisjoint(steps),
        after="after" in steps or not design.items,
        debriefed="done" in steps,
    )


#: Items of a journey that are listed to be marked: those that belong least surely first.
LISTED = 12


def items_to_check(
    found: Found, journey: Journey, most: int = LISTED
) -> tuple[tuple[int, str], ...]:
    """(event id, title) of a journey's items, those that belong least surely first."""
    positions = dict.fromkeys([*journey.boundary, *reversed(journey.central), *journey.members])
    ids, titles = found.timeline.frame["event_id"].tolist(), found.timeline.titles
    return tuple((int(ids[at]), titles[at]) for at in list(positions)[:most])


def _cue_positions(journey: Journey) -> list[int]:
    """The most central items; the others after them, where some have the same title."""
    return list(dict.fromkeys([*journey.central, *(int(at) for at in journey.members)]))


def _same(trial: Trial, shown: Shown) -> bool:
    return (trial.kind, trial.subject, trial.condition) == (
        shown.kind,
        shown.journey_id,
        shown.condition,
    )


def _own_texts(found: Mapping[str, Found]) -> list[str]:
    """Titles of each discovery's events once, and the names of all conditions."""
    timelines = {there.run_id: there.timeline for there in found.values()}
    texts = [title for timeline in timelines.values() for title in timeline.titles]
    for there in found.values():
        texts += [name for journey in there.journeys.journeys for name in journey.names.levels]
    return texts
