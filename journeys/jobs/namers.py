"""The namer that an installation's choices allow, for runs and for trials in the page."""

from __future__ import annotations

from collections.abc import Callable

from journeys.discovery.config import DiscoveryConfig
from journeys.discovery.namers import OpenNamer, namer_opener
from journeys.endpoint import chosen_endpoint, local_only
from journeys.errors import ConfigError, PrivacyError, StoreError
from journeys.naming import ChatModel, CompletionCache
from journeys.naming.examples import ExampleBook, Selection
from journeys.naming.prompts import PromptSet
from journeys.settings import Settings
from journeys.store import Store


def allowed_namer(
    store: Store,
    settings: Settings,
    config: DiscoveryConfig,
    *,
    log_id: int | None = None,
    prompts: PromptSet | None = None,
    cache: CompletionCache | None = None,
    wrap: Callable[[ChatModel], ChatModel] = lambda chat: chat,
) -> tuple[OpenNamer | None, int]:
    """What opens the configured namer, under the rules of privacy as they stand at each call.

    Args:
        log_id: of the journeys to be named, to know whose examples are their own.
        prompts: those that the configuration names; by default they are looked up.
        cache: of answers; the store's by default.
        wrap: put around the language model.

    Raises:
        JourneysError: as :func:`journeys.discovery.namers.namer_opener`.
    """
    endpoint = chosen_endpoint(settings, store.choices)

    def still_allowed() -> None:
        now = chosen_endpoint(settings, store.choices)
        if endpoint is None or now is None or now.origin != endpoint.origin:
            raise PrivacyError("The endpoint was changed or forgotten while naming went on.")
        now.require_consent()
        if local_only(settings, store.choices) and not now.loopback:
            raise PrivacyError(f"Only this machine may be asked now, and {now.host} is another.")

    return namer_opener(
        config,
        models_dir=settings.models_dir,
        endpoint=endpoint,
        local_only=local_only(settings, store.choices),
        cache=cache or store.completions,
        secret=store.keys.prompt,
        prompts=prompts or store.prompts.chosen(config.prompts, config.namer),
        examples=examples_of(store, config, log_id),
        still_allowed=still_allowed,
        wrap=wrap,
    )


def examples_of(store: Store, config: DiscoveryConfig, log_id: int | None) -> ExampleBook | None:
    """The examples that a configuration names; None where it names none.

    Raises:
        ConfigError: there is no such study.
    """
    if config.examples is None:
        return None
    try:
        store.studies.get(config.examples)
    except StoreError as error:
        raise ConfigError(
            f"The study {config.examples}, whose corrections were to be examples, is not here any "
            "more. Name without examples, or choose another study."
        ) from error
    selection = Selection(config.examples_most, tokens=200 * config.examples_most)
    return store.examples.book(config.examples, log_id, selection)
