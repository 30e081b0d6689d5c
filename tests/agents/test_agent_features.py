"""Features, the table of ids and its collisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from journeys.agents.features import FeatureSchema, Projection, encode, fields_of
from journeys.agents.hashing import IdTable, TableRules, admit_ids, count_ids, hashed_rows
from journeys.agents.trajectories import Feedback, Step, Trajectory
from journeys.errors import ConfigError, InputError

NOW = datetime(2026, 5, 4, 13, tzinfo=UTC)  # a Monday


def test_fields_become_ids_crosses_and_own_ids() -> None:
    schema = FeatureSchema(content=0)
    given = {"agent": "Codex", "repo": "a/b", "tool": ["x", "y"], "unknown": "z"}
    found = encode(schema, given, NOW)
    assert found.ids == (
        "agent=Codex",
        "repo=a/b",
        "tool=x",
        "tool=y",
        "hour=12",
        "weekday=0",
        "agent=Codex&repo=a/b",
    )
    assert found.own == ("agent=Codex", "repo=a/b", "tool=x", "tool=y")


def test_content_of_another_length_is_refused_and_fields_must_be_there() -> None:
    with pytest.raises(InputError):
        encode(FeatureSchema(content=2), {}, NOW, np.zeros(3))
    with pytest.raises(ConfigError):
        FeatureSchema(own=("nothing",))


def test_the_version_is_that_of_what_the_schema_says() -> None:
    assert FeatureSchema().version == FeatureSchema().version
    assert FeatureSchema().version != FeatureSchema(content=3).version


def test_features_of_a_request_know_nothing_of_what_came_of_it() -> None:
    before = Trajectory("t", "u", NOW, "Fix it\nplease", context={"repo": "a", "title": "Fix it"})
    after = replace(
        before,
        outcome="failure",
        steps=(Step("assistant", tool="x", error="boom"),),
        feedback=(Feedback("reject", NOW),),
    )
    assert fields_of(before) == fields_of(after)
    assert fields_of(before)["verb"] == "fix"


def test_rare_private_and_old_ids_have_no_rows() -> None:
    rules = TableRules(rows=101, min_count=3, min_users=2, expiry=timedelta(days=10))
    events = [(f"u{n % 2}", NOW, ["often"]) for n in range(4)]
    events += [("u0", NOW, ["private"])] * 9 + [("u0", NOW, ["rare"]), ("u1", NOW, ["rare"])]
    events += [(f"u{n}", NOW - timedelta(days=11), ["old"]) for n in range(4)]
    table = admit_ids(count_ids(events), rules, NOW)
    assert table.ids == {"often"}
    assert table.rows_of("rare") == (0, 0)
    assert 0 not in table.rows_of("often")


def test_the_most_frequent_ids_are_kept_where_there_are_too_many() -> None:
    rules = TableRules(min_count=1, min_users=1, max_ids=2)
    events = [("u", NOW, [name]) for name in "aaabbc"]
    assert admit_ids(count_ids(events), rules, NOW).ids == {"a", "b"}


def test_rows_are_the_same_in_every_process() -> None:
    assert hashed_rows("repo=a/b", 65_536, 2) == (56174, 55214)


def test_collisions_are_those_counted_by_hand() -> None:
    names = frozenset(f"id{n}" for n in range(400))
    table = IdTable(TableRules(rows=1_000, heads=2), names)
    found = table.collisions()
    rows = {name: set(hashed_rows(name, 1_000, 2)) for name in names}
    shared = sum(any(rows[a] & rows[b] for b in names if b != a) for a in names)
    twins = sum(any(rows[a] == rows[b] for b in names if b != a) for a in names)
    assert found.any_row == pytest.approx(shared / 400)
    assert found.full == pytest.approx(twins / 400)
    assert found.full < found.single_hash


def test_a_projection_gives_unit_variance_and_noughts_beyond_the_rank() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(200, 2)) @ rng.normal(size=(2, 6)) + 3.0
    content = Projection.fit(vectors, 4)(vectors)
    assert content[:, :2].std(axis=0) == pytest.approx([1, 1], rel=0.1)
    assert not content[:, 2:].any()
