"""Which sensitive topics a journey's names may give away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from journeys.journey import Names
from journeys.sensitive import TOPICS, flag_texts

#: Share of titles that name a topic from which a journey is about it.
ABOUT = 1 / 3


def sensitive_topics(names: Names, titles: Sequence[str]) -> tuple[str, ...]:
    """Topics that one of the names says, or that many of the titles name.

    A flag says "look here": such names are not shown across people without a decision.

    Returns:
        In the order of :data:`journeys.sensitive.TOPICS`.
    """
    said = {topic for topics in flag_texts(names.levels) for topic in topics}
    counts = Counter(topic for topics in flag_texts(titles) for topic in topics)
    said |= {topic for topic, count in counts.items() if count >= ABOUT * len(titles)}
    return tuple(topic for topic in TOPICS if topic in said)
