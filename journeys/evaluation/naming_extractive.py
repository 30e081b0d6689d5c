"""Names taken from the titles as they are: class-based TF-IDF, and phrases near the centre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from journeys.embedding import Embedder
from journeys.evaluation.naming_groups import Key
from journeys.words import STOP_WORDS, fold, words

#: Words of a c-TF-IDF name, as BERTopic's default labels have.
TERMS = 4


def class_terms(titles: Mapping[Key, Sequence[str]], terms: int = TERMS) -> dict[Key, str]:
    """Each group's strongest words by c-TF-IDF over all groups, joined by commas.

    ``tf * log(1 + A / f)`` with tf of a word in a group (as a share), f over all groups and A the
    mean number of words of a group (Grootendorst 2022, arXiv 2203.05794, section 3.3).
    """
    from sklearn.feature_extraction.text import CountVectorizer

    # Split as the stop words are, so that "don't" is one of them.
    telling = STOP_WORDS.union(fold(word) for word in STOP_WORDS)
    vectorizer = CountVectorizer(
        tokenizer=lambda text: [
            word for word in map(str.lower, words(text)) if word not in telling and len(word) > 1
        ],
        lowercase=False,
        token_pattern=None,
    )
    counts = vectorizer.fit_transform(" ".join(own) for own in titles.values())
    known = vectorizer.get_feature_names_out()
    overall = np.asarray(counts.sum(axis=0)).ravel()
    weight = np.log1p(counts.sum() / counts.shape[0] / overall)
    found = {}
    for at, key in enumerate(titles):
        row = counts[at].toarray().ravel()
        strength = row / max(1, row.sum()) * weight
        best = np.argsort(-strength, kind="stable")[:terms]
        found[key] = ", ".join(known[word] for word in best if strength[word] > 0)
    return found


def central_phrase(titles: Sequence[str], embedder: Embedder) -> str:
    """The word or pair of words of the titles that is nearest to all of them together.

    As KeyBERT does (Grootendorst 2020): candidates by a count vectorizer, cosine of each to the
    joined titles.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(ngram_range=(1, 2), stop_words="english")
    try:
        candidates = vectorizer.fit([" . ".join(titles)]).get_feature_names_out().tolist()
    except ValueError:  # nothing but stop words
        return titles[0]
    vectors = embedder.embed([*candidates, ". ".join(titles)])
    return str(candidates[int(np.argmax(vectors[:-1] @ vectors[-1]))])
