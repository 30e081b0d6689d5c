"""A preview is what a run with the same settings would find."""

from __future__ import annotations

import numpy as np
import pytest

from journeys.discovery import DiscoveryConfig, MemoryStorage
from journeys.discovery.changes import compare
from journeys.discovery.pipeline import run_discovery
from journeys.discovery.preview import (
    MOST_EVENTS,
    STEPS,
    PersonEvents,
    PreparedPreview,
    preview,
    warm_up,
    why_not,
    with_known_names,
)
from journeys.discovery.progress import Silent
from journeys.discovery.tools import Tools
from journeys.editing import Edit
from journeys.embedding import MemoryVectorCache, decode_mean
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import ConfigError
from journeys.extraction import EXTRACTORS, LogExtractor, get_extractor
from journeys.journey import UserJourneys
from journeys.naming import DocumentFrequency
from tests.logs import make_log


class NoMaps:
    def get(self, key: str) -> np.ndarray | None:
        return None

    def put(self, key: str, points: np.ndarray) -> None: ...


def carried_out(config: DiscoveryConfig) -> tuple[PersonEvents, UserJourneys]:
    """The first person of a real run, as a preview needs them, and what the run found."""
    log, key = make_log(), bytes(32)
    storage, vectors = MemoryStorage(log, key), MemoryVectorCache()
    manifest = run_discovery(
        storage, config, Tools(FakeEmbedder(), vectors, NoMaps(), key), Silent()
    )
    timeline = log.timeline(log.users[0])
    person = PersonEvents(
        timeline,
        vectors.get(FakeEmbedder().id, storage.text_keys(timeline)),
        decode_mean(manifest["mean"]),
        manifest["now"],
        DocumentFrequency.of(log.frame["title"]),
        everybody=log.timelines,
    )
    return person, storage.results[0]


@pytest.mark.parametrize(
    ("extractor", "granularity"), [("hdbscan", 0.2), ("hdbscan", 0.9), ("icpc", 0.5), ("one", 0.5)]
)
def test_a_preview_is_what_the_run_finds(extractor: str, granularity: float) -> None:
    config = DiscoveryConfig(map="none", extractor=extractor, granularity=granularity)
    person, found = carried_out(config)
    tried = preview(person, config)
    assert tried.labels.tolist() == found.labels.tolist()
    assert tried.membership.tolist() == found.membership.tolist()
    assert [j.names for j in tried.journeys] == [j.names for j in found.journeys]
    assert [j.rank for j in tried.journeys] == [j.rank for j in found.journeys]


def test_counts_are_those_of_the_previews_and_never_fall() -> None:
    person, _ = carried_out(DiscoveryConfig(map="none"))
    prepared = PreparedPreview(person, DiscoveryConfig())
    assert prepared.quick
    counts = prepared.counts()
    assert counts == tuple(len(prepared.at(step).journeys) for step in STEPS)
    assert list(counts) == sorted(counts)
    assert counts[0] == 1
    assert counts[-1] > 3


def test_edits_are_in_the_preview_as_in_a_run() -> None:
    person, found = carried_out(DiscoveryConfig(map="none"))
    first, second = found.journeys[0].members, found.journeys[1].members
    edit = Edit("merge", tuple(first.tolist()), tuple(second.tolist()))
    edited = PersonEvents(
        person.timeline, person.vectors, person.mean, person.now, person.background, (edit,)
    )
    prepared = PreparedPreview(edited, DiscoveryConfig())
    after = prepared.at(0.5)
    assert [change.kind for change in compare(found, after).of("merges")] == ["merges"]
    assert prepared.counts((0.5,)) == (len(found.journeys) - 1,)


def test_too_few_events_are_told_by_the_rule() -> None:
    person, _ = carried_out(DiscoveryConfig(map="none"))
    config = DiscoveryConfig(min_user_events=1000)
    assert preview(person, config).note.startswith("min_user_events")
    assert set(PreparedPreview(person, config).counts()) == {0}


def test_a_journey_that_stays_keeps_its_names() -> None:
    person, found = carried_out(DiscoveryConfig(map="none"))
    after = preview(person, DiscoveryConfig(granularity=0.9))
    named = with_known_names(found, after)
    for change in compare(found, after).of("stays"):
        assert named.journeys[change.after[0]].names == found.journeys[change.before[0]].names
    assert len(named.journeys) == len(after.journeys)


def test_what_cannot_be_tried_at_once_says_why() -> None:
    learning = [name for name in EXTRACTORS if isinstance(get_extractor(name), LogExtractor)]
    assert learning
    person, _ = carried_out(DiscoveryConfig(map="none"))
    alone = PersonEvents(person.timeline, person.vectors, person.mean, person.now)
    for name in learning:
        assert "everybody" in why_not(name)
        assert why_not(name, whole_log=True) == ""
        with pytest.raises(ConfigError, match="everybody"):
            preview(alone, DiscoveryConfig(extractor=name))
    assert "long" in why_not("umap-hdbscan", events=20)
    assert why_not("kmeans", events=1000) == ""
    assert "1,001 events" in why_not("kmeans", events=1001)
    assert why_not("hdbscan", events=MOST_EVENTS) == ""
    assert "long" in why_not("hdbscan", events=MOST_EVENTS + 1)
    with pytest.raises(ConfigError, match="no extractor"):
        why_not("nonsense")


def test_warming_up_makes_the_clustering_ready() -> None:
    import sys

    warm_up()
    assert "hdbscan" in sys.modules
