"""What happened when a user asked an agent for something: the one schema that all logs become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

#: Kinds of feedback, and what each says: 1 or 0, and how much it counts beside an accept.
#: The weights are a setting of the schema; no log at hand has all kinds, so they are not fitted.
FEEDBACK: Mapping[str, tuple[int, float]] = MappingProxyType(
    {
        "like": (1, 1.0),
        "accept": (1, 1.0),
        "edit": (1, 0.5),
        "correction": (0, 0.7),
        "reject": (0, 1.0),
    }
)

#: The source of what a simulated user did; never counted with what people did.
SIMULATED = "simulated"

#: Outcomes that say something where nobody said anything; they count half as much.
OUTCOMES: Mapping[str, tuple[int, float]] = MappingProxyType(
    {"success": (1, 0.5), "failure": (0, 0.5)}
)


@dataclass(frozen=True, slots=True)
class Step:
    """One turn: words of somebody, or a tool with its arguments (JSON), result and error."""

    role: str
    text: str = ""
    tool: str = ""
    arguments: str = ""
    result: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the user said to it. ``kind`` is one of :data:`FEEDBACK`."""

    kind: str
    time: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A request and what came of it.

    Attributes:
        id: of the trajectory, unique with its user; the same one twice is a duplicate.
        user_id: whose request it is.
        time: when it was made, with a time zone; None where the log has no times.
        request: the user's words.
        steps: in order.
        outcome: ``success``, ``failure``, or '' where nobody knows.
        feedback: in order; the last one counts.
        source: which log it is from.
        context: what is known when the request is made, such as ``repo`` or ``language``.
        order: place in the log, which stands for the time where there is none.
    """

    id: str
    user_id: str
    time: datetime | None
    request: str
    steps: tuple[Step, ...] = ()
    outcome: str = ""
    feedback: tuple[Feedback, ...] = ()
    source: str = ""
    context: Mapping[str, str] = field(default_factory=dict)
    order: int = 0

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the tools that were called, in order."""
        return tuple(step.tool for step in self.steps if step.tool and step.role != "tool")

    @property
    def errors(self) -> tuple[str, ...]:
        """What went wrong, in order."""
        return tuple(step.error for step in self.steps if step.error)


@dataclass(frozen=True, slots=True)
class Signal:
    """What is learnt from: ``liked`` 1 or 0, how much it counts, and since when it is known."""

    liked: int
    weight: float
    time: datetime | None


def signal_of(trajectory: Trajectory) -> Signal | None:
    """What a trajectory says of its user's preference; None where it says nothing.

    Said feedback stands above an outcome that merely happened.
    """
    for given in reversed(trajectory.feedback):
        if given.kind in FEEDBACK:
            liked, weight = FEEDBACK[given.kind]
            return Signal(liked, weight, given.time or trajectory.time)
    if trajectory.outcome in OUTCOMES:
        liked, weight = OUTCOMES[trajectory.outcome]
        return Signal(liked, weight, trajectory.time)
    return None
