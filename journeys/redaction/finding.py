"""All finders over one text."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from journeys.redaction.addresses import disguised, emails
from journeys.redaction.details import Found
from journeys.redaction.numbers import accounts, cards, named_accounts, wallets
from journeys.redaction.phones import phones
from journeys.redaction.resolving import resolve
from journeys.redaction.secrets import keys, told_secrets, url_secrets
from journeys.redaction.signs import Sign, signs_of

#: The finders in order of how sure they are, each with the signs of which it needs one. What one
#: finder took, the next ones leave.
_FINDERS: tuple[tuple[Callable[[str], Iterator[Found]], int], ...] = (
    (url_secrets, Sign.ADDRESS | Sign.TOKEN | Sign.PARAMETER | Sign.STEP),
    (keys, Sign.TOKEN | Sign.PREFIX),
    (told_secrets, Sign.NAMED | Sign.CODE),
    (emails, Sign.ADDRESS),
    (disguised, Sign.DISGUISED | Sign.ADDRESS),
    (wallets, Sign.TOKEN),
    (named_accounts, Sign.CALLED),
    (accounts, Sign.DIGITS | Sign.INSURANCE),
    (cards, Sign.DIGITS),
    (phones, Sign.DIGITS),
)

#: A replaced detail may uncover another that it ran into; more than twice is unheard of.
_PASSES = 5


def find(text: str) -> list[Found]:
    """The details in the text, by position, none overlapping."""
    return search(text, signs_of(text))


def search(text: str, signs: int) -> list[Found]:
    """:func:`find` with the signs known."""
    if signs & Sign.UNSEEN and (resolved := resolve(text)) is not None:
        within = _search(resolved.text, signs_of(resolved.text))
        found = [Found(d.kind, *resolved.span(d.start, d.end)) for d in within]
        return [d for at, d in enumerate(found) if not at or d.start >= found[at - 1].end]
    return _search(text, signs)


def _search(text: str, signs: int) -> list[Found]:
    taken: list[Found] = []
    rest = text
    for finder, needs in _FINDERS:
        if not signs & needs:
            continue
        before = len(taken)
        for detail in finder(rest):
            if all(detail.end <= other.start or detail.start >= other.end for other in taken):
                taken.append(detail)
        for detail in taken[before:]:  # what is taken is no longer there for the next finder
            blank = "\0" * (detail.end - detail.start)
            rest = rest[: detail.start] + blank + rest[detail.end :]
    return sorted(taken, key=lambda detail: detail.start)


def redact(text: str) -> str:
    """The text with each detail replaced by ``[email]``, ``[phone]`` and so on.

    Redacting the result again changes nothing.
    """
    return redact_counted(text)[0]


def redact_counted(text: str, signs: int | None = None) -> tuple[str, list[tuple[Found, str]]]:
    """The redacted text, and each detail with what stood there.

    Args:
        signs: the text's signs where they are known.
    """
    gone: list[tuple[Found, str]] = []
    signs = signs_of(text) if signs is None else signs  # replacing details adds none
    for _ in range(_PASSES if signs else 0):
        found = search(text, signs)
        if not found:
            break
        gone += [(detail, text[detail.start : detail.end]) for detail in found]
        text = _replaced(text, found)
    return text, gone


def _replaced(text: str, found: list[Found]) -> str:
    parts, at = [], 0
    for detail in found:
        parts += [text[at : detail.start], f"[{detail.kind}]"]
        at = detail.end
    return "".join([*parts, text[at:]])
