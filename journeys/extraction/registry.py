"""Extractors by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from journeys.errors import ConfigError
from journeys.extraction.base import Extractor
from journeys.extraction.density import HdbscanExtractor

#: Name -> what makes the extractor from its settings.
EXTRACTORS: Mapping[str, Callable[..., Extractor]] = MappingProxyType({"hdbscan": HdbscanExtractor})


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
        return EXTRACTORS[name](**settings)
    except TypeError as error:
        raise ConfigError(f"the extractor {name!r} does not take these settings: {error}") from None
