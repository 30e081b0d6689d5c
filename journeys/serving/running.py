"""Processes that serve: HTTP until told to stop, or one client over standard input and output."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import timedelta

from fastapi import FastAPI

from journeys.errors import ConfigError
from journeys.models.encoders import encoder_names, encoders_folder
from journeys.serving.app import LOOPBACK, create_app
from journeys.serving.calls import Calls
from journeys.serving.gate import Gate
from journeys.serving.metrics import Metrics
from journeys.serving.operations import Operations, Rules
from journeys.serving.people import People
from journeys.serving.refreshing import Refresher
from journeys.serving.vectors import EncoderVectors
from journeys.settings import Settings
from journeys.store import Store, open_store

#: Seconds that requests under way have when the server is told to stop.
GRACE = 30


def make_calls(
    settings: Settings,
    store: Store,
    *,
    rules: Rules | None = None,
    encoder: str | None = None,
    every: timedelta | None = None,
) -> Calls:
    """What a server offers, over a store."""
    metrics = Metrics()
    folder = encoders_folder(settings.models_dir)
    vectors = EncoderVectors(store, folder, encoder) if encoder_names(folder) else None
    operations = Operations(
        store,
        rules=rules,
        people=People(store, vectors),
        on_conflict=metrics.conflicts.inc,
    )
    return Calls(operations, Gate(store), Refresher(operations, metrics, every=every), metrics)


def make_app(
    settings: Settings,
    *,
    hosts: Sequence[str] = LOOPBACK,
    rules: Rules | None = None,
    encoder: str | None = None,
    every: timedelta | None = None,
) -> FastAPI:
    """The server of an installation, which closes its store when it ends."""
    store = open_store(settings)
    calls = make_calls(settings, store, rules=rules, encoder=encoder, every=every)
    return create_app(calls, hosts=hosts, on_end=store.close)


def serve_http(app: FastAPI, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first.

    Raises:
        ConfigError: there is no listening at that address and port.
    """
    import uvicorn

    _check_free(host, port)
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="info",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        limit_concurrency=512,
    )


def _check_free(host: str, port: int) -> None:
    """Say in a sentence what uvicorn would say as a number of the system's."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"Nothing can listen on {host}, port {port}: {error}. If another program has the "
            "port, stop that, or choose another with --port."
        ) from error


def serve_stdio(
    settings: Settings, key: str, *, rules: Rules | None = None, encoder: str | None = None
) -> None:
    """Serve one client of the Model Context Protocol over standard input and output.

    Raises:
        SignInNeeded: the key does not work.
    """
    from journeys.serving.tools import make_tools

    store = open_store(settings)
    calls = make_calls(settings, store, rules=rules, encoder=encoder)
    try:
        calls.gate.identify(key)
        calls.refresher.start()
        make_tools(calls, key=key).run("stdio")
    finally:
        calls.refresher.stop()
        store.close()
