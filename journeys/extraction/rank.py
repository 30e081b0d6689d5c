"""From clusters to journeys: which are kept, how they rank, and what stage they are in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import numpy as np

from journeys.extraction.base import Clusters, renumber
from journeys.extraction.graph import unit_rows
from journeys.journey import Kind, Stage, journey_id

_DAY = 86_400_000_000  # microseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: Weight of an event by its action. What people make or endorse says more of them than what
#: they happened to see; actions that are not named here weigh 1.
ACTION_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "create": 2.0,
        "purchase": 2.0,
        "message": 1.5,
        "rate": 1.5,
        "save": 1.5,
        "like": 1.5,
        "search": 1.25,
        "view": 1.0,
    }
)


@dataclass(frozen=True)
class JourneyRules:
    """What makes a cluster a journey, and how journeys are described.

    Attributes:
        min_user_events: people with fewer events have no journeys. The rule's name in notes is
            ``"min_user_events"``.
        min_journey_events: smaller clusters are unassigned.
        half_life_days: of an event's weight in recency.
        emerging_days: a journey that began within so many days of ``now`` is emerging.
        ongoing_days: one pursued within so many days is ongoing.
        ended_days: one not pursued for so many days has ended; between is dormant.
        evergreen_months: a journey active in at least so many calendar months ...
        evergreen_days: ... that span at least so many days is evergreen, others situational.
        similar: two journeys whose centroids' cosine is above this are near-duplicates.
        penalty: the score is multiplied by this for each near-duplicate that ranks higher.
        central, boundary: at most so many central and boundary positions are kept.
        action_weights: weight of an event by its action.
    """

    min_user_events: int = 10
    min_journey_events: int = 5
    half_life_days: float = 180.0
    emerging_days: float = 60.0
    ongoing_days: float = 90.0
    ended_days: float = 365.0
    evergreen_months: int = 3
    evergreen_days: float = 90.0
    similar: float = 0.8
    penalty: float = 0.95
    central: int = 12
    boundary: int = 5
    action_weights: Mapping[str, float] = field(default_factory=lambda: dict(ACTION_WEIGHTS))


@dataclass(frozen=True)
class DescribedCluster:
    """A kept cluster: everything of a :class:`~journeys.journey.Journey` but words.

    Attributes are those of ``Journey``; ``cluster`` is its number in the given clusters.
    """

    id: str
    user_id: str
    cluster: int
    rank: int
    score: float
    stage: Stage
    kind: Kind
    confidence: float
    members: np.ndarray
    central: tuple[int, ...]
    first_seen: datetime
    last_seen: datetime
    active_months: int
    boundary: tuple[int, ...] = ()
    family: int = 0


def describe_journeys(
    user_id: str,
    timeline_items: Sequence[str],
    times: np.ndarray,
    actions: Sequence[str],
    vectors: np.ndarray,
    clusters: Clusters,
    *,
    now: int,
    rules: JourneyRules | None = None,
    mean: np.ndarray | None = None,
) -> list[DescribedCluster]:
    """The journeys of one user, strongest first.

    A cluster is kept if it has ``min_journey_events`` events and its user ``min_user_events``;
    the events of other clusters are unassigned. With event weights w (by action), for journey j:

    * frequency ``f = log(1 + W_j) / log(1 + max W)``, W the sum of weights over its events;
    * recency ``r = 2 ** (-age / half_life)``, age the time from its last event to ``now``;
    * breadth ``b = months_j / max months``, months the calendar months (UTC) with an event;
    * endorsement ``e``: the mean weight of its events over the largest action weight.

    ``score = (.4 f + .25 r + .25 b + .1 e) * penalty ** occurrence``, where occurrence is the
    number of higher-ranked journeys with a centroid cosine above ``similar`` (Pinterest's
    diversification, reported penalty .95); ranks are given greedily by the penalised score.

    * Stage, with age as above: ongoing up to ``ongoing_days``, of those emerging if the first
      event is within ``emerging_days`` of ``now``; dormant up to ``ended_days``; then ended.
    * Kind: evergreen with ``evergreen_months`` active months over ``evergreen_days``.
    * Confidence: the mean membership of its events.
    * Central: the medoid (greatest mean cosine to the members, which is the greatest cosine to
      their mean) first, then by cosine to the mean; of equal items the first.
    * Family: broad groups, as many as the square root of the number of journeys, by average
      link on the cosines of their centroids; numbered by their strongest journey.
    * Boundary: the members with the least membership, least first, of equal items the first.

    Args:
        timeline_items: shape ``(n,)``, item ids in order of time.
        times: shape ``(n,)``, int64 microseconds since 1970-01-01 UTC.
        actions: shape ``(n,)``.
        vectors: shape ``(n, d)``, unit rows.
        clusters: of the same n events.
        now: the log's last time, microseconds since 1970-01-01 UTC.
        mean: subtracted before cosines are taken; None for none.
    """
    rules = rules or JourneyRules()
    if len(times) < rules.min_user_events:
        return []
    sizes = np.bincount(clusters.labels[clusters.labels >= 0], minlength=len(clusters))
    kept = [int(c) for c in np.flatnonzero(sizes >= rules.min_journey_events)]
    if not kept:
        return []
    members = [np.flatnonzero(clusters.labels == c) for c in kept]
    rows = np.asarray(vectors, dtype=np.float32)
    rows = rows if mean is None else rows - mean.astype(np.float32)
    rows = unit_rows(rows)
    centroids = unit_rows(np.stack([rows[part].mean(axis=0) for part in members]))
    event_weights = np.array([rules.action_weights.get(a, 1.0) for a in actions])
    months = [_months(times[part]) for part in members]
    base = _strength(members, times, months, event_weights, now, rules)
    order, scores = _diversified(base, centroids @ centroids.T, rules)
    families = renumber(_families(centroids)[order])
    journeys = []
    for rank, at in enumerate(order, start=1):
        part = members[at]
        first, last = int(times[part].min()), int(times[part].max())
        journeys.append(
            DescribedCluster(
                id=journey_id(
                    user_id, [timeline_items[i] for i in part.tolist()], times[part].tolist()
                ),
                user_id=user_id,
                cluster=kept[at],
                rank=rank,
                score=float(scores[at]),
                stage=_stage(first, last, now, rules),
                kind=_kind(first, last, months[at], rules),
                confidence=float(clusters.membership[part].mean()),
                members=part,
                central=_central(rows, part, centroids[at], timeline_items, rules.central),
                first_seen=_EPOCH + timedelta(microseconds=first),
                last_seen=_EPOCH + timedelta(microseconds=last),
                active_months=months[at],
                family=int(families[rank - 1]),
                boundary=_each_item_once(
                    part[np.argsort(clusters.membership[part], kind="stable")],
                    timeline_items,
                    rules.boundary,
                ),
            )
        )
    return journeys


def _families(centroids: np.ndarray) -> np.ndarray:
    """Broad groups of journeys, as many as the square root of their number; shape ``(k,)``.

    Average link on the cosines of the centroids, the same tree at every number of groups.
    """
    count = len(centroids)
    if count < 2:
        return np.zeros(count, dtype=np.int64)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    distance = np.clip(1.0 - (centroids @ centroids.T).astype(np.float64), 0.0, 2.0)
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance, checks=False), "average")
    return np.asarray(fcluster(tree, round(np.sqrt(count)), "maxclust"), dtype=np.int64)


def _months(times: np.ndarray) -> int:
    """Number of calendar months (UTC) with an event."""
    return len(np.unique(times.astype("datetime64[us]").astype("datetime64[M]")))


def _strength(
    members: Sequence[np.ndarray],
    times: np.ndarray,
    months: Sequence[int],
    weights: np.ndarray,
    now: int,
    rules: JourneyRules,
) -> np.ndarray:
    """The score before diversification, shape ``(journeys,)``, in [0, 1]."""
    total = np.array([weights[part].sum() for part in members])
    age = np.array([max(0, now - int(times[part].max())) / _DAY for part in members])
    frequency = np.log1p(total) / np.log1p(total.max())
    recency = 2.0 ** (-age / rules.half_life_days)
    breadth = np.array(months) / max(months)
    top = max(1.0, *rules.action_weights.values())
    endorsed = np.array([weights[part].mean() for part in members]) / top
    return np.asarray(0.4 * frequency + 0.25 * recency + 0.25 * breadth + 0.1 * endorsed)


def _diversified(
    base: np.ndarray, similarity: np.ndarray, rules: JourneyRules
) -> tuple[list[int], np.ndarray]:
    """Ranking by penalised score, and those scores by journey."""
    near = similarity > rules.similar
    occurrence = np.zeros(len(base))
    waiting = list(range(len(base)))
    order, scores = [], np.zeros(len(base))
    while waiting:
        penalised = base[waiting] * rules.penalty ** occurrence[waiting]
        best = waiting.pop(int(penalised.argmax()))
        scores[best] = base[best] * rules.penalty ** occurrence[best]
        order.append(best)
        occurrence += near[best]
    return order, scores


def _stage(first: int, last: int, now: int, rules: JourneyRules) -> Stage:
    age = (now - last) / _DAY
    if age > rules.ended_days:
        return "ended"
    if age > rules.ongoing_days:
        return "dormant"
    return "emerging" if (now - first) / _DAY <= rules.emerging_days else "ongoing"


def _kind(first: int, last: int, months: int, rules: JourneyRules) -> Kind:
    long = (last - first) / _DAY >= rules.evergreen_days
    return "evergreen" if long and months >= rules.evergreen_months else "situational"


def _central(
    rows: np.ndarray, part: np.ndarray, centroid: np.ndarray, items: Sequence[str], most: int
) -> tuple[int, ...]:
    """Positions by cosine to the centroid, medoid first, each item once."""
    by_cosine = part[np.argsort(-(rows[part] @ centroid), kind="stable")]
    return _each_item_once(by_cosine, items, most)


def _each_item_once(positions: np.ndarray, items: Sequence[str], most: int) -> tuple[int, ...]:
    """The first positions of the first ``most`` items."""
    first: dict[str, int] = {}
    for position in positions.tolist():
        if len(first) == most:
            break
        first.setdefault(items[position], position)
    return tuple(first.values())
