"""The installation's own parts: settings, data home, database, worker, endpoint."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from journeys.doctor.finding import Finding, State
from journeys.endpoint import chosen_endpoint, local_only
from journeys.privacy import SECRET_BYTES, SECRET_FILE
from journeys.settings import Profile, Settings
from journeys.store.examining import DatabaseState

#: Seconds to wait for a connection.
PATIENCE = 3.0


def profile(settings: Settings) -> Iterator[Finding]:
    """How the product is installed."""
    said = "as set" if settings.wanted_profile else "by the database"
    yield Finding("profile", State.OK, f"{settings.profile.value}, {said}")


def data_home(settings: Settings) -> Iterator[Finding]:
    """The folder, who may read it, and the secret in it."""
    home, about = settings.home, "data home"
    if not home.exists():
        yield Finding(about, State.OK, f"{home}, made on first use")
        return
    if not os.access(home, os.W_OK | os.X_OK):
        yield Finding(
            about, State.MISSING, f"{home} cannot be written",
            "Change its owner, or set JOURNEYS_HOME.",
        )  # fmt: skip
        return
    secret = home / SECRET_FILE
    if secret.exists() and len(secret.read_bytes()) < SECRET_BYTES:
        yield Finding(
            about, State.MISSING, f"{secret} is damaged",
            "Restore it from a backup: without it nobody can be matched to their pseudonym.",
        )  # fmt: skip
    elif os.name == "posix" and secret.exists() and secret.stat().st_mode & 0o077:
        yield Finding(about, State.NOTE, f"others may read {secret}", f"chmod 600 {secret}")
    elif os.name == "posix" and home.stat().st_mode & 0o007:
        yield Finding(about, State.NOTE, f"others may look into {home}", f"chmod 700 {home}")
    else:
        yield Finding(about, State.OK, str(home))


def database(settings: Settings, state: DatabaseState) -> Iterator[Finding]:
    """Whether it can be reached, and whether its tables are this version's."""
    about = "database"
    if state.problem:
        yield Finding(about, State.MISSING, state.problem, "Start it, or correct DATABASE_URL.")
    elif not state.exists:
        yield Finding(about, State.OK, f"{state.product}, made on first use")
    else:
        yield Finding(about, State.OK, state.product)
        yield _migrations(state)


def _migrations(state: DatabaseState) -> Finding:
    about = "migrations"
    if state.revision == state.head:
        return Finding(about, State.OK, f"at {state.head}, the newest")
    if state.revision is None:
        return Finding(about, State.NOTE, "no tables yet", "They are made when the app starts.")
    if state.revision < state.head:
        return Finding(
            about, State.NOTE, f"at {state.revision}; this version has {state.head}",
            "Make a backup. The app or a worker migrates when it starts.",
        )  # fmt: skip
    return Finding(
        about, State.MISSING, f"at {state.revision}; this version knows up to {state.head}",
        "Update the product: a newer version made this database.",
    )  # fmt: skip


def worker(settings: Settings, state: DatabaseState) -> Iterator[Finding]:
    """Whether somebody carries out what is queued."""
    about = "worker"
    if not state.usable:
        return
    waiting = f"{state.queued} waiting, {state.running} running"
    if state.workers:
        yield Finding(about, State.OK, f"{state.workers} alive; {waiting}")
    elif settings.start_worker and settings.profile is Profile.EMBEDDED:
        yield Finding(about, State.OK, f"none alive; the app starts one when needed; {waiting}")
    elif state.queued or not settings.start_worker:
        yield Finding(
            about, State.MISSING, f"none alive; {waiting}", "python -m journeys worker --idle 0"
        )
    else:
        yield Finding(
            about, State.NOTE, "none alive; the app starts one when needed",
            "On a server run: python -m journeys worker --idle 0",
        )  # fmt: skip


def endpoint(settings: Settings, state: DatabaseState) -> Iterator[Finding]:
    """Whether a connection to it can be opened. Nothing is sent over it."""
    about = "endpoint"
    if not state.usable and not settings.openai_base_url:
        return
    choices = state.choices
    chosen = chosen_endpoint(settings, choices)
    if chosen is None:
        yield Finding(about, State.OK, "none chosen; nothing leaves this machine")
        return
    if not chosen.loopback and (local_only(settings, choices) if choices else settings.local_only):
        yield Finding(about, State.OK, f"{chosen.host} is refused (local only); not tried")
        return
    parts = urlsplit(chosen.base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((chosen.host, port), timeout=PATIENCE).close()
    except OSError as error:
        yield Finding(
            about, State.MISSING, f"{chosen.origin} does not answer ({error.strerror or error})",
            "Start it, or choose another on the page Settings.",
        )  # fmt: skip
        return
    agreed = chosen.agreed or chosen.loopback
    yield Finding(
        about,
        State.OK if agreed else State.NOTE,
        f"{chosen.origin} accepts connections",
        "" if agreed else "Nothing is sent before somebody agrees on the page Settings.",
    )
