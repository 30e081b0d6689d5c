"""From a choice of namer to something that opens it when naming begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from journeys.discovery.config import DiscoveryConfig
from journeys.endpoint import Endpoint
from journeys.errors import ConfigError
from journeys.naming import ChatModel, Completion, CompletionCache, Namer

NAMERS = ("keyphrase", "local", "openai")

#: Journeys named at once through an endpoint.
ENDPOINT_CONCURRENCY = 4

OpenNamer = Callable[[], AbstractContextManager[Namer]]


def namer_opener(
    config: DiscoveryConfig,
    *,
    models_dir: Path,
    endpoint: Endpoint | None,
    local_only: bool,
    cache: CompletionCache,
    secret: bytes,
    still_allowed: Callable[[], None] = lambda: None,
) -> tuple[OpenNamer | None, int]:
    """What opens the chosen namer, and how many journeys it may name at once.

    Nothing is loaded or sent before the opener's context is entered.

    Args:
        still_allowed: asked before each call to the endpoint; raises PrivacyError when consent
            was withdrawn since.

    Raises:
        ConfigError: the namer is unknown, or no endpoint was chosen.
        ModelError: the local model has not been fetched.
        PrivacyError: the researcher has not agreed to send to the endpoint.
    """
    if config.namer == "keyphrase":
        return None, 1
    if config.namer == "local":
        return _local(config.model, models_dir, cache, secret), 1
    if config.namer == "openai":
        if endpoint is None:
            raise ConfigError(
                "No endpoint is chosen. Set OPENAI_API_KEY and OPENAI_MODEL (and OPENAI_BASE_URL "
                "for one that is not OpenAI's own), or choose one on the page Settings."
            )
        endpoint.require_consent()
        opener = _endpoint(endpoint, config.model, local_only, cache, secret, still_allowed)
        return opener, ENDPOINT_CONCURRENCY
    raise ConfigError(f"there is no namer {config.namer!r}; there are {', '.join(NAMERS)}")


def _local(name: str | None, models_dir: Path, cache: CompletionCache, secret: bytes) -> OpenNamer:
    from journeys.models import DEFAULT_MODEL, find

    chosen = name or DEFAULT_MODEL
    path = find(chosen, models_dir)

    @contextmanager
    def open_local() -> Iterator[Namer]:
        from journeys.naming.ladder import LadderNamer
        from journeys.naming.local import LocalModel

        with LocalModel(path, name=chosen) as chat:
            yield LadderNamer(chat, cache=cache, secret=secret)

    return open_local


def _endpoint(
    endpoint: Endpoint,
    model: str | None,
    local_only: bool,
    cache: CompletionCache,
    secret: bytes,
    still_allowed: Callable[[], None],
) -> OpenNamer:
    @contextmanager
    def open_endpoint() -> Iterator[Namer]:
        from journeys.naming.endpoint import OpenAIChat
        from journeys.naming.ladder import LadderNamer

        chat = OpenAIChat(
            base_url=endpoint.base_url,
            api_key=endpoint.key or "none",
            model=model or endpoint.model,
            local_only=local_only,
        )
        try:
            yield LadderNamer(_Asking(chat, still_allowed), cache=cache, secret=secret)
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
