"""True groups: cut in two, drawn, and shown to a namer as in a discovery run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeys.embedding import MemoryVectorCache
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import InputError
from journeys.evaluation.labelled import LabelledLog, Truth, prepare
from journeys.evaluation.naming_groups import (
    LeftOut,
    all_groups,
    draw_groups,
    gather_evidence,
    split_groups,
)
from journeys.timeline import ActivityLog
from tests.logs import TOPICS, make_log


@pytest.fixture(scope="module")
def labelled() -> LabelledLog:
    log = make_log(users=6)
    labels = [title.split()[0] for title in log.frame["title"]]
    return prepare(log, Truth.of(labels), FakeEmbedder(), MemoryVectorCache(), b"secret")


def test_a_repeated_title_is_in_one_half_only() -> None:
    titles = ["a", "b", "a", "c", "d", "b", "", "e"]
    times = pd.date_range("2024-01-01", periods=len(titles), tz="UTC")
    log = ActivityLog(pd.DataFrame({"user_id": "u", "timestamp": times, "title": titles}))
    labels = np.array(["x"] * 7 + ["y"], dtype=object)
    (group,) = split_groups(log.timeline("u"), labels, least=4)
    assert group.key == ("u", "x")
    assert group.shown.tolist() == [0, 2, 3], "both sightings of a, and c; the empty title is out"
    assert group.unseen == ("b", "d")
    assert split_groups(log.timeline("u"), labels, least=5) == []


def test_evidence_is_of_the_shown_half_and_siblings_of_the_users_others(
    labelled: LabelledLog,
) -> None:
    groups = all_groups(labelled.log, labelled.truth)
    assert len(groups) == 18
    cases = list(gather_evidence(labelled, groups, groups[:4]))
    assert [case.group.key for case in cases] == [group.key for group in groups[:4]]
    for case in cases:
        seen = {*case.evidence.titles, *case.evidence.recent}
        assert len(case.evidence.titles) == 7
        assert case.evidence.events == 7
        assert all(title.startswith(case.group.group) for title in seen)
        assert seen.isdisjoint(case.group.unseen), "the unseen half stays unseen"
        assert case.first_title in seen
        assert len(case.evidence.siblings) == 2
        others = {title.split()[0] for sibling in case.evidence.siblings for title in sibling}
        assert len(others) == 2
        assert case.group.group not in others
        own = {word for title in seen for word in title.split()}
        assert all(set(phrase.split()) <= own for phrase in case.evidence.keyphrases)


def test_evidence_is_redacted(labelled: LabelledLog) -> None:
    frame = labelled.log.frame.assign(
        title=[f"{title} by anna@example.org" for title in labelled.log.frame["title"]]
    )
    log = ActivityLog(frame)
    own = prepare(log, labelled.truth, FakeEmbedder(), MemoryVectorCache(), b"secret")
    groups = all_groups(log, own.truth)
    (case,) = gather_evidence(own, groups, groups[:1])
    assert "example.org" not in repr((case.evidence, case.first_title))


def test_a_sample_is_fixed_and_has_each_name_once(labelled: LabelledLog) -> None:
    groups = all_groups(labelled.log, labelled.truth)
    three = draw_groups(groups, TOPICS, seed=5, sample=3)
    assert [g.key for g in three] == [g.key for g in draw_groups(groups, TOPICS, seed=5, sample=3)]
    four = draw_groups(groups, TOPICS, seed=5, sample=10)
    assert [g.key for g in four[:3]] == [g.key for g in three], "the head of a larger sample"
    assert sorted(g.group for g in four) == sorted(TOPICS)
    drawn = {tuple(g.key for g in draw_groups(groups, TOPICS, seed=s, sample=3)) for s in range(9)}
    assert len(drawn) > 1
    assert len({g.user_id for g in draw_groups(groups, TOPICS, users=2)}) == 2
    assert draw_groups(groups, TOPICS) == groups


def test_what_was_looked_at_is_left_out(labelled: LabelledLog) -> None:
    groups = all_groups(labelled.log, labelled.truth)
    out = LeftOut(frozenset({"rust"}), frozenset({"user0"}))
    left = draw_groups(groups, TOPICS, left_out=out)
    assert {g.group for g in left} == set(TOPICS) - {"rust"}
    assert {g.user_id for g in left} == {f"user{at}" for at in range(1, 6)}


def test_groups_that_cannot_be_named_are_told(labelled: LabelledLog) -> None:
    groups = all_groups(labelled.log, labelled.truth)
    with pytest.raises(InputError, match="0 of 18 groups can be named"):
        draw_groups(groups, {"Rust"})
    with pytest.raises(InputError, match="0 group of this log has at least 15"):
        all_groups(labelled.log, labelled.truth, least=15)
    visitor = np.where(labelled.log.frame["user_id"] == "user0", labelled.truth.labels, "")
    only = np.where(visitor == "rust", "rust", "").astype(object)
    with pytest.raises(InputError, match="1 group of this log"):
        all_groups(labelled.log, Truth(only), least=4)
    overlapping = Truth.of(["a|b"] * len(labelled.log), "|")
    with pytest.raises(InputError, match="do not overlap"):
        all_groups(labelled.log, overlapping)
