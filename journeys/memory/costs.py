"""What telling costs: expected beforehand, and against telling of the history again and again.

Both comparisons ask the same two questions of a partition and cost them at what they cost so far:

- *recompute*: when a partition closes, it and all before it are told of anew, so the calls grow
  with the square of the partitions;
- *recall*: at each event, a partition's worth of the newest events is told of anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeys.memory.comparing import pairs
from journeys.memory.notes import Item, Shift, Summary, grouped
from journeys.memory.prompts import flat_prompt, groups_prompt, shift_prompt
from journeys.memory.records import NoteRecord
from journeys.memory.telling import Cost, counted_summary
from journeys.naming.estimate import count_tokens

#: Tokens of an answer before any was measured: summaries of til_notes by the built-in model.
TYPICAL_ANSWER = 110
#: Seconds a call before any was measured: the built-in model on a free core, an endpoint.
LOCAL_SECONDS, ENDPOINT_SECONDS = 15.0, 3.0

NOTHING = Cost()


@dataclass(frozen=True)
class Measured:
    """What one call used on average, by kind of question; zeros where none was asked."""

    summary: Cost = NOTHING
    shift: Cost = NOTHING

    @classmethod
    def of(cls, notes: Sequence[NoteRecord]) -> Measured:
        """From the notes whose answers were asked for, every version."""
        return cls(
            _mean([note.cost for note in notes if isinstance(note.note, Summary)]),
            _mean([note.cost for note in notes if isinstance(note.note, Shift)]),
        )

    def __bool__(self) -> bool:
        return bool(self.summary.calls)


@dataclass(frozen=True)
class Comparison:
    """The cost of telling each partition once, and of two ways that do not keep what was told."""

    once: Cost
    recompute: Cost
    recall: Cost


def comparison(measured: Measured, sizes: Sequence[int]) -> Comparison:
    """The three costs of a person's first partitions.

    Args:
        measured: what a question uses.
        sizes: events of each partition, in order.
    """
    parts = len(sizes)
    after_first = sum(sizes[1:])
    return Comparison(
        once=_times(measured.summary, parts) + _times(measured.shift, max(parts - 1, 0)),
        recompute=_times(measured.summary, parts * (parts + 1) // 2)
        + _times(measured.shift, parts * (parts - 1) // 2),
        recall=_times(measured.summary, sum(sizes)) + _times(measured.shift, after_first),
    )


def expected(
    parts: Mapping[int, Sequence[Item]],
    numbers: Sequence[int],
    names: Mapping[str, str],
    measured: Measured,
    typical_seconds: float = LOCAL_SECONDS,
) -> Cost:
    """What telling of some partitions will use at most, from the very questions.

    Args:
        parts: number of the partition -> its events; those before the asked ones too.
        numbers: of the partitions to tell of.
        names: journey id -> name.
        measured: of earlier calls; their answers and seconds stand in where there are any.
        typical_seconds: a call, where none was measured.
    """
    total = Cost()
    for number in numbers:
        items = parts[number]
        groups = grouped(items)
        messages, _ = groups_prompt(groups, names) if any(groups) else flat_prompt(items)
        total += _call(count_tokens(messages), measured.summary, typical_seconds)
        if number - 1 not in parts or number == 1:
            continue
        both = pairs(counted_summary(parts[number - 1], names), counted_summary(items, names))
        messages, _ = shift_prompt(both, (len(parts[number - 1]), len(items)))
        total += _call(count_tokens(messages), measured.shift, typical_seconds)
    return total


def _call(prompt_tokens: int, measured: Cost, typical_seconds: float) -> Cost:
    return Cost(
        1,
        prompt_tokens,
        measured.completion_tokens or TYPICAL_ANSWER,
        measured.seconds or typical_seconds,
    )


def _mean(costs: Sequence[Cost]) -> Cost:
    """Of one call; answers that were known already cost nothing and do not count."""
    total = sum((cost for cost in costs if cost.calls), Cost())
    if not total.calls:
        return Cost()
    return Cost(
        1,
        round(total.prompt_tokens / total.calls),
        round(total.completion_tokens / total.calls),
        total.seconds / total.calls,
    )


def _times(cost: Cost, times: int) -> Cost:
    return Cost(
        cost.calls * times,
        cost.prompt_tokens * times,
        cost.completion_tokens * times,
        cost.seconds * times,
    )
