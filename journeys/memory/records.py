"""What the store says of memories. Times are microseconds since 1970-01-01 UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from journeys.memory.notes import Shift, Summary, shift_from_dict, summary_from_dict
from journeys.memory.policies import Policy
from journeys.memory.telling import Cost


@dataclass(frozen=True)
class MemorySummary:
    """A memory in numbers. ``run_id``: the discovery whose journeys it refers to."""

    id: int
    log_id: int
    run_id: int | None
    policy: Policy
    created_at: int
    people: int
    events: int
    partitions: int


@dataclass(frozen=True)
class Appended:
    """What an append did.

    Attributes:
        events: events that entered.
        partitions: partitions that closed.
        late: events that came after the end of the partitions before theirs.
        people: whose memory changed.
    """

    events: int = 0
    partitions: int = 0
    late: int = 0
    people: int = 0

    def __add__(self, other: Appended) -> Appended:
        return Appended(
            self.events + other.events,
            self.partitions + other.partitions,
            self.late + other.late,
            self.people + other.people,
        )


@dataclass(frozen=True)
class PersonMemory:
    """How far a person's memory is; ``n_told``: summaries, every version counted."""

    person_id: int
    pseudonym: str
    n_events: int
    n_partitions: int
    n_told: int


@dataclass(frozen=True)
class PartitionRecord:
    """A closed partition; ``n_late``: events older than the end of the partitions before it."""

    number: int
    n_events: int
    n_late: int
    first_at: int
    last_at: int
    closed_at: int


@dataclass(frozen=True)
class NoteRecord:
    """What was told of a partition, in one version (from 1), and what it cost."""

    number: int
    version: int
    teller: str
    note: Summary | Shift
    cost: Cost
    created_at: int

    @classmethod
    def of(cls, row: Any) -> NoteRecord:
        """From a row of the table of notes."""
        read = summary_from_dict if row.kind == "summary" else shift_from_dict
        cost = Cost(row.calls, row.prompt_tokens, row.completion_tokens, row.seconds)
        return cls(row.number, row.version, row.teller, read(row.content), cost, row.created_at)
