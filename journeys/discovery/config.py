"""What a discovery is asked to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from journeys.errors import ConfigError

#: Which maps to draw.
MAPS = ("none", "user", "log")

#: A language's name: it becomes part of the prompt, so it is words and nothing else.
_LANGUAGE = re.compile(r"[^\W\d_][^\W\d_ ()'-]*(?:[ ()'-]+[^\W\d_]+)*\)?")
_LONGEST_LANGUAGE = 40

#: Most requests to an endpoint at once.
MAX_CONCURRENCY = 64


@dataclass(frozen=True)
class DiscoveryConfig:
    """Settings of one discovery. Equal settings on equal logs give equal results.

    That is without an earlier run to continue from; with one, old events keep their journeys.

    Attributes:
        seed: of everything that draws at random.
        embedder: ``"minilm"`` (built in), ``"minilm-int8"`` (the same in 8 bits), or a
            sentence-transformers model by name or path.
        extractor: how events become clusters; see :func:`journeys.extraction.get_extractor`.
        granularity: 0 (few broad journeys) to 1 (many narrow ones).
        min_user_events: rule: people with fewer events have no journeys.
        min_journey_events: rule: smaller clusters are not journeys.
        namer: ``"keyphrase"``, ``"openai"`` (any compatible endpoint), ``"local"``, or ``"tuned"``
            (one that was taught on this machine).
        model: the endpoint's model, or the local or tuned model's name; None for the default.
        prompts: id of the prompt set that the model is given; '' for the shipped one.
        language: of the names, in English, e.g. "Spanish"; '' for the language of the titles.
        examples: id of the study whose participants' corrections are worked examples in the
            prompts, as far as they allow it; None for none. Names then depend on what they said.
        examples_most: of them in one prompt.
        map: ``"none"``, ``"user"`` (one map a person) or ``"log"`` (one for all, besides).
        map_people: at most so many people's maps are drawn in the run, those with most events.
        extractor_settings: of the extractor besides the granularity.
        stability_draws: random subsamples a person to measure stability with; 0: not measured.
        update: where an earlier run had the same settings, only new events are clustered; see
            :mod:`journeys.extraction.updating`. If false everybody is clustered afresh, and only
            the ids of journeys are taken over.
        concurrency: requests to an endpoint under way at once; None for the default. The built-in
            model answers one at a time whatever is set.
        price: US dollars for a million tokens of prompts, and of answers; None where unknown.
        max_cost: US dollars at which naming stops, over all attempts of the run; needs a price.
        max_tokens: tokens at which naming stops.
        max_calls: requests, failed ones included, at which naming stops.
    """

    seed: int = 0
    embedder: str = "minilm"
    extractor: str = "hdbscan"
    granularity: float = 0.5
    min_user_events: int = 10
    min_journey_events: int = 5
    namer: str = "keyphrase"
    model: str | None = None
    prompts: str = ""
    language: str = ""
    examples: int | None = None
    examples_most: int = 3
    map: str = "user"
    map_people: int = 500
    extractor_settings: Mapping[str, Any] = field(default_factory=dict)
    stability_draws: int = 0
    update: bool = True
    concurrency: int | None = None
    price: tuple[float, float] | None = None
    max_cost: float | None = None
    max_tokens: int | None = None
    max_calls: int | None = None

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
        if not 1 <= self.examples_most <= 12:
            raise ConfigError(f"examples_most must be from 1 to 12, not {self.examples_most}")
        named = _LANGUAGE.fullmatch(self.language) and len(self.language) <= _LONGEST_LANGUAGE
        if self.language and not named:
            raise ConfigError(
                "language must be the name of one, such as Spanish or Brazilian Portuguese, not "
                f"{self.language[:60]!r}"
            )
        self._check_costs()

    def _check_costs(self) -> None:
        if self.concurrency is not None and not 1 <= self.concurrency <= MAX_CONCURRENCY:
            raise ConfigError(
                f"concurrency must be from 1 to {MAX_CONCURRENCY}, not {self.concurrency}"
            )
        if self.price is not None:
            # JSON has no tuples, so one that was read back is a list.
            object.__setattr__(self, "price", tuple(self.price))
            if len(self.price) != 2 or not all(0 <= dollars < 1e6 for dollars in self.price):
                raise ConfigError(
                    "price must be two numbers: US dollars for a million tokens of prompts, and "
                    "of answers"
                )
        for limit in ("max_cost", "max_tokens", "max_calls"):
            value = getattr(self, limit)
            if value is not None and not value >= 0:
                raise ConfigError(f"{limit} must not be negative, but it is {value}")

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
