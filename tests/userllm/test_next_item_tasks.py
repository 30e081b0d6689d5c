"""What is asked, what may be known, and how baselines answer."""

from __future__ import annotations

import numpy as np
import pytest

from journeys.errors import ConfigError
from journeys.userllm.baselines import (
    Neighbours,
    cosine_similarity,
    linear_weights,
    popularity,
    recent_popularity,
    sequence_similarity,
)
from journeys.userllm.comparing import BASELINES, baseline, rows
from journeys.userllm.newcomers import curve, newcomer_questions
from journeys.userllm.sequences import ITEM, EncoderData
from journeys.userllm.tasks import Questions, earlier_cuts, rank, split_next
from tests.userllm.userllm_data import ITEMS, walking

DATA = walking(users=40, length=16, ties=True)


@pytest.mark.parametrize("kind", ["last", "global"])
def test_what_is_known_lies_before_what_is_asked(kind: str) -> None:
    split = split_next(DATA, kind)
    owner, items = DATA.owner, DATA.ids[ITEM]
    assert len(split.test)
    assert len(split.valid)
    for asked in (split.valid, split.test):
        assert (owner[asked.target] == asked.user).all()
        assert (asked.known > DATA.starts[asked.user]).all()
        assert (DATA.times[asked.known - 1] < DATA.times[asked.target]).all()
        assert (DATA.times[asked.known] == DATA.times[asked.target]).all()
        for user, known, target in zip(asked.user, asked.known, asked.target, strict=True):
            assert items[target] not in items[DATA.starts[user] : known]
        assert not split.train[asked.target].any()
    # Training is the beginning of each timeline.
    for user in range(DATA.n_users):
        mine = split.train[DATA.starts[user] : DATA.starts[user + 1]]
        assert (np.diff(mine.astype(int)) <= 0).all()


def test_the_global_split_learns_nothing_later_and_asks_warm_users_only() -> None:
    split = split_next(DATA, "global")
    latest = DATA.times[split.train].max()
    assert (DATA.times[split.valid.target] > latest).all()
    assert DATA.times[split.valid.target].max() < DATA.times[split.test.target].min()
    counts = np.bincount(DATA.owner[split.train], minlength=DATA.n_users)
    assert (counts[split.test.user] >= 10).all()
    assert f"{len(np.unique(split.test.user))} users" in split.note


def test_earlier_cuts_stay_inside_what_is_learnt_from() -> None:
    learnt = split_next(DATA, "last").train
    begin, items = DATA.instant_start(), DATA.ids[ITEM]
    rounds = earlier_cuts(DATA, learnt, range(0, 40, 2), 4, least=3, seed=1)
    assert len(rounds) == 4
    seen = set()
    for asked in rounds:
        for user, known, target in zip(asked.user, asked.known, asked.target, strict=True):
            assert user % 2 == 0
            assert learnt[target]
            assert DATA.owner[target] == user
            assert known == begin[target] >= DATA.starts[user] + 3
            assert items[target] not in items[DATA.starts[user] : known]
            assert (user, known) not in seen
            seen.add((user, known))
    assert len(seen) > 20
    again = earlier_cuts(DATA, learnt, range(0, 40, 2), 4, least=3, seed=1)
    assert all((one.target == other.target).all() for one, other in zip(rounds, again, strict=True))
    assert earlier_cuts(DATA, learnt, [0], 0) == []


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(ConfigError, match="last, global"):
        split_next(DATA, "random")


def oracle(data: EncoderData, worst: bool = False) -> object:
    def score(asked: Questions) -> np.ndarray:
        found = np.zeros((len(asked), len(data.catalogue)))
        found[np.arange(len(asked)), data.ids[ITEM][asked.target]] = -1.0 if worst else 1.0
        return found

    return score


def test_ranks_are_of_the_whole_catalogue_but_for_what_was_seen() -> None:
    split = split_next(DATA, "last")
    best = rank(DATA, split.test, oracle(DATA))  # type: ignore[arg-type]
    assert (best.rank == 1).all()
    assert best.mean("recall") == best.mean("ndcg") == 1.0
    last = rank(DATA, split.test, oracle(DATA, worst=True))  # type: ignore[arg-type]
    tied = rank(DATA, split.test, lambda asked: np.zeros((len(asked), ITEMS + 1)))
    for at, (user, known, target) in enumerate(
        zip(split.test.user, split.test.known, split.test.target, strict=True)
    ):
        mine = slice(int(DATA.starts[user]), int(known))
        same = DATA.times == DATA.times[target]
        same &= DATA.owner == user
        out = set(DATA.ids[ITEM][mine].tolist()) | set(DATA.ids[ITEM][same].tolist())
        out.discard(int(DATA.ids[ITEM][target]))
        assert last.rank[at] == ITEMS - len(out)
        assert tied.rank[at] == 1 + (ITEMS - len(out) - 1) / 2


def test_popularity_counts_training_only() -> None:
    split = split_next(DATA, "last")
    scores = popularity(DATA, split.train)(split.test)
    assert scores.sum() == split.train.sum() * len(split.test)


def test_recent_popularity_knows_nothing_later() -> None:
    split = split_next(DATA, "last")
    scores = recent_popularity(DATA, split.train, days=1e9)(split.test)
    before = [
        int((split.train & (DATA.times < DATA.times[target])).sum()) for target in split.test.target
    ]
    np.testing.assert_allclose(scores.sum(1), before, rtol=1e-4)


def test_neighbours_are_found_by_hand() -> None:
    train = split_next(DATA, "last").train
    similarity = cosine_similarity(DATA, train)
    have = np.zeros((DATA.n_users, ITEMS + 1))
    have[DATA.owner[train], DATA.ids[ITEM][train]] = 1
    one, other = have[:, 3], have[:, 4]
    assert similarity[3, 4] == pytest.approx(one @ other / np.sqrt(one.sum() * other.sum()))
    assert not similarity.diagonal().any()
    assert not similarity[0].any()


def test_sequences_have_a_direction_and_ties_have_none() -> None:
    data = walking(users=40)
    similarity = sequence_similarity(data, np.ones(len(data), dtype=bool), half=1.0)
    assert (similarity[3, 4], similarity[10, 11]) > (similarity[4, 3], similarity[11, 10])
    tied = sequence_similarity(DATA, np.ones(len(DATA), dtype=bool), half=1.0)
    assert tied.sum() < similarity.sum()


def test_recent_items_vote_more_when_votes_fade() -> None:
    data = walking(users=40)
    split = split_next(data, "last")
    similarity = sequence_similarity(data, split.train, half=1.0)
    fading = rank(data, split.test, Neighbours(0, 1.0).score(data, similarity))
    steady = rank(data, split.test, Neighbours(0, 0.0).score(data, similarity))
    assert fading.mean("ndcg") > steady.mean("ndcg")


def test_the_linear_autoencoder_rebuilds_best_in_its_own_terms() -> None:
    """EASE's closed form is the least of its ridge objective with a diagonal of noughts."""
    train = np.ones(len(DATA), dtype=bool)
    weights = linear_weights(DATA, train, penalty=5.0)
    have = np.zeros((DATA.n_users, ITEMS + 1))
    have[DATA.owner, DATA.ids[ITEM]] = 1

    def objective(trial: np.ndarray) -> float:
        return float(((have - have @ trial) ** 2).sum() + 5.0 * (trial**2).sum())

    rng = np.random.default_rng(0)
    for _ in range(20):
        nudge = rng.normal(size=weights.shape) * 1e-3
        np.fill_diagonal(nudge, 0.0)
        assert objective(weights) <= objective(weights + nudge)


def test_every_baseline_answers_and_says_what_it_chose() -> None:
    data = walking(users=30)
    split = split_next(data, "last")
    routes = [baseline(name, data, split) for name in BASELINES]
    printed = rows(routes)
    assert [row["route"] for row in printed] == list(BASELINES)
    assert all(0 <= row["score"] <= 1 and row["tokens"] == 0 for row in printed)
    assert {"route", "history", "task", "score", "tokens", "seconds"} <= set(printed[0])
    by_name = {row["route"]: row["score"] for row in printed}
    assert by_name["sequence kNN"] > by_name["popularity"]


def test_the_curve_of_new_people_counts_what_they_had() -> None:
    data = walking(users=40)
    train = data.owner < 20
    asked = newcomer_questions(data, train)
    assert set(np.unique(asked.user)) == set(range(20, 40))
    points = curve(
        data,
        asked,
        {"popularity": popularity(data, train), "oracle": oracle(data)},  # type: ignore[dict-item]
        edges=(1, 3, 10),
    )
    assert [point.told for point in points] == ["1-2", "3-9", "10 and more"]
    assert sum(point.questions for point in points) == len(asked)
    for point in points:
        assert point.ndcg["oracle"].mean == 1.0
        assert point.gain["oracle"].mean == pytest.approx(1 - point.ndcg["popularity"].mean)
