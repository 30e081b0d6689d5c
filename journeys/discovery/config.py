"""What a discovery is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from journeys.errors import ConfigError

#: Which maps to draw.
MAPS = ("none", "user", "log")


@dataclass(frozen=True)
class DiscoveryConfig:
    """Settings of one discovery. Equal settings on equal logs give equal results.

    That is without an earlier run to continue from; with one, old events keep their journeys.

    Attributes:
        seed: of everything that draws at random.
        embedder: ``"minilm"`` (built in), or a sentence-transformers model by name or path.
        extractor: how events become clusters; see :func:`journeys.extraction.get_extractor`.
        granularity: 0 (few broad journeys) to 1 (many narrow ones).
        min_user_events: rule: people with fewer events have no journeys.
        min_journey_events: rule: smaller clusters are not journeys.
        namer: ``"keyphrase"``, ``"openai"`` (any compatible endpoint) or ``"local"``.
        model: the endpoint's model, or the local model's name; None for the default.
        map: ``"none"``, ``"user"`` (one map a person) or ``"log"`` (one for all, besides).
        map_people: at most so many people's maps are drawn in the run, those with most events.
        extractor_settings: of the extractor besides the granularity.
        stability_draws: random subsamples a person to measure stability with; 0: not measured.
        update: where an earlier run had the same settings, only new events are clustered; see
            :mod:`journeys.extraction.updating`. If false everybody is clustered afresh, and only
            the ids of journeys are taken over.
    """

    seed: int = 0
    embedder: str = "minilm"
    extractor: str = "hdbscan"
    granularity: float = 0.5
    min_user_events: int = 10
    min_journey_events: int = 5
    namer: str = "keyphrase"
    model: str | None = None
    map: str = "user"
    map_people: int = 500
    extractor_settings: Mapping[str, Any] = field(default_factory=dict)
    stability_draws: int = 0
    update: bool = True

    def __post_init__(self) -> None:
        if self.map not in MAPS:
            raise ConfigError(f"map must be one of {', '.join(MAPS)}, not {self.map!r}")
        if not 0 <= self.granularity <= 1:
            raise ConfigError(f"granularity must be from 0 to 1, not {self.granularity}")
        if not 0 <= self.stability_draws <= 100:
            raise ConfigError(f"stability_draws must be from 0 to 100, not {self.stability_draws}")
        for rule in ("min_user_events", "min_journey_events"):
            if getattr(self, rule) < 1:
                raise ConfigError(f"{rule} must be at least 1, not {getattr(self, rule)}")

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; :meth:`from_dict` gives an equal configuration back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DiscoveryConfig:
        """A configuration from its dictionary.

        Raises:
            ConfigError: a key is unknown or a value out of range.
        """
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ConfigError(
                f"unknown settings {', '.join(unknown)}; known are {', '.join(sorted(known))}"
            )
        return cls(**values)
