"""What a discovery was asked to do, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from journeys.extraction.registry import EXTRACTORS

GRANULARITY = {
    0.0: "Few, broad",
    0.25: "Rather broad",
    0.5: "Balanced",
    0.75: "Rather narrow",
    1.0: "Many, narrow",
}

DEFAULT_EXTRACTOR = next(iter(EXTRACTORS))


def granularity_words(granularity: float) -> str:
    """ "Balanced", or "Rather narrow (0.80)" for what lies between the named ones."""
    nearest = min(GRANULARITY, key=lambda named: (abs(named - granularity), named))
    words = GRANULARITY[nearest]
    return words if abs(nearest - granularity) < 1e-9 else f"{words} ({granularity:.2f})"


def settings_words(config: Mapping[str, Any]) -> str:
    """ "balanced", or "by kmeans" where the granularity says nothing."""
    name = str(config.get("extractor", DEFAULT_EXTRACTOR))
    kind = EXTRACTORS.get(name)
    words = []
    if name != DEFAULT_EXTRACTOR:
        words.append(f"by {name}")
    if kind is None or kind.granular:
        words.append(granularity_words(float(config.get("granularity", 0.5))).lower())
    return ", ".join(words)


def extractor_names() -> Sequence[str]:
    """All extractors: the default first, then the others, then those to compare with."""
    return sorted(
        EXTRACTORS, key=lambda name: (EXTRACTORS[name].baseline, name != DEFAULT_EXTRACTOR)
    )


def extractor_words(name: str) -> str:
    """An extractor's name with what it does."""
    kind = EXTRACTORS[name]
    return f"{name}: {kind.words}" + (" · to compare with" if kind.baseline else "")


def naming_words(config: Mapping[str, Any]) -> str:
    """ "prompts Formal-1a2b3c, in Spanish"; '' where both are the usual."""
    words = []
    if config.get("prompts"):
        words.append(f"prompts {config['prompts']}")
    if config.get("language"):
        words.append(f"in {config['language']}")
    return ", ".join(words)
