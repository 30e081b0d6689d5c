"""Timelines to clusters, and clusters to described journeys."""

from journeys.extraction.base import (
    UNASSIGNED,
    Clusters,
    Extractor,
    Levelled,
    LogExtractor,
    UserEvents,
)
from journeys.extraction.density import HdbscanExtractor
from journeys.extraction.rank import DescribedCluster, JourneyRules, describe_journeys
from journeys.extraction.registry import EXTRACTORS, ExtractorKind, get_extractor

__all__ = [
    "EXTRACTORS",
    "UNASSIGNED",
    "Clusters",
    "DescribedCluster",
    "Extractor",
    "ExtractorKind",
    "HdbscanExtractor",
    "JourneyRules",
    "Levelled",
    "LogExtractor",
    "UserEvents",
    "describe_journeys",
    "get_extractor",
]
