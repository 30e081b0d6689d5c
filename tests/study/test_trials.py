"""The sequence of trials: balance, spacing and repeatability, for any design."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.sensitive.flagging import flag_texts
from journeys.study.default_foils import FOILS as SHIPPED
from journeys.study.design import Foil
from journeys.study.foils import choose_foils, foil_id, foil_number, vocabulary
from journeys.study.trials import GAP, Subject, TrialPlan, plan_trials
from journeys.words import content_words

FOILS = tuple(
    Foil(
        (field, f"{field} {word}", f"{word} at home", f"a first {word}", f"mending a {word}"),
        (f"{word} for beginners", f"{word} repair", f"old {word}"),
    )
    for field, word in [
        ("music", "organ"),
        ("music", "bassoon"),
        ("animals", "reindeer"),
        ("history", "astrolabe"),
        ("sport", "curling"),
        ("craft", "bookbinding"),
    ]
)

plans = st.builds(
    TrialPlan,
    levels=st.lists(st.integers(1, 5), min_size=1, max_size=5, unique=True).map(tuple),
    conditions=st.sampled_from([("a",), ("a", "b"), ("a", "b", "c")]),
    journeys=st.integers(0, 12),
    repeats=st.integers(0, 4),
    n_foils=st.integers(0, 3),
    foils=st.just(FOILS),
    order=st.sampled_from(["random", "rank"]),
)
numbers = st.integers(0, 14)
ordinals = st.integers(0, 30)


def crossed(count: int) -> list[Subject]:
    """Journeys that have names under every condition."""
    return [Subject(f"j{at}", at + 1, ("a", "b", "c")) for at in range(count)]


@given(plans, numbers, ordinals, st.text(max_size=5))
def test_the_sequence_holds_its_promises(
    plan: TrialPlan, count: int, ordinal: int, seed: str
) -> None:
    trials = plan_trials(plan, crossed(count), seed=seed, ordinal=ordinal)
    assert [trial.position for trial in trials] == list(range(len(trials)))
    own = [trial for trial in trials if trial.kind == "journey"]
    assert len(own) == min(plan.journeys, count)
    assert {trial.subject for trial in own} == {f"j{at}" for at in range(len(own))}, "the strongest"
    assert len({trial.subject for trial in own}) == len(own)
    for one, two in pairwise(trials):
        assert one.subject != two.subject
    if trials:
        assert trials[0].kind == "journey"
        assert sum(trial.kind == "foil" for trial in trials) == plan.n_foils
    for trial in trials:
        if trial.kind == "repeat":
            assert trial.first is not None
            first = trials[trial.first]
            assert (first.kind, first.subject) == ("journey", trial.subject)
            assert (first.level, first.condition) == (trial.level, trial.condition)
            assert trial.position - trial.first > min(GAP, len(own) + plan.n_foils - 1)
        else:
            assert trial.first is None


@given(plans, numbers, ordinals)
def test_levels_and_conditions_are_balanced_within_a_participant(
    plan: TrialPlan, count: int, ordinal: int
) -> None:
    own = [
        trial
        for trial in plan_trials(plan, crossed(count), seed="s", ordinal=ordinal)
        if trial.kind == "journey"
    ]
    levels = Counter(trial.level for trial in own)
    conditions = Counter(trial.condition for trial in own)
    assert max(levels[x] for x in plan.levels) - min(levels[x] for x in plan.levels) <= 1
    shares = [conditions[x] for x in plan.conditions]
    assert max(shares) - min(shares) <= 1
    cells = Counter((trial.level, trial.condition) for trial in own)
    assert max(cells.values(), default=0) <= -(-len(own) // len({*plan.levels})), "crossed"


@settings(max_examples=25)
@given(plans.filter(lambda plan: plan.journeys > 0), st.integers(1, 14))
def test_every_pair_comes_equally_often_over_a_block_of_participants(
    plan: TrialPlan, count: int
) -> None:
    block = len(plan.levels) * len(plan.conditions)
    cells: Counter[tuple[int, str]] = Counter()
    for ordinal in range(block):
        trials = plan_trials(plan, crossed(count), seed=str(ordinal), ordinal=ordinal)
        cells.update((t.level, t.condition) for t in trials if t.kind == "journey")
    assert set(cells.values()) == {min(plan.journeys, count)}
    assert len(cells) == block


def test_neither_rank_nor_position_stands_for_a_condition() -> None:
    plan = TrialPlan((1, 3), ("a", "b"), journeys=4)
    by_rank: Counter[tuple[str, str]] = Counter()
    by_place: Counter[tuple[int, str]] = Counter()
    for at in range(400):
        for trial in plan_trials(plan, crossed(4), seed=f"p{at}", ordinal=at):
            by_rank[trial.subject, trial.condition] += 1
            by_place[trial.position, trial.condition] += 1
    for counts in (by_rank, by_place):
        assert len(counts) == 8
        assert all(150 <= number <= 250 for number in counts.values()), "five standard errors"


@given(plans, numbers, st.text(max_size=8))
def test_the_same_seed_gives_the_same_trials_in_any_order_of_journeys(
    plan: TrialPlan, count: int, seed: str
) -> None:
    there = crossed(count)
    shuffled = Random(1).sample(there, len(there))
    assert plan_trials(plan, there, seed=seed) == plan_trials(plan, shuffled, seed=seed)


def test_the_sequence_is_the_same_on_every_machine() -> None:
    plan = TrialPlan((1, 3, 5), ("a", "b"), journeys=5, repeats=1, n_foils=1, foils=FOILS)
    trials = plan_trials(plan, crossed(5), seed="x")
    assert [(t.kind, t.subject, t.condition, t.level) for t in trials] == [
        ("journey", "j0", "a", 3),
        ("journey", "j2", "b", 1),
        ("journey", "j3", "a", 1),
        ("journey", "j1", "b", 3),
        ("journey", "j4", "a", 5),
        ("repeat", "j0", "a", 3),
        ("foil", "foil5", "a", 1),
    ]


@given(st.integers(0, 8), st.integers(0, 8), ordinals)
def test_journeys_of_one_extractor_each_are_shown_under_their_own(
    first: int, second: int, ordinal: int
) -> None:
    subjects = [Subject(f"a{at}", at, ("a",)) for at in range(first)]
    subjects += [Subject(f"b{at}", at, ("b",)) for at in range(second)]
    plan = TrialPlan((2, 4), ("a", "b"), journeys=6)
    trials = plan_trials(plan, subjects, seed="s", ordinal=ordinal)
    assert len(trials) == min(6, first + second)
    assert all(trial.subject.startswith(trial.condition) for trial in trials)
    counts = Counter(trial.condition for trial in trials)
    if min(first, second) >= 3:
        assert counts == {"a": 3, "b": 3}


def test_journeys_without_names_under_the_conditions_are_left_out() -> None:
    plan = TrialPlan((3,), ("a",), journeys=5, n_foils=2, foils=FOILS)
    assert plan_trials(plan, [Subject("j", 1, ("other",))], seed="s") == ()
    assert plan_trials(plan, [], seed="s") == (), "a foil never stands alone"


@pytest.mark.parametrize(
    "wrong",
    [
        {"levels": ()},
        {"levels": (0,)},
        {"levels": (6,)},
        {"conditions": ()},
        {"conditions": ("a", "a")},
        {"journeys": -1},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        TrialPlan(**({"levels": (3,), "conditions": ("a",), "journeys": 3} | wrong))  # type: ignore[arg-type]


@given(st.integers(0, 4), st.integers(0, 1000))
def test_a_foil_is_nothing_that_the_person_does(count: int, seed: int) -> None:
    titles = ["Bassoon reeds, cleaned", "Sourdough toast", "Curling irons"]
    chosen = choose_foils(count, FOILS, titles, Random(seed))
    known = {word for title in titles for word in content_words(title)}
    assert len(chosen) == count
    assert all(not vocabulary(FOILS[number - 1]) & known for number in chosen)
    fields = [FOILS[number - 1].names[0] for number in chosen]
    assert len({*fields}) == len(fields), "each of another field"


def test_where_a_person_does_everything_the_least_known_foil_is_taken() -> None:
    titles = ["organ", "organ", "reindeer"]
    three = (FOILS[0], FOILS[2], FOILS[0])
    assert choose_foils(1, three, titles, Random(0)) == (2,)
    assert sorted(choose_foils(9, three, titles, Random(0))) == [1, 2, 3]
    assert choose_foils(2, (), titles, Random(0)) == ()


def test_a_shipped_foil_close_to_a_log_is_passed_over() -> None:
    titles = ["Nuc or package bees?", "My beekeeping diary", "Smoothing a nib", "Keeping fit"]
    for seed in range(30):
        (number,) = choose_foils(1, SHIPPED, titles, Random(seed))
        assert SHIPPED[number - 1].names[1] != "beekeeping"
    drawn = {choose_foils(1, SHIPPED, titles, Random(seed)) for seed in range(60)}
    assert len(drawn) >= 5, "one everyday word in common rules nothing out"
    assert choose_foils(3, SHIPPED, titles, Random(1)) == choose_foils(
        3, SHIPPED, titles, Random(1)
    )


def test_the_shipped_foils_are_of_different_fields_and_in_full() -> None:
    assert len(SHIPPED) >= 6
    assert len({foil.names[0] for foil in SHIPPED}) == len(SHIPPED)
    assert all(len(foil.names) == 5 and len(foil.items) >= 4 for foil in SHIPPED)
    texts = [text for foil in SHIPPED for text in (*foil.names, *foil.items)]
    assert not any(flag_texts(texts)), "nothing sensitive"


def test_a_foil_has_an_id_that_leads_back() -> None:
    assert [foil_number(foil_id(number)) for number in (1, 12)] == [1, 12]
