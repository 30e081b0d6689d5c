"""Which trajectories are of simulated users, so that no figure is of both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from journeys.agents.trajectories import SIMULATED, Trajectory
from journeys.errors import InputError

#: Sources whose users are simulated; tau-bench's are played by a language model.
SOURCES = frozenset({SIMULATED, "tau-bench"})

#: How ids of users that are rolled out begin, so that none can be a person's.
PREFIX = "sim:"


def is_simulated(trajectory: Trajectory) -> bool:
    """Whether its user is simulated."""
    return trajectory.source in SOURCES or trajectory.user_id.startswith(PREFIX)


def marked(trajectories: Iterable[Trajectory]) -> Iterator[Trajectory]:
    """The same, as those of simulated users: for a log whose source does not say it."""
    for each in trajectories:
        yield replace(each, source=SIMULATED)


def apart(trajectories: Iterable[Trajectory]) -> tuple[list[Trajectory], list[Trajectory]]:
    """Those of people, and those of simulated users."""
    real: list[Trajectory] = []
    played: list[Trajectory] = []
    for each in trajectories:
        (played if is_simulated(each) else real).append(each)
    return real, played


def require_one_kind(trajectories: Sequence[Trajectory]) -> None:
    """Refuse to count people and simulated users together.

    Raises:
        InputError: there are both.
    """
    real, played = apart(trajectories)
    if real and played:
        raise InputError(
            f"{len(played):,} of {len(trajectories):,} requests are of simulated users. They "
            "accept more than people do, so a figure of both would flatter the agent. Report them "
            "apart."
        )
