"""Two namers side by side on the same journeys: pure functions on names that are there.

A :class:`Source` is whatever gives journeys names: key phrases, a language model with its prompts,
or the person. :mod:`journeys.study.sources` collects those of a person from the store.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeys.discovery.storage import PERSON_NAMER
from journeys.evaluation.naming_words import chrf
from journeys.journey import LEVELS, Journey, Names
from journeys.spreadsheet import write_csv
from journeys.words import content_words

#: Id of the namer that is always there.
KEYPHRASES = "keyphrase"

#: What a person calls a journey: level (1 to 5) -> name, for the levels of which they said so.
OwnNames = Mapping[int, str]

CSV_COLUMNS = (
    "journey_id",
    "journey_rank",
    "journey_events",
    "level",
    "first_namer",
    "first_name",
    "first_fallback",
    "second_namer",
    "second_name",
    "second_fallback",
    "differ",
    "own_name",
    "first_chrf_to_own",
    "second_chrf_to_own",
)


@dataclass(frozen=True)
class Source:
    """A namer and its names.

    Attributes:
        namer: as :attr:`~journeys.journey.Names.namer`.
        prompts: id of its prompt set, '' where none is known.
        names: journey id -> names; journeys that it has not named are absent. A level of which a
            person said nothing is ''.
    """

    namer: str
    prompts: str
    names: Mapping[str, Names]

    @property
    def key(self) -> str:
        """Tells it from the others."""
        return f"{self.namer}\n{self.prompts}"


@dataclass(frozen=True)
class NamePair:
    """One journey's names at one level by two sources; '' where there is none.

    Attributes:
        own: what the person says; '' if nothing.
        first_fallback, second_fallback: what the model answered failed its checks, and another
            name stands in.
        first_agreement, second_agreement: likeness to ``own`` in [0, 1] (chrF); None without it.
    """

    journey: Journey
    first: str
    second: str
    own: str
    first_fallback: bool
    second_fallback: bool

    @property
    def differ(self) -> bool:
        """Both have a name, and the two do not say the same words."""
        return bool(self.first and self.second) and not same_words(self.first, self.second)

    @property
    def first_agreement(self) -> float | None:
        return chrf(self.first, self.own) if self.first and self.own else None

    @property
    def second_agreement(self) -> float | None:
        return chrf(self.second, self.own) if self.second and self.own else None


@dataclass(frozen=True)
class Tally:
    """A comparison in numbers.

    Attributes:
        journeys: how many there are.
        both: those that both sources have named; ``differ`` of them differ.
        own: those of which there are both names and the person's own; the mean agreements are over
            them, None where there are none.
    """

    journeys: int
    both: int
    differ: int
    first_fallbacks: int
    second_fallbacks: int
    own: int
    first_agreement: float | None
    second_agreement: float | None


def same_words(one: str, other: str) -> bool:
    """Whether two names say the same words, whatever their order, case and plural."""
    said, wanted = frozenset(content_words(one)), frozenset(content_words(other))
    if said or wanted:
        return said == wanted
    return one.split() == other.split()


def pair_names(
    journeys: Sequence[Journey],
    first: Source,
    second: Source,
    own: Mapping[str, OwnNames],
    level: int,
) -> list[NamePair]:
    """Each journey's names at a level (1 to 5) by two sources, in the order of the journeys."""
    pairs = []
    for journey in journeys:
        ours, theirs = first.names.get(journey.id), second.names.get(journey.id)
        pairs.append(
            NamePair(
                journey,
                ours.at(level) if ours else "",
                theirs.at(level) if theirs else "",
                own.get(journey.id, {}).get(level, ""),
                bool(ours and level in ours.fallback),
                bool(theirs and level in theirs.fallback),
            )
        )
    return pairs


def tally(pairs: Sequence[NamePair]) -> Tally:
    """The numbers of a comparison."""
    both = [pair for pair in pairs if pair.first and pair.second]
    own = [pair for pair in both if pair.own]
    return Tally(
        journeys=len(pairs),
        both=len(both),
        differ=sum(pair.differ for pair in pairs),
        first_fallbacks=sum(pair.first_fallback for pair in pairs),
        second_fallbacks=sum(pair.second_fallback for pair in pairs),
        own=len(own),
        first_agreement=_mean([chrf(pair.first, pair.own) for pair in own]),
        second_agreement=_mean([chrf(pair.second, pair.own) for pair in own]),
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def own_names(history: Sequence[tuple[Names, bool]]) -> dict[int, str]:
    """The levels at which a person gave a name of their own, from a journey's history.

    A naming by hand holds all five levels, of which the person changed one: that in which it
    differs from what counted before.

    Args:
        history: (names, chosen by a person) of each naming, oldest first, without alternatives.
    """
    own: dict[int, str] = {}
    counting: Names | None = None
    by_hand = False
    for names, chosen in history:
        hand = chosen or names.namer == PERSON_NAMER
        if by_hand and not hand:
            continue
        if names.namer == PERSON_NAMER and not chosen:
            for level in range(1, len(LEVELS) + 1):
                if counting is None or names.at(level) != counting.at(level):
                    own[level] = names.at(level)
        counting, by_hand = names, hand
    return own


def comparison_csv(
    journeys: Sequence[Journey],
    first: Source,
    second: Source,
    own: Mapping[str, OwnNames],
) -> str:
    """A comparison at every level as CSV, one row a journey and level, safe in a spreadsheet."""
    rows = [
        [
            pair.journey.id,
            pair.journey.rank,
            len(pair.journey),
            level,
            _named(first),
            pair.first,
            int(pair.first_fallback),
            _named(second),
            pair.second,
            int(pair.second_fallback),
            int(pair.differ),
            pair.own,
            _rounded(pair.first_agreement),
            _rounded(pair.second_agreement),
        ]
        for level in range(1, len(LEVELS) + 1)
        for pair in pair_names(journeys, first, second, own, level)
    ]
    rows.sort(key=lambda row: (row[1], row[3]))
    target = io.StringIO(newline="")
    write_csv(target, CSV_COLUMNS, rows)
    return target.getvalue()


def _named(source: Source) -> str:
    return f"{source.namer} ({source.prompts})" if source.prompts else source.namer


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
