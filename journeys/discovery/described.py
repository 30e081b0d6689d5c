"""From a described cluster to a journey: its id, and words until a namer answers."""

from __future__ import annotations

from collections.abc import Sequence

from journeys.extraction.rank import DescribedCluster
from journeys.journey import Journey, Names
from journeys.naming import Evidence, KeyphraseNamer


def as_journey(
    described: DescribedCluster,
    journey_id: str,
    words: tuple[str, ...],
    names: Names,
    *,
    family: int | None = None,
    stability: float | None = None,
) -> Journey:
    """The journey that a cluster is.

    Args:
        words: its keyphrases, strongest first.
        family: in place of the one that was found, if given.
        stability: see :class:`~journeys.journey.Journey`.
    """
    return Journey(
        id=journey_id,
        user_id=described.user_id,
        rank=described.rank,
        score=described.score,
        stage=described.stage,
        kind=described.kind,
        confidence=described.confidence,
        members=described.members,
        central=described.central,
        first_seen=described.first_seen,
        last_seen=described.last_seen,
        active_months=described.active_months,
        keyphrases=words,
        names=names,
        boundary=described.boundary,
        stability=stability,
        family=described.family if family is None else family,
    )


def keyphrase_names(
    titles: Sequence[str], described: DescribedCluster, words: tuple[str, ...]
) -> Names:
    """Provisional names made of a cluster's keyphrases and its most central titles.

    Args:
        titles: of the whole timeline.
    """
    central = tuple(dict.fromkeys(titles[at] for at in described.central))
    return KeyphraseNamer().name(Evidence(titles=central, keyphrases=words)).names
