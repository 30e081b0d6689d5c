"""What of a journey's evidence goes into a prompt: most telling first, within a budget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

from journeys.naming.base import Evidence
from journeys.naming.prompts import Shown
from journeys.words import plain, shorten, unspaced


@dataclass(frozen=True)
class Budget:
    """How much evidence a prompt may hold, in estimated tokens.

    Naming quality saturates after a few titles (2305.15498, finding 6). The default is for an
    endpoint; on a CPU the prompt costs as much time as the answer, see :data:`SMALL`.
    """

    titles: int = 1200
    siblings: int = 300
    keyphrases: int = 8
    title_characters: int = 100


#: For a small model on a CPU.
SMALL = Budget(titles=200, siblings=50)


def choose_shown(evidence: Evidence, budget: Budget) -> Shown:
    """The titles to show: what the user made, the most central and the most recent in turn.

    Titles are freed of HTML, put on one line and cut. Those that differ only in case are shown
    once.
    """
    turns = zip_longest(evidence.outputs[:3], evidence.titles, evidence.recent)
    titles = _within((title for turn in turns for title in turn if title), budget.titles, budget)
    sibling_turns = zip_longest(*evidence.siblings)
    siblings = _within(
        (title for turn in sibling_turns for title in turn if title), budget.siblings, budget
    )
    phrases = tuple(shorten(phrase, 40) for phrase in evidence.keyphrases[: budget.keyphrases])
    return Shown(
        tuple(titles),
        phrases,
        tuple(title for title in siblings if title not in titles),
        tuple(evidence.items.get(whole, "") for whole in titles.values()),
    )


def _within(titles: Iterable[str], tokens: int, budget: Budget) -> dict[str, str]:
    """Titles as shown -> as they are; as many as the budget allows, and one at least."""
    chosen: dict[str, str] = {}
    seen: set[str] = set()
    left = tokens
    for title in titles:
        cut = shorten(plain(title), budget.title_characters)
        if not cut or cut.lower() in seen:
            continue
        left -= estimate_tokens(cut)
        if left < 0 and chosen:
            break
        seen.add(cut.lower())
        chosen[cut] = title
    return chosen


def estimate_tokens(text: str) -> int:
    """About how many tokens a text is: four characters each, one each in unspaced scripts."""
    dense = sum(map(unspaced, text))
    return 2 + dense + (len(text) - dense + 3) // 4
