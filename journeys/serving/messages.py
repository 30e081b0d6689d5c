"""What comes in and goes out: bounded, documented, the same over HTTP and MCP."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
)

from journeys.agents.features import Action
from journeys.agents.trajectories import Feedback, Step, Trajectory

#: Letters of a text that are taken in; longer ones are refused, and much shorter ones are kept.
LONGEST = 1_500_000

_DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:")


def _as_time(given: Any) -> Any:
    """Only text with a date, since numbers may be seconds or milliseconds; all of it in UTC."""
    if given is None or isinstance(given, datetime):
        return given
    if not isinstance(given, str) or not _DATE.match(given):
        raise ValueError("send a time as text, such as 2026-01-31T12:00:00+00:00")
    try:
        time = datetime.fromisoformat(given.upper())
        return time.astimezone(UTC) if time.tzinfo is not None else time
    except OverflowError as error:
        raise ValueError("the time is out of range") from error


Id = Annotated[str, Field(min_length=1, max_length=200)]
UserId = Annotated[
    str, Field(min_length=1, max_length=200, description="Whose: the id that the agent knows.")
]
Text = Annotated[str, StringConstraints(max_length=LONGEST)]
Short = Annotated[str, StringConstraints(max_length=200)]
Time = Annotated[
    AwareDatetime,
    BeforeValidator(_as_time),
    Field(description="With a time zone, such as 2026-01-31T12:00:00+00:00."),
]
Vector = Annotated[list[FiniteFloat], Field(max_length=4_096)]
Value = Short | Annotated[list[Short], Field(max_length=20)]
Fields = Annotated[
    dict[Annotated[str, StringConstraints(min_length=1, max_length=40)], Value],
    Field(
        max_length=40,
        description="What is known, by field: agent, repo, task_type, language, domain, tool, "
        "error_type, journey; others are ignored.",
        examples=[{"repo": "acme/parser", "task_type": "fix", "language": "python"}],
    ),
]
Kind = Literal["like", "accept", "edit", "correction", "reject"]


class Message(BaseModel):
    """What is sent: nothing that is not known is taken."""

    model_config = ConfigDict(extra="forbid")


class Candidate(Message):
    """An action that the agent could take."""

    id: Id
    fields: Fields = Field(default_factory=dict)
    content: Vector | None = Field(None, description="A vector of the action, if there is one.")

    def action(self) -> Action:
        """As the learner reads it."""
        return Action(self.id, dict(self.fields), as_vector(self.content))


class StepGiven(Message):
    """One turn: words of somebody, or a call of a tool."""

    role: Short = Field(examples=["assistant"])
    text: Text = ""
    tool: Short = ""
    arguments: Text | dict[str, Any] = Field("", description="Secrets in it are replaced.")
    result: Text = ""
    error: Text = ""

    def step(self) -> Step:
        """As the learner reads it."""
        given = self.arguments
        arguments = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        return Step(self.role, self.text, self.tool, arguments, self.result, self.error)


class FeedbackGiven(Message):
    """What a user said to what was done."""

    kind: Kind
    time: Time | None = None
    text: Annotated[str, StringConstraints(max_length=20_000)] = ""

    def feedback(self) -> Feedback:
        """As the learner reads it."""
        return Feedback(self.kind, self.time, self.text)


class ContextAsked(Message):
    """Who is this user?"""

    user: UserId
    request: Annotated[str, StringConstraints(max_length=20_000)] = Field(
        "", description="What they ask for now; journeys that share its words come first."
    )
    most: int = Field(10, ge=1, le=100, description="Of each kind, at most.")

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"user": "ada", "request": "fix a test"}]}
    )


class RankAsked(Message):
    """Which action is this user most likely to accept?"""

    user: UserId
    request: Fields = Field(default_factory=dict)
    candidates: list[Candidate] = Field(min_length=1, max_length=1_000)
    reasons: int = Field(3, ge=0, le=10, description="For so many of the first candidates.")
    content: Vector | None = Field(None, description="Of the request, if there is one.")

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "user": "ada",
                    "request": {"repo": "acme/parser"},
                    "candidates": [
                        {"id": "a", "fields": {"task_type": "fix"}},
                        {"id": "b", "fields": {"task_type": "docs"}},
                    ],
                }
            ]
        },
    )


class EventGiven(Message):
    """A request and what came of it."""

    id: Id = Field(description="Of its own with its user; the same one twice counts once.")
    user: UserId
    time: Time | None = None
    request: Text = Field("", description="The user's words.")
    steps: list[StepGiven] = Field(default_factory=list, max_length=1_000)
    outcome: Literal["", "success", "failure"] = ""
    feedback: list[FeedbackGiven] = Field(default_factory=list, max_length=200)
    source: Short = ""
    context: dict[Short, Annotated[str, StringConstraints(max_length=2_000)]] = Field(
        default_factory=dict, max_length=100, description="Known when the request was made."
    )
    content: Vector | None = Field(None, description="A vector of the request, if there is one.")

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "id": "run-17",
                    "user": "ada",
                    "time": "2026-01-31T12:00:00+00:00",
                    "request": "Fix the failing date test",
                    "steps": [{"role": "assistant", "tool": "pytest", "arguments": {"k": "date"}}],
                    "outcome": "success",
                    "context": {"repo": "acme/parser", "task_type": "fix"},
                }
            ]
        },
    )

    def trajectory(self, user: str) -> Trajectory:
        """As the learner reads it, of a user by pseudonym."""
        return Trajectory(
            self.id,
            user,
            self.time,
            self.request,
            tuple(each.step() for each in self.steps),
            self.outcome,
            tuple(each.feedback() for each in self.feedback),
            self.source,
            dict(self.context),
        )


class EventFeedback(FeedbackGiven):
    """What a user said to an event that was recorded."""

    user: UserId
    event: Id

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"user": "ada", "event": "run-17", "kind": "accept"}]},
    )


class UserNamed(Message):
    """A user."""

    user: UserId

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"user": "ada"}]})


class Preference(BaseModel):
    """A preference, how far it moves the score (the logit), and how certain it is (0 to 1)."""

    id: str
    moved: float
    certainty: float
    own: bool = Field(description="Whether it is the user's own, and not what all users share.")
    words: str


class EpisodeTold(BaseModel):
    """A request of the user's, and what they said to what was done."""

    id: str
    time: datetime | None
    title: str
    said: str = Field(description="The last feedback or outcome; '' for none.")


class JourneyTold(BaseModel):
    """Something that the user pursues, from the newest discovery of their log."""

    id: str
    name: str
    stage: str
    kind: str
    score: float
    events: int
    first_seen: datetime
    last_seen: datetime


class SoftPromptTold(BaseModel):
    """The user's history as a vector, by which encoder."""

    encoder: str
    vector: list[float]


class ContextTold(BaseModel):
    """What is known of a user; someone who is not known has an empty context."""

    journeys: list[JourneyTold]
    journeys_note: str = Field(description="Why there are none, or ''.")
    episodes: list[EpisodeTold]
    preferences: list[Preference]
    events: int = Field(description="Learnt from.")
    soft_prompt: SoftPromptTold | None
    soft_prompt_note: str = Field(description="Why there is none, or ''.")
    version: str = Field(description="Of the shared weights.")


class RankedTold(BaseModel):
    """A candidate in its place."""

    id: str
    chance: float = Field(description="That the user accepts it, 0 to 1.")
    spread: float = Field(description="Standard deviation of the logit.")
    propensity: float = Field(description="Chance with which it was put first.")
    reasons: list[Preference]


class RankingTold(BaseModel):
    """Candidates, the best first."""

    actions: list[RankedTold]
    version: str
    explored: bool


class ReceiptTold(BaseModel):
    """What came of it; it is on the disk when this is sent."""

    id: str
    status: Literal["accepted", "duplicate"]
    notes: list[str] = Field(description="What was cut, redacted or replaced on the way.")


class Forgotten(BaseModel):
    """What was erased."""

    found: bool
    withdrawn: list[str] = Field(
        description="Shared weights that were fitted on the user, and are gone with them."
    )


class Done(BaseModel):
    """It is done."""

    done: Literal[True] = True


class Refreshed(BaseModel):
    """How new shared weights fared on the newest feedback, in nats an example."""

    published: bool
    version: str
    examples: int
    logloss: float
    before: float


class RolledBack(BaseModel):
    """The version that is in use now."""

    version: str


class Problem(BaseModel):
    """What went wrong, and what to do."""

    code: str
    message: str
    details: list[str] = Field(default_factory=list, description="Which fields, if it is those.")


class Failed(BaseModel):
    """The one shape of every error."""

    error: Problem


def as_vector(given: Sequence[float] | None) -> np.ndarray | None:
    """Numbers as the learner reads them."""
    return None if given is None else np.array(given, dtype=np.float64)
