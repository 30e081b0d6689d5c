"""Keyphrases: what sets each of a user's journeys apart, in words of its titles.

Class-based TF-IDF (Grootendorst, "BERTopic", arXiv 2203.05794, section 3.3) with a journey as
the class, over words and phrases of two and three words. Counts are of titles, not of
occurrences, so that one title that repeats a word does not decide.

No model is needed: about 15 microseconds a title. These names stand until a language model
answers, and in its place where an answer fails its checks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from math import log

from journeys.journey import Names
from journeys.naming.base import Evidence, Named
from journeys.words import DocumentFrequency, fold, is_stop, join, shorten, unspaced, words

_Phrase = tuple[str, ...]

#: Weight of words that only one title of the group has.
_ONCE = 0.4
#: With so many words or phrases that titles share, words of a single title are left out.
_ENOUGH = 5
#: Share of a word's titles that must hold a phrase for the phrase to stand for the word.
_ABSORBS = 0.5
#: Words with the same first letters are taken for forms of one word.
_ROOT = 5
#: Longer phrases are rarer than their words by nature, and say more.
_LENGTH_WEIGHT = {1: 1.0, 2: 1.5, 3: 1.7}


def keyphrases(
    groups: Sequence[Sequence[str]],
    background: DocumentFrequency | None = None,
    top: int = 10,
) -> list[tuple[str, ...]]:
    """What sets each group of titles apart from the others, strongest first.

    Args:
        groups: the titles of each journey of one user.
        background: word frequencies of the whole log, so that its common words count less.
        top: at most so many phrases a group.

    Returns:
        One tuple a group, in order; phrases in the casing most often seen. Empty only for a
        group whose titles hold no word at all.
    """
    split = [[words(title) for title in titles] for titles in groups]
    folded = [[[*map(fold, title)] for title in g] for g in split]
    counted = [_count_phrases(g) for g in folded]
    overall: Counter[_Phrase] = Counter()
    for counts in counted:
        overall.update(counts)
    mean_size = sum(overall.values()) / max(1, len(groups))
    results: list[tuple[str, ...]] = []
    for titles, folds, counts in zip(split, folded, counted, strict=True):
        # Words of a single title are looked at only where there are not enough others.
        shared = {phrase: count for phrase, count in counts.items() if count > 1}
        enough = len(shared) >= _ENOUGH
        scores = {
            phrase: (count if count > 1 else _ONCE)
            * log(1 + mean_size / overall[phrase])
            * _LENGTH_WEIGHT[len(phrase)]
            * (background.rarity(phrase) ** 2 if background else 1.0)
            for phrase, count in (shared if enough else counts).items()
        }
        chosen = _without_repeats(scores, counts, top if enough else min(top, _ENOUGH))
        results.append(_as_written(chosen, titles, folds))
    return results


def _count_phrases(titles: Sequence[Sequence[str]]) -> Counter[_Phrase]:
    """Titles that contain each word and each repeated phrase of two or three words.

    A phrase can be no more frequent than its words, so only neighbours that are both repeated
    are looked at (the a-priori pruning). Titles that share nothing give their words.
    """
    # dict.fromkeys and not set: the order of ties must not hang on the hash seed.
    single = Counter(chain.from_iterable(map(dict.fromkeys, titles)))
    repeated = {word for word, count in single.items() if count > 1}
    telling = {word for word in repeated if not is_stop(word)}
    longer: Counter[_Phrase] = Counter()
    for title in titles:
        here: dict[_Phrase, None] = {}
        for at, first in enumerate(title[:-1]):
            if first not in telling:
                continue
            second = title[at + 1]
            if second in telling:
                here[first, second] = None
            if second in repeated and at + 2 < len(title) and title[at + 2] in telling:
                here[first, second, title[at + 2]] = None
        longer.update(here.keys())
    counts: Counter[_Phrase] = Counter(
        {phrase: count for phrase, count in longer.items() if count > 1}
    )
    for word, count in single.items():
        if not is_stop(word) and not unspaced(word):
            counts[(word,)] = count
    if not counts:
        # Nothing but stop words or single characters: better those than nothing.
        counts.update({(word,): count for word, count in single.items()})
    return counts


def _without_repeats(
    scores: dict[_Phrase, float], counts: Counter[_Phrase], top: int
) -> list[_Phrase]:
    """The best phrases, no two of which share a word or a word's root."""
    ranked = sorted(scores, key=lambda phrase: -scores[phrase])[: 6 * top]
    by_word: dict[str, list[_Phrase]] = {}
    for phrase in ranked:
        if len(phrase) > 1:
            for word in phrase:
                by_word.setdefault(word, []).append(phrase)
    chosen: list[_Phrase] = []
    used: set[str] = set()
    for phrase in ranked:
        best = max(
            (
                longer
                for longer in (by_word.get(phrase[0], ()) if len(phrase) == 1 else ())
                if counts[longer] >= _ABSORBS * counts[phrase] and used.isdisjoint(_roots(longer))
            ),
            key=lambda longer: scores[longer],
            default=phrase,
        )
        roots = _roots(best)
        if used.isdisjoint(roots):
            chosen.append(best)
            used.update(roots)
        if len(chosen) == top:
            break
    return chosen


def _roots(phrase: _Phrase) -> set[str]:
    """First letters of a phrase's words, which "climb", "climber" and "climbing" share."""
    return {word[:_ROOT] for word in phrase if not is_stop(word)} or set(phrase)


def _as_written(
    chosen: Sequence[_Phrase],
    titles: Sequence[Sequence[str]],
    folded: Sequence[Sequence[str]],
) -> tuple[str, ...]:
    """Each folded phrase as most often written in the titles.

    The first word of a title and titles Written Like This say little of a word's own casing, so
    they count only where there is no other sighting.
    """
    heads: dict[str, list[_Phrase]] = {}
    for phrase in chosen:
        heads.setdefault(phrase[0], []).append(phrase)
    seen: dict[_Phrase, Counter[_Phrase]] = {phrase: Counter() for phrase in chosen}
    for title, folds in zip(titles, folded, strict=True):
        for at, word in enumerate(folds):
            for phrase in heads.get(word, ()):
                if tuple(folds[at : at + len(phrase)]) == phrase:
                    form = tuple(title[at : at + len(phrase)])
                    seen[phrase][form] += 100 if at and _plainly_cased(title) else 1
    best = (min(forms.items(), key=lambda pair: (-pair[1], pair[0])) for forms in seen.values())
    return tuple(join(form) for form, _ in best)


def _plainly_cased(title: Sequence[str]) -> bool:
    """Whether capitals mean something in a title: at most half of its words have one."""
    return sum(word[0].isupper() for word in title) * 2 <= len(title)


class KeyphraseNamer:
    """Names from keyphrases alone: provisional, instant, and never empty."""

    id = "keyphrase"

    def name(self, evidence: Evidence) -> Named:
        """Five names, from the broadest single word to a combination of phrases."""
        return Named(Names(keyphrase_levels(evidence), self.id, provisional=True))


def keyphrase_levels(evidence: Evidence) -> tuple[str, str, str, str, str]:
    """The five names that keyphrases give; see :class:`KeyphraseNamer`."""
    phrases = evidence.keyphrases
    if not phrases:
        phrases = keyphrases([evidence.titles, *evidence.siblings])[0]
    titles = [title for title in (*evidence.titles, *evidence.recent) if title.strip()]
    if not phrases:
        only = shorten(titles[0], 60) if titles else "unnamed"
        return (only, only, only, only, only)
    first, *rest = (shorten(phrase, 60) for phrase in phrases)
    levels = [_broadest(phrases[:4], titles), first]
    levels.append(in_words([first, *rest[:1]]))
    for more in (2, 3):
        levels.append(f"{first}: {in_words(rest[:more])}" if len(rest) > 1 else levels[2])
    one, two, three, four, five = levels
    return (one, two, three, four, five)


def _broadest(phrases: Sequence[str], titles: Sequence[str]) -> str:
    """The word among the phrases that most titles contain; the whole phrase if unspaced."""
    holding: Counter[str] = Counter()
    for title in titles:
        holding.update(set(map(fold, words(title))))
    candidates = [word for phrase in phrases for word in words(phrase) if not is_stop(fold(word))]
    candidates = [word for word in candidates if not unspaced(word)] or list(phrases[:1])
    best = candidates[0]
    for word in candidates[1:]:
        # A later word must be clearly more common: phrases come strongest first.
        if holding[fold(word)] > 1.5 * holding[fold(best)]:
            best = word
    return shorten(best, 30)


def in_words(parts: Sequence[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
