"""Measures of names by their words: overlap with a human name, faithfulness, distinctness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from journeys.errors import ConfigError
from journeys.naming import Evidence
from journeys.words import STOP_WORDS, content_words, fold, is_stop, words

#: Longest character n-gram of chrF, and how many times recall counts as much as precision.
CHRF_ORDER, CHRF_BETA = 6, 2.0


def rouge_l(name: str, reference: str) -> float:
    """ROUGE-L F1 (Lin 2004, section 3.1, with beta 1), in [0, 1].

    Words in lower case without punctuation, not stemmed; 0 where either has none.
    """
    said, wanted = ([word.lower() for word in words(text)] for text in (name, reference))
    common = _longest_common(said, wanted)
    return 2 * common / (len(said) + len(wanted)) if common else 0.0


def _longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for item in one:
        before = 0
        for at, theirs in enumerate(other, start=1):
            before, row[at] = row[at], before + 1 if item == theirs else max(row[at], row[at - 1])
    return row[-1]


def chrf(name: str, reference: str) -> float:
    """chrF2 (Popović 2015), in [0, 1]: character n-grams of 1 to 6, white space left out.

    Precision and recall are averaged over the orders that both texts have n-grams of; case counts
    not, since a subreddit's or folder's casing is not its meaning.
    """
    said, wanted = ("".join(text.lower().split()) for text in (name, reference))
    precision = recall = 0.0
    orders = 0
    for size in range(1, CHRF_ORDER + 1):
        ours, theirs = _ngrams(said, size), _ngrams(wanted, size)
        if not ours or not theirs:
            continue
        common = (ours & theirs).total()
        precision += common / ours.total()
        recall += common / theirs.total()
        orders += 1
    if not precision or not recall:
        return 0.0
    precision, recall = precision / orders, recall / orders
    weight = CHRF_BETA**2
    return (1 + weight) * precision * recall / (weight * precision + recall)


def _ngrams(text: str, size: int) -> Counter[str]:
    return Counter(text[at : at + size] for at in range(len(text) - size + 1))


class Faithfulness:
    """Which of a name's words the evidence has; siblings are no evidence of a journey.

    Words are compared by their stems (Snowball's English stemmer, Porter 2001).

    Raises:
        ConfigError: the stemmer's package is not installed.
    """

    def __init__(self, evidence: Evidence) -> None:
        texts = (*evidence.titles, *evidence.recent, *evidence.outputs, *evidence.keyphrases)
        self._stems = {
            stem(part) for text in texts for word in words(text) for part in _parts(word)
        }

    def content(self, name: str) -> float:
        """Share of the content words of a name that the evidence has; NaN where it has none."""
        return self._share(content_words(name))

    def proper(self, name: str) -> float:
        """The same of its proper nouns: words with a capital, but for the name's first word.

        That one counts if it has a capital beyond its first letter.
        """
        telling = [word for word in words(name) if word.lower() not in STOP_WORDS]
        if len(telling) > 2 and all(word[0].isupper() for word in telling):
            return float("nan")  # In Title Case a capital says nothing.
        judged = [word if at else word[1:] for at, word in enumerate(words(name))]
        proper = [
            word
            for word, part in zip(words(name), judged, strict=True)
            if part != part.lower() and word.lower() not in STOP_WORDS
        ]
        return self._share(proper)

    def _share(self, said: Sequence[str]) -> float:
        if not said:
            return float("nan")
        held = sum(all(stem(part) in self._stems for part in _parts(word)) for word in said)
        return held / len(said)


def _parts(word: str) -> list[str]:
    """The parts of a hyphenated word that say something; the word itself where none does."""
    parts = [part for part in word.replace("’", "'").split("-") if not is_stop(fold(part))]
    return parts or [word]


def distinct_shares(names: Sequence[str], users: Sequence[str]) -> list[float]:
    """For each name 1 if no other name of its user says the same, else 0; NaN for a lone name."""
    said = [
        (user, frozenset(content_words(name)) or frozenset([name.lower()]))
        for user, name in zip(users, names, strict=True)
    ]
    how_often, of_user = Counter(said), Counter(users)
    return [
        float("nan") if of_user[user] < 2 else float(how_often[user, content] == 1)
        for user, content in said
    ]


def stem(word: str) -> str:
    """The stem of a word in any casing."""
    stemmed: str = _stemmer().stemWord(fold(word))
    return stemmed


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    try:
        import snowballstemmer
    except ImportError as error:
        raise ConfigError(
            "Judging names needs the package snowballstemmer, which only benchmarks use. "
            "Install it with: pip install -r benchmarks/requirements.txt"
        ) from error
    return snowballstemmer.stemmer("english")
