"""The mixing protocol: agreement against the number of collections mixed and the noise rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeys.errors import ConfigError
from journeys.evaluation.intervals import Interval, macro_mean_known
from journeys.evaluation.labelled import Truth
from journeys.evaluation.mixing import RULES, MixRules, collections_of, constructed_log, mix
from journeys.evaluation.protocol import Evaluation
from journeys.timeline import ActivityLog

#: What the paper mixes, and the noise this project adds.
MIXED = (2, 3, 4, 5, 6)
NOISE = (0.0, 0.1, 0.2, 0.3)


@dataclass(frozen=True, order=True)
class Cell:
    """One point of the protocol."""

    mixed: int
    noise: float


@dataclass(frozen=True)
class Mixed:
    """Constructed users for every point of the protocol, as one log.

    Attributes:
        draw_of: user id -> its point and the number of its draw.
    """

    log: ActivityLog
    truth: Truth
    draw_of: Mapping[str, tuple[Cell, int]]
    collections: int


def construct(
    log: ActivityLog,
    truth: Truth,
    *,
    mixed: Sequence[int] = MIXED,
    noise: Sequence[float] = NOISE,
    draws: int = 20,
    seed: int = 0,
    rules: MixRules = RULES,
) -> Mixed:
    """Construct ``draws`` users for each number of collections and each noise rate.

    A draw has the same collections and events at every noise rate.

    Raises:
        ConfigError: a number is out of range, or labels overlap.
        InputError: the log has too few collections.
    """
    if min(mixed) < 2:
        raise ConfigError(f"at least 2 collections must be mixed, not {min(mixed)}")
    if min(noise) < 0:
        raise ConfigError(f"a noise rate must be at least 0, not {min(noise)}")
    if draws < 1:
        raise ConfigError(f"there must be at least 1 draw, not {draws}")
    collections = collections_of(log, truth, least=rules.least)
    mixtures, draw_of = [], {}
    for count in sorted(set(mixed)):
        for rate in sorted(set(noise)):
            for draw in range(draws):
                user = f"mixed-{count}-noise-{rate:g}-draw-{draw:04d}"
                draw_of[user] = (Cell(count, rate), draw)
                mixtures.append(
                    mix(
                        log,
                        collections,
                        user,
                        mixed=count,
                        noise=rate,
                        seed=(seed, count, draw),
                        rules=rules,
                    )
                )
    made, its_truth = constructed_log(log, mixtures)
    return Mixed(made, its_truth, draw_of, len(collections))


@dataclass(frozen=True)
class Curves:
    """Figures by point, and along each axis over all values of the other."""

    cells: Mapping[Cell, Mapping[str, Interval]]
    by_mixed: Mapping[int, Mapping[str, Interval]]
    by_noise: Mapping[float, Mapping[str, Interval]]


def curves(evaluation: Evaluation, draw_of: Mapping[str, tuple[Cell, int]]) -> Curves:
    """Means over draws with 95% bootstrap intervals over draws.

    A draw at several noise rates is one draw: it is averaged over them before the interval.
    """
    rows = [
        (*draw_of[user], row)
        for user, row in zip(evaluation.users, evaluation.by_user(), strict=True)
    ]
    cells = sorted({cell for cell, _, _ in rows})
    by_mixed = {}
    for count in sorted({cell.mixed for cell in cells}):
        draws: dict[int, list[Mapping[str, float]]] = {}
        for cell, draw, row in rows:
            if cell.mixed == count:
                draws.setdefault(draw, []).append(row)
        by_mixed[count] = _means([_average(same) for same in draws.values()])
    return Curves(
        {cell: _means([row for at, _, row in rows if at == cell]) for cell in cells},
        by_mixed,
        {
            rate: _means([row for at, _, row in rows if at.noise == rate])
            for rate in sorted({cell.noise for cell in cells})
        },
    )


def _average(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Mean of each figure over the rows that have it."""
    return {name: macro_mean_known([row[name] for row in rows], draws=1).mean for name in rows[0]}


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, Interval]:
    return {name: macro_mean_known([row[name] for row in rows]) for name in rows[0]}
