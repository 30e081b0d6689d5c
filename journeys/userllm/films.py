"""ML-100k's questions: which film comes next, and which genre does somebody favour."""

from __future__ import annotations

import numpy as np

from journeys.ranking.impressions import Impressions
from journeys.userllm.questions import (
    FAVOURITE,
    NEXT_ITEM,
    Person,
    Question,
    Wording,
    one_line,
)
from journeys.userllm.sequences import ITEM, EncoderData
from journeys.userllm.tasks import Questions

NEXT_TEXT = "Question: Which film does this person rate next?\nAnswer:"
GENRE_TEXT = "Question: Which genre of film does this person like more than others do?\nAnswer:"

#: Candidates of the next film, the true one included.
CANDIDATES = 20

#: No genre, though the data lists it as one.
_UNKNOWN = "unknown"


def film_wording(data: EncoderData) -> Wording:
    """``title | stars``, the terse line that every text prompt is made of."""
    items, ratings = data.ids[ITEM], data.ids["rating"]
    titles = [one_line(title) for title in data.catalogue.titles]
    return Wording(
        "Films that a person rated (title | stars), oldest first:",
        lambda event: f"{titles[items[event]]} | {ratings[event]}",
    )


def film_people(
    log: Impressions,
    data: EncoderData,
    asked: Questions,
    train: np.ndarray,
    *,
    seed: int = 0,
    candidates: int = CANDIDATES,
) -> list[Person]:
    """Everybody whose next film is asked for and who liked anything so far.

    The next film stands among films that its user rates nowhere in the data, each of the catalogue
    as likely as the next and none with a title that is there already. The favourite genre is that
    of which somebody *likes* (four stars or more) most beyond what everybody likes, over **all of
    their history before the cut**, whatever part of it a route is shown. So counting over the whole
    history is right by construction, and a route that sees ten films must guess.

    Args:
        log: as read; ``data`` must be :func:`~journeys.userllm.datasets.of_impressions` of it.
        asked: the cuts.
        train: shape ``(n,)``, bool: events that say what everybody likes.
        seed: of the candidates.
    """
    tags = np.concatenate([np.zeros((1, len(log.tag_names)), dtype=bool), log.item_tags])
    items, liked = data.ids[ITEM], data.ids["rating"] > log.liked_from
    share = liked_share(tags, items[train & liked])
    genres = tuple(name for name in log.tag_names if name != _UNKNOWN)
    known = [at for at, name in enumerate(log.tag_names) if name != _UNKNOWN]
    titles = [one_line(title) for title in data.catalogue.titles]
    people = []
    for user, cut, target in zip(
        asked.user.tolist(), asked.known.tolist(), asked.target.tolist(), strict=True
    ):
        start = int(data.starts[user])
        own = items[start:cut][liked[start:cut]]
        if not len(own):
            continue
        beyond = beyond_share(tags[own].sum(0), len(own), share)[known]
        right = int(beyond.argmax())
        genre = Question(
            FAVOURITE, GENRE_TEXT, genres, tuple(at == right for at in range(len(genres)))
        )
        rng = np.random.default_rng([seed, user])
        seen = {titles[item] for item in items[start : int(data.starts[user + 1])]}
        others: dict[str, int] = {}
        for item in (1 + rng.permutation(len(titles) - 1)).tolist():
            if titles[item] not in seen:
                others.setdefault(titles[item], item)
        wrong = list(others.values())[: candidates - 1]
        place = int(rng.integers(candidates))
        shown = [*wrong[:place], int(items[target]), *wrong[place:]]
        film = Question(
            NEXT_ITEM,
            NEXT_TEXT,
            tuple(titles[item] for item in shown),
            tuple(at == place for at in range(len(shown))),
            tuple(shown),
        )
        people.append(Person(data.users[user], user, start, cut, (film, genre)))
    return people


def liked_share(tags: np.ndarray, liked: np.ndarray) -> np.ndarray:
    """Share of liked events that have each tag, shape ``(n_tags,)``."""
    found: np.ndarray = tags[liked].mean(0)
    return found


def beyond_share(counts: np.ndarray, total: int, share: np.ndarray) -> np.ndarray:
    """How many standard deviations counts lie beyond what the shares let expect.

    One event is added to the variance, so that a single film of a rare genre is no favourite.
    """
    found: np.ndarray = (counts - total * share) / np.sqrt(total * share * (1 - share) + 1)
    return found
