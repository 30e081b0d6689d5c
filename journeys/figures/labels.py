"""Untrusted text in figures: Plotly reads ``<b>``, ``<a>`` and ``&...;`` in any label."""

from __future__ import annotations

import html
import unicodedata


def label(text: str, most: int = 90) -> str:
    """Text that Plotly shows literally, on one line, at most ``most`` characters long.

    Control characters and those that turn the direction of text are dropped, and dollar signs
    are kept apart from their neighbours, since Plotly takes ``$...$`` for a formula.
    """
    kept = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cf", "Cs"}
    )
    line = " ".join(kept.split())
    if len(line) > most:
        line = line[: most - 1].rstrip() + "…"
    return html.escape(line, quote=False).replace("$", "$\u200b")


def day(microseconds: int) -> str:
    """A date such as "7 Mar 2024" from microseconds since 1970-01-01 UTC."""
    from datetime import UTC, datetime

    moment = datetime.fromtimestamp(microseconds // 1_000_000, UTC)
    return f"{moment.day} {moment:%b %Y}"
