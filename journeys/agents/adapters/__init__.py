"""Logs of agents and assistants to trajectories; one module a family of formats.

Each adapter is a function of a path that yields trajectories as they stand in the file; nothing is
redacted or cut yet, which is :func:`journeys.agents.intake.admit`'s. A record that cannot be read
is left out and counted in the :class:`Unread` that the caller may pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from journeys.agents.adapters.common import Unread
from journeys.agents.adapters.exports import read_chatgpt, read_claude
from journeys.agents.adapters.messages import read_messages
from journeys.agents.adapters.otel import read_otel
from journeys.agents.adapters.pull_requests import read_pull_requests
from journeys.agents.adapters.swe import read_swe
from journeys.agents.adapters.tau_bench import read_tau_bench
from journeys.agents.trajectories import Trajectory
from journeys.errors import ConfigError

Adapter = Callable[[Path, Unread], Iterator[Trajectory]]

ADAPTERS: Mapping[str, Adapter] = MappingProxyType(
    {
        "openai": read_messages,
        "chatgpt": read_chatgpt,
        "claude": read_claude,
        "otel": read_otel,
        "swe": read_swe,
        "tau-bench": read_tau_bench,
        "agent-prs": read_pull_requests,
    }
)


def read_trajectories(path: Path, kind: str, unread: Unread | None = None) -> Iterator[Trajectory]:
    """Trajectories of a log of a kind in :data:`ADAPTERS`, with their place in it as ``order``.

    Raises:
        ConfigError: there is no such kind.
        InputError: the file cannot be read at all.
    """
    if kind not in ADAPTERS:
        raise ConfigError(f"There is no adapter {kind!r}. Choose one of {', '.join(ADAPTERS)}.")
    return ADAPTERS[kind](path, unread if unread is not None else Unread())


__all__ = ["ADAPTERS", "Adapter", "Unread", "read_trajectories"]
