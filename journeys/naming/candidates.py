"""Names that a journey could have at each level, and why those that may not, may not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from journeys.naming.asking import Answer
from journeys.naming.checks import Ground, check_detail, check_ladder, check_name
from journeys.naming.keyphrases import in_words
from journeys.words import content_words

#: Details that a composed name has, at most, by level.
DETAILS_AT = {4: 2, 5: 4}


@dataclass
class Slate:
    """All that a model answered for one journey, checked.

    Attributes:
        ground: what names are checked against.
        passed: level -> names in the order they came, each once.
        cited: level and name -> numbers of the titles it rests on, from 1.
        failed: level -> names that failed, with the reason; the last one first.
        said: level -> every name that was given, as often as it was, whether it passed or not.
        details: what returns in the titles, the oftenest named first.
    """

    ground: Ground
    passed: dict[int, list[str]] = field(default_factory=dict)
    cited: dict[tuple[int, str], tuple[int, ...]] = field(default_factory=dict)
    failed: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    said: dict[int, list[str]] = field(default_factory=dict)
    _details: Counter[str] = field(default_factory=Counter)

    def add(self, answer: Answer, levels: Sequence[int]) -> dict[int, str]:
        """Take in an answer to a question about some levels.

        Returns:
            level -> reason, for the levels whose name failed.
        """
        problems = check_ladder(answer.names, self.ground, levels)
        for level in levels:
            name = answer.names.get(level, "")
            if name:
                self.said.setdefault(level, []).append(name)
            if level in problems:
                self.failed.setdefault(level, []).insert(0, (name, problems[level]))
            elif name not in self.passed.setdefault(level, []):
                self.passed[level].append(name)
                self.cited[level, name] = answer.cited.get(level, ())
        self._details.update(
            detail
            for detail in dict.fromkeys(answer.details)
            if check_detail(detail, self.ground) is None
        )
        return problems

    def reasons(self, levels: Sequence[int]) -> tuple[dict[int, str], dict[int, str]]:
        """(level -> name, level -> reason) of the last names that failed at these levels."""
        last = {level: self.failed[level][0] for level in levels if self.failed.get(level)}
        return {k: name for k, (name, _) in last.items()}, {k: why for k, (_, why) in last.items()}

    @property
    def details(self) -> list[str]:
        return [detail for detail, _ in self._details.most_common()]


def narrowed(
    name: str, level: int, parts: Sequence[str], ground: Ground, least: int = 1
) -> Iterator[str]:
    """A name made narrower by what returns in the items: "baking bread: bagels and sourdough".

    Args:
        parts: what returns, best first.
        least: fewest parts.

    Yields:
        Names that pass the checks of the level, with most parts first.
    """
    new = unsaid(name, parts)
    # Where there are few, one is left for the level below.
    most = min(DETAILS_AT[level], max(len(new) - (level == 4), 1))
    for count in range(min(most, len(new)), least - 1, -1):
        text = f"{name}: {in_words(new[:count])}"
        if check_name(text, level, ground) is None:
            yield text


def unsaid(name: str, parts: Sequence[str]) -> list[str]:
    """The parts that say nothing said before."""
    said = set(content_words(name))
    new = []
    for part in parts:
        words = set(content_words(part))
        if words and said.isdisjoint(words):
            said |= words
            new.append(part)
    return new
