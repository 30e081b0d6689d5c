"""Which titles may be of a sensitive topic, by a list of words for each topic.

A list is plain to read and to correct, sends nothing anywhere and gives the same answer each time.
What it cannot do: see what is meant without being said ("my last session", a clinic's name), or
languages other than those of ``topics.toml`` (English, German, Spanish and French in full, a few
words of Italian, Portuguese and Dutch). And it flags what only mentions a topic: a novel on a
prison, a church's architecture. So a flag says "look here", never "this person is".
"""

from journeys.sensitive.flagging import (
    LABELS,
    TOPICS,
    TopicCount,
    count_topics,
    flag_texts,
    topic_rows,
)

__all__ = ["LABELS", "TOPICS", "TopicCount", "count_topics", "flag_texts", "topic_rows"]
