"""The teller that an installation's choices allow: the built-in model, or the chosen endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from journeys.endpoint import Endpoint, chosen_endpoint, local_only
from journeys.errors import ConfigError, PrivacyError
from journeys.memory.telling import Teller
from journeys.naming.base import ChatModel, Completion
from journeys.naming.ledger import Cap, Meter
from journeys.naming.pacing import Pace
from journeys.settings import Settings
from journeys.store import Store

TELLERS = ("local", "openai")

#: People told of at once through an endpoint.
ENDPOINT_CONCURRENCY = 12


@contextmanager
def open_teller(
    store: Store,
    settings: Settings,
    kind: str,
    *,
    model: str = "",
    language: str = "",
    max_calls: int | None = None,
) -> Iterator[Teller]:
    """A teller while open; nothing is loaded or sent before it is asked.

    Args:
        kind: one of :data:`TELLERS`.
        model: of the endpoint, or a local one by name; by default the chosen or recommended one.
        max_calls: through an endpoint; the telling ends with CapReached beyond.

    Raises:
        ConfigError: there is no such kind, or no endpoint was chosen.
        ModelError: the local model has not been fetched.
        PrivacyError: the researcher has not agreed to send to the endpoint.
    """
    if kind not in TELLERS:
        raise ConfigError(f"There is no teller {kind!r}; there are {', '.join(TELLERS)}.")
    opened = _local(settings, model) if kind == "local" else _endpoint(
        store, settings, model, max_calls
    )  # fmt: skip
    with opened as chat:
        yield Teller(chat, cache=store.completions, secret=store.keys.prompt, language=language)


@contextmanager
def _local(settings: Settings, model: str) -> Iterator[ChatModel]:
    from journeys.models import DEFAULT_MODEL, find
    from journeys.naming.local import LocalModel

    name = model or DEFAULT_MODEL
    with LocalModel(find(name, settings.models_dir), name=name) as chat:
        yield chat


@contextmanager
def _endpoint(
    store: Store, settings: Settings, model: str, max_calls: int | None
) -> Iterator[ChatModel]:
    from journeys.naming.endpoint import OpenAIChat

    endpoint = chosen_endpoint(settings, store.choices)
    if endpoint is None:
        raise ConfigError(
            "No endpoint is chosen. Set OPENAI_API_KEY and OPENAI_MODEL, or choose one on the page "
            "Settings."
        )
    endpoint.require_consent()
    chat = OpenAIChat(
        base_url=endpoint.base_url,
        api_key=endpoint.key or "none",
        model=model or endpoint.model,
        local_only=local_only(settings, store.choices),
        reach=endpoint.reach,
        pace=Pace(ENDPOINT_CONCURRENCY),
        meter=Meter(Cap(calls=max_calls), None),
    )
    try:
        yield _Allowed(chat, store, settings, endpoint)
    finally:
        chat.close()


class _Allowed:
    """A chat model that looks before each call whether consent still stands."""

    def __init__(
        self, chat: ChatModel, store: Store, settings: Settings, endpoint: Endpoint
    ) -> None:
        self._chat, self._store, self._settings, self._endpoint = chat, store, settings, endpoint

    @property
    def id(self) -> str:
        return self._chat.id

    def complete(self, messages: Sequence[Mapping[str, str]], **options: Any) -> Completion:
        now = chosen_endpoint(self._settings, self._store.choices)
        if now is None or now.origin != self._endpoint.origin:
            raise PrivacyError("The endpoint was changed or forgotten while telling went on.")
        now.require_consent()
        if local_only(self._settings, self._store.choices) and not now.loopback:
            raise PrivacyError(f"Only this machine may be asked now, and {now.host} is another.")
        return self._chat.complete(messages, **options)
