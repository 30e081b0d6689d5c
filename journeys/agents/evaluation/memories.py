"""What a language model is told of a user in words, out of the requests whose outcome was known.

Four texts of the same past, each at its natural length: nothing, the last requests as they were, a
summary in numbers, and the user's journeys. All are made without a language model, so that they
cannot have been written with what came later in mind.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np

from journeys.agents.evaluation.stream import Stream
from journeys.words import shorten

#: Requests that ``last_k`` tells.
LAST = 6

#: Journeys that are told, the largest first; a journey has two requests or more.
JOURNEYS = 5

_TITLE = 70
_SAID = {1: "merged", 0: "closed unmerged"}


def nothing(stream: Stream, past: Sequence[int]) -> str:
    """The request alone."""
    return ""


def last_k(stream: Stream, past: Sequence[int]) -> str:
    """The newest outcomes with their titles, the newest last."""
    return "\n".join(
        f"{_quoted(stream, at)}: {_SAID[int(stream.liked[at])]}" for at in past[-LAST:]
    )


def summary(stream: Stream, past: Sequence[int]) -> str:
    """Counts of what was merged, over all and by task type and agent, and of the newest ones."""
    if not past:
        return ""
    lines = [f"{_share(stream, past)} of this developer's requests were merged"]
    for field in ("task_type", "agent"):
        groups: dict[str, list[int]] = {}
        for at in past:
            for name in stream.features[at].own:
                kind, _, value = name.partition("=")
                if kind == field:
                    groups.setdefault(value, []).append(at)
        common = sorted(groups, key=lambda value: (-len(groups[value]), value))[:4]
        told = ", ".join(f"{json.dumps(value)} {_share(stream, groups[value])}" for value in common)
        lines += [f"by {field.replace('_', ' ')}: {told}"] if told else []
    lines.append(f"of the newest {min(len(past), 5)}: {_share(stream, past[-5:])}")
    return "\n".join(lines)


def journeys(stream: Stream, past: Sequence[int]) -> str:
    """The journeys of the past, named by keyphrases, each with how many were merged.

    Raises:
        ValueError: the stream has no vectors.
    """
    from journeys.extraction import get_extractor
    from journeys.extraction.base import UserEvents
    from journeys.naming.keyphrases import keyphrases

    if stream.vectors is None:
        raise ValueError("journeys need the embedder's vectors")
    if len(past) < 2:
        return ""
    order = sorted(past, key=lambda at: stream.made[at])
    held = stream.vectors[order]
    held = held / np.maximum(np.linalg.norm(held, axis=1, keepdims=True), 1e-12)
    times = np.array([int(stream.made[at].timestamp() * 1e6) for at in order], dtype=np.int64)
    clusters = get_extractor("hdbscan").extract(UserEvents(held, times))
    members = [
        [order[row] for row in np.flatnonzero(clusters.labels == label)]
        for label in range(len(clusters))
    ]
    members = [each for each in members if len(each) > 1]
    if not members:
        return ""
    named = keyphrases([[_title(stream, at) for at in each] for each in members], top=3)
    told = [
        f"{json.dumps(', '.join(words), ensure_ascii=False)}: {_share(stream, each)} merged"
        for words, each in zip(named, members, strict=True)
    ]
    largest = sorted(range(len(members)), key=lambda at: -len(members[at]))[:JOURNEYS]
    return "\n".join(told[at] for at in largest)


#: What is told, by the name of the row in the table.
MEMORIES = {
    "prompt_alone": nothing,
    "prompt_last_k": last_k,
    "prompt_summary": summary,
    "prompt_journeys": journeys,
}


def _share(stream: Stream, rows: Sequence[int]) -> str:
    counts = Counter(int(stream.liked[at]) for at in rows)
    return f"{counts[1]} of {len(rows)}"


def _title(stream: Stream, at: int) -> str:
    return stream.requests[at].partition("\n")[0]


def _quoted(stream: Stream, at: int) -> str:
    return json.dumps(shorten(_title(stream, at), _TITLE), ensure_ascii=False)
