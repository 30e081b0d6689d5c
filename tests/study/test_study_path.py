"""The steps of a participation: any state leads somewhere, and only forward opens what is next."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from journeys.study.path import (
    STEPS,
    Progress,
    Step,
    current_step,
    may_visit,
    share_done,
    visitable,
)

anything = st.builds(
    Progress,
    consented=st.booleans(),
    withdrawn=st.booleans(),
    stated=st.booleans(),
    confirmed=st.booleans(),
    before=st.booleans(),
    trials=st.integers(0, 5),
    answered=st.frozensets(st.integers(0, 7)),
    corrected=st.booleans(),
    matched=st.booleans(),
    after=st.booleans(),
    debriefed=st.booleans(),
)


def walked(trials: int = 2) -> list[Progress]:
    """Every state of a participation that goes straight through."""
    now = Progress(trials=trials)
    states = [now]
    for change in (
        {"consented": True},
        {"stated": True},
        {"confirmed": True},
        {"before": True},
        *({"answered": frozenset(range(n + 1))} for n in range(trials)),
        {"corrected": True},
        {"matched": True},
        {"after": True},
        {"debriefed": True},
    ):
        now = replace(now, **change)  # type: ignore[arg-type]
        states.append(now)
    return states


def test_the_straight_way_meets_every_step_in_order() -> None:
    met = [current_step(progress) for progress in walked()]
    assert list(dict.fromkeys(met)) == list(STEPS)
    shares = [share_done(progress) for progress in walked()]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0


@given(anything)
def test_nothing_but_consent_is_open_without_it(progress: Progress) -> None:
    stopped = replace(progress, consented=False, withdrawn=False)
    assert visitable(stopped) == (Step.CONSENT,)
    gone = replace(progress, withdrawn=True)
    assert current_step(gone) is Step.WITHDRAWN
    assert visitable(gone) == ()


@given(anything)
def test_nothing_of_a_log_is_open_before_it_is_confirmed(progress: Progress) -> None:
    state = replace(progress, confirmed=False)
    assert not set(visitable(state)) - {Step.CONSENT, Step.STATED, Step.LOG}


@given(anything)
def test_no_step_ahead_is_open(progress: Progress) -> None:
    now = current_step(progress)
    assert 0.0 <= share_done(progress) <= 1.0
    for step in visitable(progress):
        assert STEPS.index(step) <= STEPS.index(now)
    if now in STEPS:
        assert may_visit(progress, now)


def test_what_came_before_the_first_journey_is_closed_by_it() -> None:
    seen = {current_step(progress): visitable(progress) for progress in walked()}
    assert seen[Step.BEFORE] == (Step.STATED, Step.LOG, Step.BEFORE)
    for step in STEPS[STEPS.index(Step.TRIALS) :]:
        assert not {Step.STATED, Step.LOG, Step.BEFORE} & {*seen[step]}
    assert seen[Step.AFTER] == (Step.TRIALS, Step.CORRECTIONS, Step.MATCHES, Step.AFTER)
    assert seen[Step.DONE] == (Step.DEBRIEFING, Step.DONE)


def test_somebody_without_journeys_is_through_with_them_at_once() -> None:
    ready = replace(walked(trials=0)[4], before=True)
    assert current_step(ready) is Step.CORRECTIONS


def test_one_goes_on_at_the_first_open_trial() -> None:
    assert Progress(trials=3, answered=frozenset({0, 2})).next_trial == 1
    assert Progress(trials=3, answered=frozenset({0, 1, 2})).next_trial == 2
    assert Progress().next_trial == 0
