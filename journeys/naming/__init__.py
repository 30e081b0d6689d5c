"""Naming: from a journey's titles to what its user would call it, at five levels."""

from journeys.naming.base import (
    ChatModel,
    Completion,
    CompletionCache,
    Evidence,
    Named,
    Namer,
    Usage,
)
from journeys.naming.completion import MemoryCompletionCache, Price, completion_key
from journeys.naming.keyphrases import KeyphraseNamer, keyphrases
from journeys.words import DocumentFrequency

__all__ = [
    "ChatModel",
    "Completion",
    "CompletionCache",
    "DocumentFrequency",
    "Evidence",
    "KeyphraseNamer",
    "MemoryCompletionCache",
    "Named",
    "Namer",
    "Price",
    "Usage",
    "completion_key",
    "keyphrases",
]
