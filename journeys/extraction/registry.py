"""Extractors by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from journeys.errors import ConfigError
from journeys.extraction.agglomerative import AverageLinkExtractor
from journeys.extraction.base import Extractor
from journeys.extraction.baselines import OneExtractor, SessionsExtractor, SingletonsExtractor
from journeys.extraction.cooccurrence import CooccurrenceExtractor
from journeys.extraction.density import HdbscanExtractor
from journeys.extraction.icpc import DenseIcpcExtractor, IcpcExtractor
from journeys.extraction.kmeans import KMeansExtractor
from journeys.extraction.reduction import BertopicExtractor, UmapHdbscanExtractor


@dataclass(frozen=True)
class ExtractorKind:
    """An extractor one can ask for by name.

    Attributes:
        make: the extractor, from its settings.
        words: what it does, for people who choose one.
        granular: it takes a setting ``granularity``, 0 (few broad clusters) to 1 (many narrow).
            Only the default's numbers never fall as it rises, with each clustering nested in the
            coarser ones; the others' thresholds rise, but clusters that become too small are lost.
        baseline: it is there to compare with, not to find a person's journeys.
    """

    make: Callable[..., Extractor]
    words: str
    granular: bool = False
    baseline: bool = False


#: Name -> extractor, the default first.
EXTRACTORS: Mapping[str, ExtractorKind] = MappingProxyType(
    {
        "hdbscan": ExtractorKind(
            HdbscanExtractor, "dense regions of meaning and time (default)", granular=True
        ),
        "icpc": ExtractorKind(
            IcpcExtractor, "one event after the other, by the words they share", granular=True
        ),
        "icpc-dense": ExtractorKind(
            DenseIcpcExtractor, "one event after the other, by meaning", granular=True
        ),
        "one": ExtractorKind(OneExtractor, "all events in one cluster", baseline=True),
        "singletons": ExtractorKind(
            SingletonsExtractor, "each event a cluster of its own", baseline=True
        ),
        "sessions": ExtractorKind(
            SessionsExtractor, "a new cluster after a pause", granular=True, baseline=True
        ),
        "kmeans": ExtractorKind(KMeansExtractor, "k-means, k by the silhouette", baseline=True),
        "average-link": ExtractorKind(
            AverageLinkExtractor,
            "the closest clusters joined, up to a mean distance",
            granular=True,
            baseline=True,
        ),
        "cooccurrence": ExtractorKind(
            CooccurrenceExtractor,
            "items that people do close together, the same for everybody",
            baseline=True,
        ),
        "umap-hdbscan": ExtractorKind(
            UmapHdbscanExtractor, "UMAP, then HDBSCAN: BERTopic's recipe", baseline=True
        ),
        "bertopic": ExtractorKind(
            BertopicExtractor, "the package BERTopic, installed for benchmarks only", baseline=True
        ),
    }
)


def get_extractor(name: str = "hdbscan", **settings: Any) -> Extractor:
    """An extractor by name, with its settings.

    Raises:
        ConfigError: the name or a setting is unknown, or a setting is out of range.
    """
    if name not in EXTRACTORS:
        raise ConfigError(f"there is no extractor {name!r}; there are {', '.join(EXTRACTORS)}")
    try:
        return EXTRACTORS[name].make(**settings)
    except TypeError as error:
        raise ConfigError(f"the extractor {name!r} does not take these settings: {error}") from None
