"""What a person reads for whoever made a name."""

from __future__ import annotations

from journeys.discovery.storage import PERSON_NAMER
from journeys.journey import Names
from journeys.study.comparing import KEYPHRASES, Source
from pages.parts.text import plain


def namer_words(names: Names) -> str:
    """Who or what made the names, in the middle of a sentence."""
    if names.namer == PERSON_NAMER:
        return "given by hand"
    if names.namer == KEYPHRASES:
        return "key phrases of the titles"
    words = f"language model {plain(names.namer.removeprefix('llm:'))}"
    return f"{words}, prompts {plain(names.prompts)}" if names.prompts else words


def source_words(source: Source) -> str:
    """A source as a choice; plain text."""
    if source.namer == PERSON_NAMER:
        return "The person's own names"
    if source.namer == KEYPHRASES:
        return "Key phrases"
    words = source.namer.removeprefix("llm:")
    return f"{words} · prompts {source.prompts}" if source.prompts else words
