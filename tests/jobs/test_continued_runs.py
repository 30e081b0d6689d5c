"""A second run over a log in the database: the same journeys stay the same."""

from __future__ import annotations

from pathlib import Path

from journeys.discovery import DiscoveryConfig
from journeys.embedding.fake import FakeEmbedder
from journeys.jobs.execute import execute
from journeys.jobs.worker import work
from journeys.settings import Settings
from journeys.store import Store, open_store
from tests.logs import make_log


def carry_out(store, settings, run_id, lease, *, shutting_down):  # type: ignore[no-untyped-def]
    execute(store, settings, run_id, lease, make_embedder=lambda name: FakeEmbedder())


def journeys(store: Store, run_id: int) -> dict[str, set[tuple[str, int]]]:
    """Journey id -> its (item, time)."""
    found: dict[str, set[tuple[str, int]]] = {}
    for _, item, time, journey_id in store.results.assignments(run_id):
        found.setdefault(journey_id, set()).add((item, time))
    found.pop("", None)
    return found


def test_a_second_run_keeps_journeys_and_measures_stability(tmp_path: Path, database: str) -> None:
    settings = Settings.from_environment({"JOURNEYS_HOME": str(tmp_path), "DATABASE_URL": database})
    store = open_store(settings)
    log_id = store.logs.add(make_log(), "test")
    configs = [
        DiscoveryConfig(map="none"),
        DiscoveryConfig(map="none", stability_draws=2),
        DiscoveryConfig(map="none", granularity=0.7),
    ]
    runs = [store.runs.create(log_id, config.to_dict()) for config in configs]
    assert work(settings, idle_seconds=0, run_one=carry_out) == 3
    assert [store.runs.get(run).status for run in runs] == ["done"] * 3
    first, second, finer = (journeys(store, run) for run in runs)
    assert first
    assert first == second
    for id_ in first.keys() & finer.keys():
        assert 2 * len(first[id_] & finer[id_]) > len(first[id_])
    manifest = store.runs.get(runs[1]).manifest
    assert 0 < manifest["stability"]["subsample_ari"]["mean"] <= 1
    person = store.results.people(runs[1])[0].person_id
    result = store.results.user(runs[1], person, store.logs.timeline(person))
    assert result.stability is not None
    assert all(journey.stability is not None and journey.boundary for journey in result.journeys)
