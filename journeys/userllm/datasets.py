"""From a log, or from ML-100k's ratings, to what the encoder reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from journeys.errors import InputError
from journeys.ranking.impressions import Impressions
from journeys.timeline import Timeline
from journeys.userllm.sequences import (
    ITEM,
    Catalogue,
    EncoderData,
    Vocabulary,
    shuffled_ties,
)

#: Texts to unit vectors ``(n, c)``; see :func:`journeys.embedding.embed_missing` for a cached one.
Embed = Callable[[Sequence[str]], np.ndarray]

#: Columns of a log that may say of what kind an event is, the first that says anything.
CATEGORY_COLUMNS = ("category", "genre", "source")
RATING_COLUMNS = ("rating", "stars", "score")

#: Items beyond this number, the rarest, are known by their content only.
MOST_ITEMS = 50_000
#: Likewise for the values of any other feature.
MOST_VALUES = 500


def of_impressions(log: Impressions, embed: Embed | None = None, *, seed: int = 0) -> EncoderData:
    """Ratings, such as ML-100k's, as timelines.

    An item's category is the rarest of its tags, which tells most; its content is its title with
    all its tags. A rating is an action by itself, so the feature ``action`` has one value.

    Args:
        log: the ratings.
        embed: makes the content vectors; None for no content.
        seed: of the order of events of one instant.
    """
    order = shuffled_ties(log.user, log.time, seed)
    counts = np.bincount(log.user, minlength=log.n_users)
    rarity = np.where(log.item_tags, log.item_tags.sum(0), len(log) + 1)
    category = np.where(log.item_tags.any(1), rarity.argmin(1) + 1, 0)
    contents = np.zeros((log.n_items + 1, 0), dtype=np.float32)
    if embed is not None:
        texts = [
            f"{title}. {', '.join(np.array(log.tag_names)[held])}"
            for title, held in zip(log.item_titles, log.item_tags, strict=True)
        ]
        contents = _with_none(embed(texts))
    items = log.item[order] + 1
    vocabulary = Vocabulary(
        {
            ITEM: tuple(str(at) for at in range(log.n_items)),
            "category": log.tag_names,
            "action": ("rate",),
            "rating": tuple(str(grade + 1) for grade in range(log.n_grades)),
        }
    )
    category = np.concatenate([[0], category]).astype(np.int64)
    ids = {
        ITEM: items,
        "category": category[items],
        "action": np.ones(len(items), dtype=np.int64),
        "rating": log.grade[order] + 1,
    }
    return EncoderData(
        users=log.user_names,
        starts=np.concatenate([[0], np.cumsum(counts)]),
        ids=ids,
        times=log.time[order] / 1e6,
        content_row=items,
        contents=contents,
        vocabulary=vocabulary,
        catalogue=Catalogue(("", *log.item_titles), contents, category),
    )


def of_timelines(
    timelines: Iterable[Timeline],
    embed: Embed | None = None,
    *,
    vocabulary: Vocabulary | None = None,
    seed: int = 0,
) -> EncoderData:
    """A log's timelines; whatever feature a log does not have is left out.

    Args:
        timelines: of a log in memory (``log.timelines()``) or in the store.
        embed: makes the content vectors of ``title. text``; None for no content.
        vocabulary: of a trained encoder, so that ids mean the same; None makes one of these
            events. Values it does not have become 0, the unknown.
        seed: of the order of events of one instant.

    Raises:
        InputError: there is no event.
    """
    people = [each for each in timelines if len(each)]
    if not people:
        raise InputError("The log holds no event, so there is nothing to learn from.")
    texts = [text for each in people for text in each.texts()]
    columns = _columns(people)
    titles = [title for each in people for title in each.titles]
    times = np.concatenate([each.times for each in people])
    counts = np.array([len(each) for each in people])
    order = shuffled_ties(np.repeat(np.arange(len(people)), counts), times, seed)
    if vocabulary is None:
        vocabulary = Vocabulary(
            {
                name: _most_frequent(values, MOST_ITEMS if name == ITEM else MOST_VALUES)
                for name, values in columns.items()
            }
        )
    ids = {
        name: vocabulary.ids(name, columns[name])
        if name in columns
        else np.zeros(len(times), dtype=np.int64)
        for name in vocabulary.values
    }
    unique = {text: at + 1 for at, text in enumerate(dict.fromkeys(texts))}
    contents = _with_none(embed(list(unique))) if embed else np.zeros((len(unique) + 1, 0), "f4")
    rows = np.array([unique[text] for text in texts], dtype=np.int64)
    return EncoderData(
        users=tuple(each.user_id for each in people),
        starts=np.concatenate([[0], np.cumsum(counts)]),
        ids={name: each[order] for name, each in ids.items()},
        times=times[order] / 1e6,
        content_row=rows[order],
        contents=contents,
        vocabulary=vocabulary,
        catalogue=_catalogue(vocabulary, ids, titles, contents, rows),
    )


def _columns(people: Sequence[Timeline]) -> dict[str, list[str]]:
    """The features that the log has, as strings, in the order of the events."""
    named: Mapping[str, tuple[str, ...]] = {
        ITEM: ("item_id",),
        "category": CATEGORY_COLUMNS,
        "action": ("action",),
        "rating": RATING_COLUMNS,
    }
    found = {}
    for feature, names in named.items():
        for name in names:
            if not all(name in each.frame.columns for each in people):
                continue
            values = [str(v) for each in people for v in each.frame[name].fillna("").tolist()]
            if any(values):
                found[feature] = values
                break
    return found


def _most_frequent(values: Sequence[str], most: int) -> tuple[str, ...]:
    """Values by falling frequency, ties by the value itself; '' says nothing and is left out."""
    known, counts = np.unique(np.array(values, dtype=object), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return tuple(known[at] for at in order if known[at])[:most]


def _catalogue(
    vocabulary: Vocabulary,
    ids: Mapping[str, np.ndarray],
    titles: Sequence[str],
    contents: np.ndarray,
    rows: np.ndarray,
) -> Catalogue:
    """Each item as its newest event shows it."""
    newest = np.full(vocabulary.size(ITEM), -1, dtype=np.int64)
    newest[ids[ITEM]] = np.arange(len(rows))  # The last write stands.
    newest[0] = -1
    known = newest >= 0
    content = np.where(known[:, None], contents[rows[newest]], 0).astype(np.float32)
    category = np.where(known, ids["category"][newest], 0) if "category" in ids else newest * 0
    names = tuple(titles[at] if at >= 0 else "" for at in newest.tolist())
    return Catalogue(names, content, category.astype(np.int64))


def _with_none(vectors: np.ndarray) -> np.ndarray:
    """A row of zeros before the others."""
    return np.concatenate([np.zeros((1, vectors.shape[1])), vectors]).astype(np.float32)
