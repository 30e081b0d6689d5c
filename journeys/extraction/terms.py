"""Salient terms of an event: its words and pairs of words, each with a salience in [0, 1]."""

from __future__ import annotations

from collections import Counter
from math import log

from journeys.words import DocumentFrequency, fold, is_stop, words

#: A word or a pair of consecutive words, folded.
Term = tuple[str, ...]

#: Words that every text has still say that two texts are alike, if hardly.
_LEAST_RARITY = 0.01


def terms(text: str) -> Counter[Term]:
    """How often a text has each unigram and bigram, folded; stop words are in neither.

    In scripts written without spaces, characters take the place of words.
    """
    folded = [fold(word) for word in words(text)]
    telling = [not is_stop(word) for word in folded]
    counts: Counter[Term] = Counter(
        (word,) for word, tells in zip(folded, telling, strict=True) if tells
    )
    for at in range(len(folded) - 1):
        if telling[at] and telling[at + 1]:
            counts[folded[at], folded[at + 1]] += 1
    return counts


def salient_terms(text: str, background: DocumentFrequency, most: int) -> dict[Term, float]:
    """A text's terms with their salience, most salient first, at most so many.

    The paper's salience is a learned relevance of a term to an item, in [0, 1], that was not
    published. Here it is the usual stand-in without a model, TF-IDF, with each factor scaled to
    [0, 1]: ``log(1 + tf) / log(1 + largest tf of the text)`` times the mean inverse document
    frequency of the term's words in the log, which is level at 1 for words of fewer than one
    text in 500 (:meth:`~journeys.words.DocumentFrequency.rarity`) and .01 for those of every text.
    """
    counts = terms(text)
    if not counts:
        return {}
    scale = log(1 + max(counts.values()))
    salience = {
        term: log(1 + count) / scale * max(_LEAST_RARITY, background.rarity(term))
        for term, count in counts.items()
    }
    return dict(sorted(salience.items(), key=lambda pair: -pair[1])[:most])
