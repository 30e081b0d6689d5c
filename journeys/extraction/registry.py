"""Extractors by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from journeys.errors import ConfigError
from journeys.extraction.base import Extractor
from journeys.extraction.density import HdbscanExtractor


@dataclass(frozen=True)
class ExtractorKind:
    """An extractor one can ask for by name.

    Attributes:
        make: the extractor, from its settings.
        words: what it does, for people who choose one.
        granular: it takes a setting ``granularity``, 0 (few broad clusters) to 1 (many narrow).
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
    }
)


def get_extractor(name: str = "hdbscan", **settings: Any) -> Extractor:
    """An extractor by name, with its settings.

    Raises:
        ConfigError: the name or a setting is unknown, or a setting is out of range.
    """
    if name not in EXTRACTORS:
        raise ConfigError(
            f"there is no extractor {name!r}; there are {', '.join(sorted(EXTRACTORS))}"
        )
    try:
        return EXTRACTORS[name].make(**settings)
    except TypeError as error:
        raise ConfigError(f"the extractor {name!r} does not take these settings: {error}") from None
