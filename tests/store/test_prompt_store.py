"""Prompt sets in the store: versions that stay, and are not deleted while a run uses them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from journeys.discovery import DiscoveryConfig
from journeys.errors import ConfigError, InputError, StoreError
from journeys.journey import Names
from journeys.naming.prompts import PromptSet
from journeys.store import Store
from journeys.timeline import ActivityLog

SHIPPED = PromptSet.shipped()


def mine(text: str = "A better try:\n{% for key, name, why in problems %}{{ why }}{% endfor %}",
         name: str = "Mine") -> PromptSet:  # fmt: skip
    return replace(SHIPPED, name=name, files={**SHIPPED.files, "retry.j2": text})


def test_a_set_comes_back_with_its_files_and_what_it_was_made_from(store: Store) -> None:
    kept = store.prompts.add(mine(), based_on=SHIPPED.id)
    assert kept == mine().id
    assert store.prompts.get(kept) == mine()
    record = store.prompts.record(kept)
    assert (record.id, record.based_on) == (kept, SHIPPED.id)
    assert record.created_at > 0


def test_the_shipped_set_needs_no_row(store: Store) -> None:
    assert store.prompts.get("") == store.prompts.get(SHIPPED.id) == SHIPPED
    assert store.prompts.add(SHIPPED) == SHIPPED.id
    assert store.prompts.list() == []


def test_an_edit_is_another_version_and_the_same_again_is_none(store: Store) -> None:
    first = store.prompts.add(mine())
    made = store.prompts.record(first).created_at
    again = store.prompts.add(mine(), based_on="something else")
    second = store.prompts.add(
        mine("Other: {% for key, name, why in problems %}{{ why }}{% endfor %}"), based_on=first
    )
    assert again == first != second
    assert store.prompts.record(first).created_at == made
    assert store.prompts.record(first).based_on == ""
    assert [record.id for record in store.prompts.list()] == [second, first]


def test_sets_with_errors_or_odd_names_are_not_kept(store: Store) -> None:
    with pytest.raises(InputError, match=r"retry\.j2, line 1"):
        store.prompts.add(mine("{{ nothing }}"))
    with pytest.raises(InputError, match="name"):
        store.prompts.add(mine(name="a/b"))
    assert store.prompts.list() == []


def test_what_is_not_there_is_said_in_each_callers_words(store: Store) -> None:
    with pytest.raises(StoreError, match="no prompts with the id “x”"):
        store.prompts.get("x")
    with pytest.raises(ConfigError, match="Choose other prompts"):
        store.prompts.chosen("x", "openai")
    with pytest.raises(StoreError, match="to delete"):
        store.prompts.delete("x")


def test_a_set_that_a_run_uses_stays_until_the_run_goes(
    store: Store, small_log: ActivityLog
) -> None:
    kept, other = store.prompts.add(mine()), store.prompts.add(mine(name="Other"))
    log_id = store.logs.add(small_log, "log")
    run = store.runs.create(log_id, DiscoveryConfig(prompts=kept).to_dict())
    store.runs.create(log_id, DiscoveryConfig().to_dict())
    store.runs.create(log_id, {})
    assert store.prompts.runs_with(kept) == [run]
    with pytest.raises(StoreError, match=f"used by run {run}"):
        store.prompts.delete(kept)
    store.prompts.delete(other)
    store.runs.delete(run)
    store.prompts.delete(kept)
    assert store.prompts.list() == []


def test_names_that_were_made_with_a_set_keep_it(store: Store, small_log: ActivityLog) -> None:
    from tests.pages.filled import discovered

    kept = store.prompts.add(mine())
    _, run_id = discovered(store)
    person = store.results.people(run_id)[0].person_id
    journey = store.results.user(run_id, person, store.logs.timeline(person)).journeys[0]
    names = Names(("a", "b", "c", "d", "e"), "llm:x", prompts=kept)
    store.results.add_names(run_id, journey.id, names)
    assert store.prompts.runs_with(kept) == [run_id]
    with pytest.raises(StoreError, match="can be explained"):
        store.prompts.delete(kept)
