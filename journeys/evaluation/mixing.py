"""Constructed users: collections mixed together, to be taken apart again.

The protocol of the interest-journeys paper, which mixed the items of playlists that people had
made and asked how much of each comes back in one journey. Here a *collection* is a true group of a
labelled log, pooled over its users. A constructed user is nobody: its events are real, their
being together is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from journeys.errors import ConfigError, InputError
from journeys.evaluation.labelled import Truth
from journeys.timeline import ActivityLog

#: Column of a constructed log that holds the collection of each event, '' for noise.
COLLECTION = "collection"

#: Noise from any one collection stays below the size of a group, or it would be one.
NOISE_PER_COLLECTION = 2


@dataclass(frozen=True)
class MixRules:
    """How a constructed user is drawn. The defaults follow reddit_mix_dev.

    Attributes:
        least, most: events taken from a collection.
        typical: median of that number, which is log-normal with :attr:`spread`, kept in bounds.
        spread: standard deviation of its logarithm.
        bursts: share of collections of which a contiguous run in their own order of time is
            taken, as of somebody who had the interest then; of the others, any events.
        shuffle_times: times are drawn uniformly over the user's span, so that neither their order
            nor their density says anything; else events keep the times they really had.
    """

    least: int = 8
    most: int = 60
    typical: float = 17.0
    spread: float = 0.55
    bursts: float = 0.6
    shuffle_times: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.typical <= self.most:
            raise ConfigError("sizes must rise: 1 <= least <= typical <= most")
        if not 0 <= self.bursts <= 1:
            raise ConfigError(f"bursts is a share from 0 to 1, not {self.bursts}")


@dataclass(frozen=True)
class Collection:
    """A true group of a log, pooled over users.

    Attributes:
        rows: rows of the log's frame, each item once, in order of time; int64.
    """

    name: str
    rows: np.ndarray


@dataclass(frozen=True)
class Mixture:
    """A constructed user.

    Attributes:
        rows: shape ``(n,)``, rows of the log that the events are from.
        times: shape ``(n,)``, int64 microseconds since 1970-01-01 UTC.
        names: shape ``(n,)``, the collection of each event, '' for noise.
    """

    user_id: str
    rows: np.ndarray
    times: np.ndarray
    names: np.ndarray


#: The default rules; one value, as the dataclass is frozen.
RULES = MixRules()


def collections_of(log: ActivityLog, truth: Truth, *, least: int) -> tuple[Collection, ...]:
    """The groups of a log with at least ``least`` different items, by name.

    Raises:
        ConfigError: labels overlap, so that an event would be of several collections.
    """
    if truth.overlapping:
        raise ConfigError("Mixing needs a truth with one group an event; leave out --separator.")
    times = log.frame["timestamp"].astype("int64").to_numpy()
    items = log.frame["item_id"].to_numpy(dtype=object)
    members: dict[str, dict[str, int]] = {}
    for row in np.argsort(times, kind="stable").tolist():
        name = truth.labels[row]
        if name:
            members.setdefault(name, {}).setdefault(items[row], row)
    return tuple(
        Collection(name, np.array(list(members[name].values()), dtype=np.int64))
        for name in sorted(members)
        if len(members[name]) >= least
    )


def mix(
    log: ActivityLog,
    collections: Sequence[Collection],
    user_id: str,
    *,
    mixed: int,
    noise: float,
    seed: Sequence[int],
    rules: MixRules = RULES,
) -> Mixture:
    """One constructed user.

    Args:
        mixed: number of collections.
        noise: noise events per event of a collection; they come from other collections, at most
            :data:`NOISE_PER_COLLECTION` from each, so a log of few collections gives fewer.
        seed: which draw. The same seed gives the same collections and events whatever the noise,
            so that a curve against noise compares like with like.

    Raises:
        InputError: there are not that many collections.
    """
    if mixed > len(collections):
        raise InputError(
            f"{mixed} collections cannot be mixed: the log has {len(collections)} with at least "
            f"{rules.least} different items."
        )
    rng = np.random.default_rng(list(seed))
    order = rng.permutation(len(collections))
    chosen, others = order[:mixed].tolist(), order[mixed:].tolist()
    parts, names = [], []
    for at in chosen:
        part = _take(collections[at].rows, rng, rules)
        parts.append(part)
        names += [collections[at].name] * len(part)
    noisy = np.random.default_rng([*seed, 1])
    pool = [noisy.permutation(collections[at].rows)[:NOISE_PER_COLLECTION] for at in sorted(others)]
    spare = noisy.permutation(np.concatenate(pool)) if pool else np.zeros(0, dtype=np.int64)
    # An item may be in several collections; nobody is given it twice.
    items = log.frame["item_id"].to_numpy(dtype=object)
    taken = set(items[np.concatenate(parts)])
    spare = np.array([row for row in spare.tolist() if items[row] not in taken], dtype=np.int64)
    spare = spare[: round(noise * len(names))]
    rows = np.concatenate([*parts, spare])
    labels = np.array([*names, *[""] * len(spare)], dtype=object)
    times = log.frame["timestamp"].astype("int64").to_numpy()[rows]
    if rules.shuffle_times:
        times = noisy.integers(times.min(), times.max() + 1, size=len(rows))
    by_time = np.argsort(times, kind="stable")
    return Mixture(user_id, rows[by_time], times[by_time], labels[by_time])


def constructed_log(log: ActivityLog, mixtures: Sequence[Mixture]) -> tuple[ActivityLog, Truth]:
    """Constructed users as a log of their own, with its truth."""
    import pandas as pd

    frame = log.frame.iloc[np.concatenate([mixture.rows for mixture in mixtures])].copy()
    frame["user_id"] = np.repeat([m.user_id for m in mixtures], [len(m.rows) for m in mixtures])
    times = np.concatenate([mixture.times for mixture in mixtures])
    frame["timestamp"] = pd.to_datetime(times, unit="us", utc=True)
    frame[COLLECTION] = np.concatenate([mixture.names for mixture in mixtures])
    made = ActivityLog(frame)
    return made, Truth.of(made.frame[COLLECTION].astype(str).tolist())


def disjoint_halves(groups: Iterable[str], seed: int = 0) -> tuple[frozenset[str], frozenset[str]]:
    """Names of groups cut at random into two halves; '' is in neither."""
    names = np.array(sorted({name for name in groups if name}), dtype=object)
    order = np.random.default_rng(seed).permutation(len(names))
    half = len(names) // 2
    return frozenset(names[order[:half]].tolist()), frozenset(names[order[half:]].tolist())


def remix_halves(
    log: ActivityLog,
    truth: Truth,
    *,
    users: int = 75,
    mixed: tuple[int, int] = (3, 8),
    noise: tuple[float, float] = (0.0, 0.3),
    seed: int = 0,
    rules: MixRules = RULES,
) -> tuple[tuple[ActivityLog, Truth], tuple[ActivityLog, Truth]]:
    """Two logs of constructed users whose collections, noise included, are disjoint.

    Choose settings on one and report on the other: nothing about a subject can be learnt from the
    first that helps with the second. Deterministic by ``seed``.

    Args:
        users: constructed in each half.
        mixed: least and most collections of a user, each number as likely.
        noise: least and most noise events per event of a collection, uniform.
    """
    everything = collections_of(log, truth, least=rules.least)
    made = []
    for half, names in enumerate(disjoint_halves((c.name for c in everything), seed)):
        own = [collection for collection in everything if collection.name in names]
        rng = np.random.default_rng([seed, half])
        mixtures = [
            mix(
                log,
                own,
                f"{'ab'[half]}{at:03d}",
                mixed=int(rng.integers(mixed[0], mixed[1] + 1)),
                noise=float(rng.uniform(*noise)),
                seed=(seed, half, at),
                rules=rules,
            )
            for at in range(users)
        ]
        made.append(constructed_log(log, mixtures))
    return made[0], made[1]


def _take(rows: np.ndarray, rng: np.random.Generator, rules: MixRules) -> np.ndarray:
    """Some of a collection: a run of it, or any."""
    drawn = round(rules.typical * float(np.exp(rules.spread * rng.standard_normal())))
    size = min(max(drawn, rules.least), rules.most, len(rows))
    if rng.random() < rules.bursts:
        start = int(rng.integers(0, len(rows) - size + 1))
        return rows[start : start + size]
    return rng.choice(rows, size=size, replace=False)
