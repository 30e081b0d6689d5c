"""Colours and symbols that stay apart for colour-blind readers, on light and on dark.

Colours: Okabe & Ito (2008), "Color Universal Design", without its black, which a dark page
swallows. With more journeys than colours the symbol changes, so that no two look the same.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Blue, orange, green, purple, sky blue, vermilion, yellow.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star", "pentagon", "hourglass")

#: Grey that has contrast 3:1 or more on white and on the dark page.
UNASSIGNED = "#84898a"

#: Outline of markers: without it yellow is lost on white and blue on black.
OUTLINE = "rgba(128,128,128,0.9)"

#: Grid lines, on light and on dark.
GRID = "rgba(128,128,128,0.25)"


@dataclass(frozen=True)
class Mark:
    """How a journey looks in every figure."""

    colour: str
    symbol: str


def mark(at: int) -> Mark:
    """The look of the journey at a position; the first 56 all differ."""
    if at < 0:
        raise ValueError(f"a journey's position is 0 or more, not {at}")
    symbol = SYMBOLS[at // len(COLOURS) % len(SYMBOLS)]
    return Mark(COLOURS[at % len(COLOURS)], symbol)
