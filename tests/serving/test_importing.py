"""A log of an agent into the store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from journeys.agents.adapters import read_trajectories
from journeys.agents.intake import EVERYBODY
from journeys.agents.replaying import replay
from journeys.agents.service import PreferenceService
from journeys.agents.states import UserState
from journeys.privacy import pseudonyms
from journeys.serving.importing import import_log
from journeys.serving.looking import known
from journeys.serving.operations import Operations
from journeys.settings import Settings
from journeys.store import Store, open_store
from tests.agents.test_agent_replaying import NOW, log


@pytest.fixture
def agent_store(tmp_path: Path) -> Store:
    return open_store(Settings(tmp_path, f"sqlite:///{tmp_path / 'a.sqlite3'}"))


def test_the_store_knows_what_a_service_in_memory_knows(agent_store: Store) -> None:
    """The same log, refreshed at the same moments, gives the same beliefs, up to the order in
    which a fit adds up users."""
    told = import_log(agent_store, log(), NOW, refresh_every=25)
    service = PreferenceService()
    expected = replay(service, log(), NOW, refresh_every=25)
    assert (told.events, told.feedback, told.refreshes) == (60, 60, expected.refreshes)
    operations = Operations(agent_store, clock=lambda: NOW)
    for user in ("u0", "u1"):
        alias = pseudonyms(agent_store.keys.pseudonym, [user])[0]
        held = operations.get_user_context(alias)[0].preferences
        wanted = service.get_user_context(EVERYBODY, user, NOW).preferences
        assert [each.id for each in held] == [each.id for each in wanted]
        assert [each.moved for each in held] == pytest.approx([each.moved for each in wanted])


def test_user_ids_of_a_log_are_not_kept(agent_store: Store) -> None:
    import_log(agent_store, log(10), NOW)
    users = [user for user, _ in agent_store.agent_users.all()]
    assert users == sorted(pseudonyms(agent_store.keys.pseudonym, ["u0", "u1"]))


def test_the_newest_written_are_looked_at_first(agent_store: Store) -> None:
    import_log(agent_store, log(9), NOW)
    found = known(Operations(agent_store), most=1)
    assert found.total == 2
    last = pseudonyms(agent_store.keys.pseudonym, ["u0"])[0]  # t8, answered last of all
    assert list(found.users) == [last]


@pytest.mark.shared
def test_pull_requests_go_in_once(agent_store: Store, shared_data: Path) -> None:
    path = shared_data / "agent_prs_dev" / "agent_prs.jsonl"
    read = list(read_trajectories(path, "agent-prs"))[:150]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    first = import_log(agent_store, read, now, refresh_every=60)
    again = import_log(agent_store, read, now, refresh_every=60)
    assert first.events == first.feedback == 150
    assert (again.events, again.feedback) == (0, 0)
    states = [UserState.from_json(kept.text) for _, kept in agent_store.agent_users.all()]
    assert sum(state.rows.events for state in states) == 150
