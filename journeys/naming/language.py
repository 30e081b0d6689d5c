"""In which language titles are, where that is plain: a small model must be told."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

#: Code (ISO 639-1) -> the language as prompts say it. Only these are told apart.
LANGUAGES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
#: Languages that write every noun with a capital.
CAPITAL_NOUNS = frozenset({"German"})
#: Least probability of the whole text's language, and least share of titles that agree.
SURE, AGREE = 0.99, 0.6
#: Shorter texts tell too little.
_LEAST = 24


def language_of(titles: Sequence[str]) -> str:
    """The language of titles in English words, e.g. "German"; '' where it is not plain.

    All titles together must be of one language beyond doubt, and most of them each by itself:
    titles are short and full of names.
    """
    text = " . ".join(titles)
    if len(text) < _LEAST:
        return ""
    identifier = _identifier()
    code, probability = identifier.classify(text)
    if probability < SURE:
        return ""
    agree = sum(identifier.classify(title)[0] == code for title in titles)
    return LANGUAGES[code] if agree >= AGREE * len(titles) else ""


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier
