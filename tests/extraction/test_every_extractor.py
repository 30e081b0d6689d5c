"""What every extractor promises, whatever it does inside."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from journeys.errors import ConfigError
from journeys.extraction import (
    EXTRACTORS,
    Clusters,
    Extractor,
    LogExtractor,
    UserEvents,
    get_extractor,
)
from journeys.extraction.graph import unit_rows
from journeys.timeline import ActivityLog, Timeline

#: Extractors that look at vectors: an event without one is left unassigned.
READ_VECTORS = {"hdbscan", "icpc-dense", "kmeans", "average-link", "umap-hdbscan", "bertopic"}

#: Extractors that need more events than one to speak of a cluster.
NEED_COMPANY = {"hdbscan", "icpc", "icpc-dense", "average-link", "umap-hdbscan", "bertopic"}

#: Those that cluster part of a very long timeline.
ANCHORED = ("hdbscan", "kmeans", "average-link", "umap-hdbscan", "bertopic")

needs_bertopic = pytest.mark.skipif(
    find_spec("bertopic") is None, reason="needs benchmarks/requirements.txt"
)
every = pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=needs_bertopic if n == "bertopic" else ()) for n in EXTRACTORS],
)


@dataclass(frozen=True)
class Case:
    """One user's events, and what they are about."""

    events: UserEvents
    truth: np.ndarray


WORDS = (
    "ukulele chords strumming song",
    "hydroponic nutrient lettuce tower",
    "sourdough starter crumb oven",
)


def user(
    each: int = 20,
    *,
    titles: list[str] | None = None,
    vectors: np.ndarray | None = None,
    times: list[int] | None = None,
    seed: int = 0,
) -> Case:
    """Somebody with three clear interests, or with the titles, vectors and times given."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat(np.arange(3), each))
    if titles is None:
        titles = []
        for at, topic in enumerate(truth):
            chosen = rng.permutation(WORDS[topic].split())[:3]
            titles.append(f"{' '.join(chosen)} {at}")
    n = len(titles)
    if vectors is None:
        centres = unit_rows(rng.normal(size=(3, 32)))
        noise = unit_rows(rng.normal(size=(3 * each, 32)))
        vectors = unit_rows(centres[truth] + 0.5 * noise).astype(np.float32)[:n]
    days = pd.to_timedelta(np.arange(n) if times is None else times, unit="D")
    frame = pd.DataFrame({"user_id": "ann", "title": titles})
    frame["timestamp"] = pd.Timestamp("2024-01-01", tz="UTC") + days
    frame["item_id"] = [f"item{at}" for at in range(n)]
    timeline = ActivityLog(frame).timeline("ann")
    return Case(UserEvents(vectors, timeline.times, None, timeline), truth[:n])


def ready(name: str, case: Case, **settings: object) -> Extractor:
    """The extractor, fitted on the one user where it wants the log."""
    extractor = get_extractor(name, **settings)
    if isinstance(extractor, LogExtractor):
        return extractor.fit([case.events.timeline])
    return extractor


def check(clusters: Clusters, n: int) -> None:
    """What :class:`Clusters` promises."""
    assert clusters.labels.shape == clusters.membership.shape == (n,)
    assert clusters.labels.dtype == np.int64
    assert clusters.membership.dtype == np.float32
    assert ((clusters.membership >= 0) & (clusters.membership <= 1)).all()
    found, first = np.unique(clusters.labels[clusters.labels >= 0], return_index=True)
    assert found.tolist() == list(range(len(clusters)))
    assert (np.diff(first) > 0).all()


@every
def test_same_events_and_seed_same_bytes(name: str) -> None:
    case = user()
    results = [ready(name, case).extract(case.events, seed=3) for _ in range(2)]
    check(results[0], 60)
    assert len(results[0]) >= 1
    assert len({r.labels.tobytes() + r.membership.tobytes() for r in results}) == 1


@every
def test_no_event_and_one_event(name: str) -> None:
    nothing = UserEvents(
        np.zeros((0, 32), dtype=np.float32),
        np.zeros(0, dtype=np.int64),
        timeline=Timeline("ann", user().events.timeline.frame.iloc[:0], 0),
    )
    check(get_extractor(name).extract(nothing), 0)
    one = user(titles=["strumming a ukulele"])
    clusters = ready(name, one).extract(one.events)
    check(clusters, 1)
    assert clusters.labels.tolist() == ([-1] if name in NEED_COMPANY else [0])


@every
@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 9])
def test_few_events(name: str, n: int) -> None:
    case = user(titles=[f"strumming a ukulele {at}" for at in range(n)])
    check(ready(name, case).extract(case.events), n)


@every
def test_equal_events_are_one_cluster(name: str) -> None:
    alike = np.repeat(np.eye(1, 32, dtype=np.float32), 30, axis=0)
    case = user(titles=["strumming a ukulele"] * 30, vectors=alike)
    clusters = ready(name, case).extract(case.events)
    check(clusters, 30)
    if name not in {"singletons", "cooccurrence"}:
        assert clusters.labels.tolist() == [0] * 30
        np.testing.assert_allclose(clusters.membership, 1.0, atol=1e-5)


@every
def test_events_without_words(name: str) -> None:
    alike = np.repeat(np.eye(1, 32, dtype=np.float32), 30, axis=0)
    case = user(titles=[""] * 30, vectors=alike)
    clusters = ready(name, case).extract(case.events)
    check(clusters, 30)
    if name == "icpc":
        assert clusters.labels.tolist() == [-1] * 30
        assert not clusters.membership.any()


@every
def test_equal_times(name: str) -> None:
    case = user(times=[0] * 60)
    clusters = ready(name, case).extract(case.events)
    check(clusters, 60)
    if name == "sessions":
        assert clusters.labels.tolist() == [0] * 60


@every
def test_events_without_a_vector(name: str) -> None:
    case = user()
    vectors = case.events.vectors.copy()
    broken = [0, 7, 8, 30, 59]
    vectors[broken] = np.array([np.nan, np.inf, 0.0, -np.inf, np.nan])[:, None]
    clusters = ready(name, case).extract(replace(case.events, vectors=vectors))
    check(clusters, 60)
    if name in READ_VECTORS:
        assert (clusters.labels[broken] == -1).all()
        assert not clusters.membership[broken].any()
        # They change nothing for the others.
        kept = np.setdiff1d(np.arange(60), broken)
        rest = user(titles=[case.events.timeline.titles[at] for at in kept], vectors=vectors[kept])
        expected = ready(name, rest).extract(rest.events)
        np.testing.assert_array_equal(clusters.labels[kept], expected.labels)
    else:
        np.testing.assert_array_equal(
            clusters.labels, ready(name, case).extract(case.events).labels
        )
    hopeless = replace(case.events, vectors=np.full((60, 32), np.nan))
    check(ready(name, case).extract(hopeless), 60)


@every
def test_settings_make_an_equal_extractor(name: str) -> None:
    kind = EXTRACTORS[name]
    extractor = get_extractor(name, **({"granularity": 0.7} if kind.granular else {}))
    assert extractor.id == name
    described = json.loads(json.dumps(extractor.settings()))
    assert get_extractor(name, **described) == extractor
    assert kind.granular == ("granularity" in described)
    assert kind.words


@every
def test_wrong_settings_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="does not take"):
        get_extractor(name, colour="red")
    if name == "hdbscan":
        return  # See test_density.py.
    for setting, value in get_extractor(name).settings().items():
        if not isinstance(value, bool):
            with pytest.raises(ConfigError, match=setting):
                get_extractor(name, **{setting: -1})
            with pytest.raises(ConfigError, match="must be"):
                get_extractor(name, **{setting: float("nan")})


@pytest.mark.parametrize("name", [n for n, kind in EXTRACTORS.items() if kind.granular])
def test_granularity_goes_from_broad_to_narrow(name: str) -> None:
    case = user(30, seed=2)
    settings = {"min_size": 1} if "icpc" in name else {}
    settings |= {"min_cluster_size": 1} if name == "average-link" else {}
    counts = [
        len(ready(name, case, granularity=g, **settings).extract(case.events))
        for g in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=needs_bertopic if n == "bertopic" else ()) for n in ANCHORED]
)
def test_a_long_timeline_is_clustered_in_part_and_extended(name: str) -> None:
    from sklearn.metrics import adjusted_rand_score

    case = user(100)
    clusters = get_extractor(name, max_exact=120).extract(case.events)
    check(clusters, 300)
    covered = clusters.labels >= 0
    assert covered.mean() > 0.8
    assert adjusted_rand_score(case.truth[covered], clusters.labels[covered]) > 0.9


def test_the_default_comes_first_and_names_are_what_they_were() -> None:
    assert list(EXTRACTORS) == [
        "hdbscan", "icpc", "icpc-dense", "one", "singletons", "sessions", "kmeans",
        "average-link", "cooccurrence", "umap-hdbscan", "bertopic",
    ]  # fmt: skip
    products = [name for name, kind in EXTRACTORS.items() if not kind.baseline]
    assert products == ["hdbscan", "icpc", "icpc-dense"]
