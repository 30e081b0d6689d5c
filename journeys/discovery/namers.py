"""From a choice of namer to something that opens it when naming begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.discovery.config import DiscoveryConfig
from journeys.endpoint import Endpoint
from journeys.errors import ConfigError
from journeys.naming import (
    ChatModel,
    Completion,
    CompletionCache,
    Evidence,
    Named,
    Namer,
    Price,
)
from journeys.naming.ledger import Cap, Meter
from journeys.naming.pacing import Pace
from journeys.naming.prompts import PromptSet

if TYPE_CHECKING:
    from journeys.naming.endpoint import OpenAIChat
    from journeys.naming.examples import ExampleBook
    from journeys.naming.ladder import LadderNamer

NAMERS = ("keyphrase", "local", "openai", "tuned")

#: Journeys named at once through an endpoint, where nothing else is asked for.
ENDPOINT_CONCURRENCY = 12

OpenNamer = Callable[[], AbstractContextManager[Namer]]


def namer_opener(
    config: DiscoveryConfig,
    *,
    models_dir: Path,
    endpoint: Endpoint | None,
    local_only: bool,
    cache: CompletionCache,
    secret: bytes,
    prompts: PromptSet | None = None,
    examples: ExampleBook | None = None,
    still_allowed: Callable[[], None] = lambda: None,
    wrap: Callable[[ChatModel], ChatModel] = lambda chat: chat,
) -> tuple[OpenNamer | None, int]:
    """What opens the chosen namer, and how many journeys it may name at once.

    Nothing is loaded or sent before the opener's context is entered.

    Args:
        prompts: the set that ``config.prompts`` is the id of; not needed for the shipped one.
        examples: those of the study that ``config.examples`` is the id of.
        still_allowed: asked before each call to the endpoint; raises PrivacyError when consent
            was withdrawn since.
        wrap: put around the language model, e.g. to count its calls.

    Raises:
        ConfigError: the namer is unknown or takes no examples, no endpoint was chosen, or prompts
            or examples are not those of the configuration.
        ModelError: the local model has not been fetched, or there is no such tuned one.
        PrivacyError: the researcher has not agreed to send to the endpoint.
    """
    if config.examples is not None and config.namer not in ("local", "openai"):
        raise ConfigError(
            "Only the built-in language model and endpoints read examples. Choose one of these, or "
            "name without examples."
        )
    if (config.examples is None) != (examples is None):
        raise ConfigError(
            f"The discovery is set to examples of study {config.examples}, and these are not at "
            "hand. Only an installation with that study can name so."
        )
    if config.namer == "keyphrase":
        return None, 1
    if config.namer == "tuned":
        return _tuned(config, models_dir), 1
    ladder = _Ladder(_prompts(config, prompts), config.language, cache, secret, examples)
    if config.namer == "local":
        return _local(config, models_dir, ladder, wrap), 1
    if config.namer == "openai":
        if endpoint is None:
            raise ConfigError(
                "No endpoint is chosen. Set OPENAI_API_KEY and OPENAI_MODEL (and OPENAI_BASE_URL "
                "for one that is not OpenAI's own), or choose one on the page Settings."
            )
        endpoint.require_consent()
        price_and_cap(config)
        opener = _endpoint(endpoint, config, local_only, ladder, still_allowed, wrap)
        return opener, config.concurrency or ENDPOINT_CONCURRENCY
    raise ConfigError(f"there is no namer {config.namer!r}; there are {', '.join(NAMERS)}")


def price_and_cap(config: DiscoveryConfig) -> tuple[Price | None, Cap]:
    """What a run's calls cost, and the most that they may.

    Raises:
        ConfigError: a limit on money without a price.
    """
    price = Price(*config.price) if config.price else None
    if config.namer == "local":
        price = Price(0.0, 0.0)
    cap = Cap(cost=config.max_cost, tokens=config.max_tokens, calls=config.max_calls)
    cap.check(price)
    return price, cap


def prompts_id(config: DiscoveryConfig) -> str:
    """Id of the prompts that a run's names are asked for with; '' where none are used."""
    if config.namer == "keyphrase":
        return ""
    return config.prompts or PromptSet.of_namer(config.namer).id


def _prompts(config: DiscoveryConfig, given: PromptSet | None) -> PromptSet:
    prompts = given or PromptSet.of_namer(config.namer)
    if prompts.id != prompts_id(config):
        raise ConfigError(
            f"The discovery is set to the prompts “{config.prompts}”, and these are not at hand. "
            "Give them, or leave the setting empty for the shipped ones."
        )
    return prompts


@dataclass(frozen=True)
class _Ladder:
    """What a namer needs besides its model."""

    prompts: PromptSet
    language: str
    cache: CompletionCache
    secret: bytes
    examples: ExampleBook | None = None

    def namer(self, chat: ChatModel, price: Price | None = None) -> LadderNamer:
        """The namer by a model."""
        from journeys.naming.ladder import LadderNamer

        return LadderNamer(
            chat,
            cache=self.cache,
            secret=self.secret,
            prompts=self.prompts,
            language=self.language,
            examples=self.examples,
            price=price,
        )

    def local(self, chat: ChatModel) -> LadderNamer:
        """The namer by a small model on this machine."""
        from journeys.naming.ladder import local_namer

        return local_namer(
            chat,
            cache=self.cache,
            secret=self.secret,
            prompts=self.prompts,
            language=self.language,
            examples=self.examples,
        )


class _Metered:
    """A namer with the meter and the pace of its client."""

    def __init__(self, namer: LadderNamer, chat: OpenAIChat) -> None:
        self._namer = namer
        self._chat = chat

    @property
    def id(self) -> str:
        return self._namer.id

    @property
    def meter(self) -> Meter:
        return self._chat.meter

    def prompt(self, evidence: Evidence) -> Sequence[dict[str, str]]:
        return self._namer.prompt(evidence)

    @property
    def calls_a_journey(self) -> float:
        return self._namer.calls_a_journey

    def shown(self, evidence: Evidence) -> Sequence[str]:
        return self._namer.shown(evidence)

    def name(self, evidence: Evidence) -> Named:
        return self._namer.name(evidence)

    def stop(self) -> None:
        self._chat.pace.stop()


def _local(
    config: DiscoveryConfig,
    models_dir: Path,
    ladder: _Ladder,
    wrap: Callable[[ChatModel], ChatModel],
) -> OpenNamer:
    from journeys.models import DEFAULT_MODEL, find

    chosen = config.model or DEFAULT_MODEL
    path = find(chosen, models_dir)
    price, cap = price_and_cap(config)

    @contextmanager
    def open_local() -> Iterator[Namer]:
        from journeys.naming.local import LocalModel

        with LocalModel(path, name=chosen) as chat:
            chat.meter = Meter(cap, price)
            yield _Metered(ladder.local(wrap(chat)), chat)

    return open_local


def _tuned(config: DiscoveryConfig, models_dir: Path) -> OpenNamer:
    from journeys.naming.tuning.installed import find_tuned, require_packages, tuned_folder

    folder = tuned_folder(models_dir)
    card = find_tuned(config.model, folder)
    require_packages()

    def open_it() -> AbstractContextManager[Namer]:
        from journeys.naming.tuning.namer import open_tuned

        return open_tuned(card.name, folder, models_dir)

    return open_it


def _endpoint(
    endpoint: Endpoint,
    config: DiscoveryConfig,
    local_only: bool,
    ladder: _Ladder,
    still_allowed: Callable[[], None],
    wrap: Callable[[ChatModel], ChatModel],
) -> OpenNamer:
    @contextmanager
    def open_endpoint() -> Iterator[Namer]:
        from journeys.naming.endpoint import OpenAIChat

        price, cap = price_and_cap(config)
        chat = OpenAIChat(
            base_url=endpoint.base_url,
            api_key=endpoint.key or "none",
            model=config.model or endpoint.model,
            local_only=local_only,
            reach=endpoint.reach,
            pace=Pace(config.concurrency or ENDPOINT_CONCURRENCY),
            meter=Meter(cap, price),
        )
        asking = wrap(_Asking(chat, still_allowed))
        try:
            yield _Metered(ladder.namer(asking, price), chat)
        finally:
            chat.close()

    return open_endpoint


class _Asking:
    """A chat model that asks for permission before each call."""

    def __init__(self, chat: ChatModel, still_allowed: Callable[[], None]) -> None:
        self._chat = chat
        self._still_allowed = still_allowed

    @property
    def id(self) -> str:
        return self._chat.id

    def complete(self, messages: Sequence[Mapping[str, str]], **options: Any) -> Completion:
        self._still_allowed()
        return self._chat.complete(messages, **options)
