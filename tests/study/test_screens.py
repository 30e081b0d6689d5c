"""What the screens show, from real journeys; and what happens when they change in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.study.answers import Shown, TrialAnswers, TrialRecord
from journeys.study.default_design import default_design
from journeys.study.screens import (
    MADE_UP,
    Found,
    Screen,
    draw_trials,
    items_to_check,
    log_facts,
    make_screen,
    progress_of,
    settled,
)
from journeys.study.trials import Trial
from tests.study_world import open_study

DESIGN = replace(default_design(), journeys=3, repeats=0.34, foils_share=0.34)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Found]]:
    home: Path = tmp_path_factory.mktemp("screens")
    store: Store = open_store(Settings(home, f"sqlite:///{home / 'journeys.sqlite3'}"))
    world = open_study(store, DESIGN)
    who, take = world.enter(), store.participation
    yield {"a": Found(world.run_id, take.journeys(who, "a"), take.timeline(who, "a"))}
    store.close()


def trials_of(found: dict[str, Found]) -> tuple[Trial, ...]:
    return draw_trials(DESIGN, found, seed=7, ordinal=0)


def record(screen: Screen, identification: int | None = 4) -> TrialRecord:
    return TrialRecord(screen.shown, TrialAnswers(identification=identification), 10, 1, 1)


def test_every_screen_looks_the_same(found: dict[str, Found]) -> None:
    trials = trials_of(found)
    assert sorted(trial.kind for trial in trials) == ["foil", *["journey"] * 3, "repeat"]
    records: list[TrialRecord] = []
    for at, trial in enumerate(trials):
        screen = make_screen(DESIGN, trials, at, found, records)
        assert len(screen.cues) == DESIGN.cues
        assert screen.shown.name
        assert screen.shown.trial == at
        assert (screen.shown.namer == MADE_UP) == (trial.kind == "foil")
        records.append(record(screen))
    repeat = next(trial for trial in trials if trial.kind == "repeat")
    assert repeat.first is not None
    first, again = records[repeat.first].shown, records[repeat.position].shown
    assert (first.name, first.level) == (again.name, again.level)


def test_cues_are_the_journeys_own_titles(found: dict[str, Found]) -> None:
    trials = trials_of(found)
    for at, trial in enumerate(trials):
        if trial.kind == "journey":
            journey = found["a"].journey(trial.subject)
            assert journey is not None
            own = {found["a"].timeline.titles[member] for member in journey.members}
            assert {*make_screen(DESIGN, trials, at, found, []).cues} <= own


def test_what_was_shown_stays_when_names_change(found: dict[str, Found]) -> None:
    trials = trials_of(found)
    before = make_screen(DESIGN, trials, 0, found, [])
    renamed = replace(
        found["a"].journeys,
        journeys=tuple(
            replace(j, names=replace(j.names, levels=("x",) * 5))
            for j in found["a"].journeys.journeys
        ),
    )
    other = {"a": replace(found["a"], journeys=renamed)}
    assert make_screen(DESIGN, trials, 0, other, [record(before)]).shown == before.shown
    assert make_screen(DESIGN, trials, 1, other, [record(before)]).shown.name != before.shown.name


def test_what_was_shown_keeps_its_place_when_journeys_go(found: dict[str, Found]) -> None:
    trials = trials_of(found)
    records = [record(make_screen(DESIGN, trials, at, found, [])) for at in (0, 1)]
    assert settled(trials, records) == trials
    gone = {"a": replace(found["a"], journeys=replace(found["a"].journeys, journeys=()))}
    assert draw_trials(DESIGN, gone, seed=7, ordinal=0) == ()
    kept = settled((), records)
    assert [trial.subject for trial in kept] == [trial.subject for trial in trials[:2]]
    assert make_screen(DESIGN, kept, 0, gone, records).shown == records[0].shown
    redrawn = draw_trials(DESIGN, found, seed=8, ordinal=1)
    mixed = settled(redrawn, records)
    own = [trial.subject for trial in mixed if trial.kind == "journey"]
    assert len({*own}) == len(own), "nothing comes twice by it"
    assert [trial.position for trial in mixed] == list(range(len(mixed)))
    assert [trial.subject for trial in mixed[:2]] == [trial.subject for trial in trials[:2]]


def test_a_place_beyond_what_is_left_is_not_drawn() -> None:
    shown = Shown(5, "foil", None, "foil1", "a", 3, "a name", MADE_UP)
    assert settled((), [TrialRecord(shown, TrialAnswers(), 1, 1, 1)]) == ()


def test_the_facts_of_a_log_hold_no_title(found: dict[str, Found]) -> None:
    timeline = found["a"].timeline
    facts = log_facts(timeline)
    assert facts.events == len(timeline)
    assert (facts.first, facts.last) == (timeline.times[0], timeline.times[-1])
    assert sum(number for _, number in facts.sources) == len(timeline)


def test_items_to_check_are_the_journeys_own(found: dict[str, Found]) -> None:
    journey = found["a"].journeys.journeys[0]
    items = items_to_check(found["a"], journey, 5)
    ids = found["a"].timeline.frame["event_id"].tolist()
    assert len(items) == 5
    assert {event for event, _ in items} <= {ids[member] for member in journey.members}
    assert [ids.index(event) for event, _ in items][:1] == [*journey.boundary][:1]


def test_questions_that_a_design_does_not_ask_are_passed_over() -> None:
    design = replace(DESIGN, items=(), stated_first=False)
    progress = progress_of(
        design, consented=True, withdrawn=False, steps=(), trials=2, answered=[0]
    )
    assert progress.stated
    assert progress.before
    assert progress.after
    assert not progress.confirmed
