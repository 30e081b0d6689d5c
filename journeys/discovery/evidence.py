"""What a namer gets to see of a journey: redacted titles, and vectors to choose names by."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from journeys.discovery.sendable import sendable, sendable_phrases
from journeys.discovery.storage import RunStorage
from journeys.embedding import Embedder, VectorCache, vectors_of
from journeys.extraction.rank import ACTION_WEIGHTS
from journeys.journey import Journey, UserJourneys
from journeys.naming import Evidence
from journeys.naming.space import Embed, Space
from journeys.timeline import Timeline

#: Titles of a journey that a namer may see.
CENTRAL_TITLES, RECENT_TITLES, SIBLINGS, SIBLING_TITLES = 12, 8, 6, 3
#: Items of a journey that names are compared with; more tell no more, and many journeys wait.
SPACE_ITEMS = 48

#: From one person's journeys to the evidence of some of them.
Gather = Callable[[Timeline, UserJourneys, Sequence[Journey]], list[Evidence]]


def gather_titles(
    timeline: Timeline, found: UserJourneys, journeys: Sequence[Journey]
) -> list[Evidence]:
    """Evidence without vectors."""
    return [build_evidence(timeline, found, journey) for journey in journeys]


def gather_with(storage: RunStorage, embedder: Embedder, vectors: VectorCache) -> Gather:
    """What gathers evidence with the vectors that a run was clustered by."""

    def gather(
        timeline: Timeline, found: UserJourneys, journeys: Sequence[Journey]
    ) -> list[Evidence]:
        keys = storage.text_keys(timeline)
        rows = vectors_of(timeline.texts(), keys, embedder, vectors)
        return [
            build_evidence(timeline, found, journey, rows, embedder.embed) for journey in journeys
        ]

    return gather


def build_evidence(
    timeline: Timeline,
    found: UserJourneys,
    journey: Journey,
    vectors: np.ndarray | None = None,
    embed: Embed | None = None,
) -> Evidence:
    """What a namer gets to see of a journey, redacted.

    Central titles first, each once; siblings are the user's other journeys, so that names differ:
    those of the same family first, as they are the likeliest to be mistaken for it.

    Args:
        vectors: of the timeline's events, shape ``(events, d)``, unit rows; with ``embed``, a
            namer can choose between names by them.
    """
    titles = timeline.titles
    actions = timeline.frame["action"].tolist()
    members = journey.members.tolist()
    outputs = [at for at in reversed(members) if ACTION_WEIGHTS.get(actions[at], 1.0) >= 1.5]
    others = [other for other in found.journeys if other.id != journey.id]
    siblings = sorted(others, key=lambda other: other.family != journey.family)[:SIBLINGS]
    return Evidence(
        titles=_texts(titles, journey.central, CENTRAL_TITLES),
        recent=_texts(titles, members[::-1], RECENT_TITLES),
        keyphrases=sendable_phrases(journey.keyphrases, [titles[at] for at in members]),
        siblings=tuple(_texts(titles, other.central, SIBLING_TITLES) for other in siblings),
        outputs=_texts(titles, outputs, RECENT_TITLES),
        first_seen=journey.first_seen,
        last_seen=journey.last_seen,
        events=len(journey),
        items=_items(
            titles,
            timeline.frame["item_id"].tolist(),
            # More than is shown, since titles may repeat; never all of a long journey.
            members[: -3 * RECENT_TITLES : -1],
            outputs[: 3 * RECENT_TITLES],
            journey.central,
        ),
        taken=tuple(other.names.levels for other in others if not other.names.provisional),
        space=_space(vectors, members, embed),
        person=timeline.user_id,
    )


def _items(titles: Sequence[str], ids: Sequence[str], *positions: Sequence[int]) -> dict[str, str]:
    """Title, as a namer sees it -> id of an item that has it."""
    return {sendable(titles[at]): ids[at] for part in positions for at in part}


def _space(vectors: np.ndarray | None, members: Sequence[int], embed: Embed | None) -> Space | None:
    if vectors is None or embed is None:
        return None
    step = max(1, len(members) // SPACE_ITEMS)
    return Space(np.asarray(vectors[members[::step]], dtype=np.float16), embed)


def _texts(titles: Sequence[str], positions: Sequence[int], most: int) -> tuple[str, ...]:
    chosen: dict[str, None] = {}
    for at in positions:
        if len(chosen) == most:
            break
        chosen.setdefault(sendable(titles[at]), None)
    return tuple(chosen)
