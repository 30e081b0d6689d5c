"""Personal details in titles and texts, found and replaced before any text leaves the machine.

Found are what has a checkable form: mail addresses, phone numbers (by Google's numbering plans,
through ``phonenumbers``), card numbers (length and Luhn digit), IBANs (ISO 13616, mod 97), account
numbers that are called so, and secrets in URLs or by the shape of common API keys. A number that
has no such form (a year, a model, an ISBN, a version) is left alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

Kind = Literal["email", "phone", "card", "account", "secret"]


@dataclass(frozen=True, slots=True)
class Found:
    """A personal detail: what it is, and where, as in ``text[start:end]``."""

    kind: Kind
    start: int
    end: int


def redact(text: str) -> str:
    """The text with each detail replaced by ``[email]``, ``[phone]`` and so on.

    Redacting the result again changes nothing.
    """
    for _ in range(_PASSES):
        found = find(text)
        once = _replaced(text, found)
        if once == text:
            break
        text = once
    return text


def _replaced(text: str, found: list[Found]) -> str:
    parts, at = [], 0
    for detail in found:
        parts += [text[at : detail.start], f"[{detail.kind}]"]
        at = detail.end
    return "".join([*parts, text[at:]])


def find(text: str) -> list[Found]:
    """The details in the text, by position, none overlapping."""
    if not _WORTH_A_LOOK.search(text):
        return []
    taken: list[Found] = []
    rest = text
    for finder in _FINDERS:
        for detail in finder(rest):
            if all(detail.end <= other.start or detail.start >= other.end for other in taken):
                taken.append(detail)
        for detail in taken:  # what is taken is no longer there for the next finder
            blank = "\0" * (detail.end - detail.start)
            rest = rest[: detail.start] + blank + rest[detail.end :]
    return sorted(taken, key=lambda detail: detail.start)


#: A replaced detail may uncover another that it ran into; more than twice is unheard of.
_PASSES = 5

# Most titles have none of this and cost one search.
_WORTH_A_LOOK = re.compile(
    r"@|%40|://|\bwww\.|\?\w+=|(?:\d[\s().\-/+\u00a0\u2010-\u2015]*){7}|[A-Za-z0-9_\-]{20}"
)

_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?:@|%40)"
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})(?![^\W_])"
)


def _emails(text: str) -> Iterator[Found]:
    if "@" not in text and "%40" not in text:
        return
    for match in _EMAIL.finditer(text):
        # `name=ann@example.org` and a leading quote are not part of the address.
        local = match.group().split("@")[0].split("%40")[0]
        lead = max(local.rfind(char) for char in "=/?&'`{|}") + 1
        # git@host:path is how repositories are addressed, for everyone alike.
        if lead < len(local) and local != "git":
            yield Found("email", match.start() + lead, match.end())


_URL = re.compile(
    r"(?:\b[a-z][a-z0-9+.\-]{1,20}://|\bwww\.|\b[\w-]+(?:\.[\w-]+)+/(?=[^\s<>\"']*\?))[^\s<>\"']+",
    re.I,
)
_USERINFO = re.compile(r"://([^/?#\s@]+)@")
_PARAMETER = re.compile(r"(?<=[?&#;])([^=&#;?\s]{1,64})=([^&#;\s(){}<>,\]]+\]?)")

#: Parameters whose value is a secret or a person's, by name and whatever the value.
_SECRET_NAMES = re.compile(
    r"(?:^|[_\-.\[])(?:access|api|auth|id|refresh|session|csrf|xsrf|client|reset|invite|share|"
    r"signin|login|security|private)?[_\-.]?"
    r"(?:token|key|secret|pass|passwd|password|pwd|signature|sig|hmac|credential|credentials|jwt|"
    r"sid|sessionid|session|auth|authorization|otp|pin|code|state|nonce|ticket|hash|magic|email|"
    r"mail|phone|apikey|accesstoken|authtoken|auth_user|policy|gclid|fbclid|msclkid)"
    r"(?:\]|$)",
    re.I,
)
#: Of these names a short plain value is a word and no secret, e.g. ``code=python``.
_MAYBE = re.compile(r"^(?:code|state|hash|pin|key|pass|policy|share|sid|ticket|magic)$", re.I)
_KEY = re.compile(
    r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)?[-_]?[A-Za-z0-9_\-]{16,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{30,}|\bglpat-[A-Za-z0-9_\-]{20,}"
    r"|\bxox[abeoprs]-[A-Za-z0-9\-]{10,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_\-]{35}"
    r"|\bya29\.[A-Za-z0-9_\-]{20,}|\bhf_[A-Za-z0-9]{30,}|\bnpm_[A-Za-z0-9]{30,}"
    r"|\bSG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}|\bpypi-[A-Za-z0-9_\-]{50,}"
    r"|\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"
    r"|\b[Bb]earer\s+[A-Za-z0-9._~+/\-]{20,}=*"
)


def _secrets(text: str) -> Iterator[Found]:
    for url in _URL.finditer(text):
        for match in _USERINFO.finditer(url.group()):
            yield Found("secret", url.start() + match.start(1), url.start() + match.end(1))
        for match in _PARAMETER.finditer(url.group()):
            if _is_secret(match.group(1), unquote(match.group(2))):
                yield Found("secret", url.start() + match.start(2), url.start() + match.end(2))
    for match in _KEY.finditer(text):
        yield Found("secret", match.start(), match.end())


def _is_secret(name: str, value: str) -> bool:
    if value in {"[secret]", "[email]", "[phone]", "[card]", "[account]"}:
        return False
    if _MAYBE.match(name):
        return len(value) >= 6 and any(char.isdigit() for char in value)
    return bool(_SECRET_NAMES.search(name)) or _looks_random(value)


def _looks_random(value: str) -> bool:
    """Long, of one piece, and with the spread of characters that keys have and words have not."""
    if len(value) < 24 or not re.fullmatch(r"[A-Za-z0-9_\-+/=.~]+", value):
        return False
    kinds = sum(
        any(test(char) for char in value) for test in (str.islower, str.isupper, str.isdigit)
    )
    shares = [value.count(char) / len(value) for char in set(value)]
    entropy = -sum(share * math.log2(share) for share in shares)
    return (kinds == 3 and entropy > 3.5) or re.fullmatch(r"[0-9a-f]{32,}", value) is not None


_CARD = re.compile(r"(?<![\w.\-/])\d(?:[ \u00a0\-]?\d){12,18}(?![\w/]|[.\-]\d)")
#: Leading digits of the large card schemes (ISO/IEC 7812).
_ISSUER = re.compile(r"4|5[1-5]|2[2-7]|3[47]|30[0-5]|3[689]|35|6(?:011|4[4-9]|5)|62|50|5[6-9]|6")


def _cards(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        grouped = _card_groups(match.group())
        if _ISSUER.match(digits) and grouped and _luhn(digits) and len(set(digits)) > 1:
            yield Found("card", match.start(), match.end())


def _card_groups(number: str) -> bool:
    """Cards are written in one piece or in groups of four (4-6-5 and 4-6-4 for some)."""
    groups = [len(group) for group in re.split(r"\D", number)]
    if len(groups) == 1:
        return True
    return groups in ([4, 6, 5], [4, 6, 4]) or (set(groups[:-1]) == {4} and groups[-1] <= 4)


def _luhn(digits: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812-1, annex B)."""
    total = 0
    for at, char in enumerate(reversed(digits)):
        value = int(char) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ \u00a0-]?[A-Z0-9]){11,30}(?![A-Za-z0-9])")
_ACCOUNT = re.compile(
    r"\b(?:account|acct|a/c|routing|sort[ -]code|iban|konto|kontonummer|compte|cuenta|ssn|"
    r"social security)(?:\s*(?:no|number|num|nr|code|#))?\.?\s*[:#=]?\s*"
    r"(\d(?:[ \-]?\d){5,19})(?!\w)",
    re.I,
)
_SSN = re.compile(r"(?<![\w\-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w\-])")


def _accounts(text: str) -> Iterator[Found]:
    for match in _IBAN.finditer(text):
        # Words in capitals may follow: take the longest beginning that checks.
        value = match.group()
        for end in range(len(value), 14, -1):
            whole = end == len(value) or value[end] in " \u00a0-"
            if whole and _mod97(value[:end]):
                yield Found("account", match.start(), match.start() + end)
                break
    for match in _ACCOUNT.finditer(text):
        yield Found("account", match.start(1), match.end(1))
    for match in _SSN.finditer(text):
        yield Found("account", match.start(), match.end())


def _mod97(value: str) -> bool:
    """The check digits of an IBAN (ISO 13616, by ISO 7064 mod 97-10)."""
    plain = re.sub(r"[^A-Z0-9]", "", value)
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


_DIALLED = re.compile(
    r"(?<![\w.,:/@#=&%+\-$€£])(?:\+|00(?=[1-9])|\()?\d(?:[\s().\-/\u00a0\u2010-\u2015]{0,3}\d){6,14}"
    r"(?![\w%]|[.,:/\-]\d)"
)
_CUE = re.compile(
    r"(?:\b(?:phone|tel|telephone|mobile|cell|call|text|sms|whatsapp|fax|ring|dial|contact|"
    r"hotline|telefon|handy|anruf)\b|☎|📞)\W{0,4}"
    r"(?:(?:me|us|him|her|them|at|on|is|no|nr|number|now|today|the|office|home)\b\W{0,3}){0,3}$",
    re.I,
)
_ISBN_CUE = re.compile(
    r"\b(?:isbn|issn|ean|upc|asin|doi|pmid|arxiv|order|ticket|issue|part)\W*(?:1[03]\W+)?$", re.I
)
_DATE = re.compile(
    r"\d{4}[\s./\-\u2010-\u2015]+\d{1,4}(?:[\s./\-\u2010-\u2015]+\d{1,4})?|\d{1,2}[./\-]\d{1,2}[./\-]\d{2,4}(?:\D+\d+)*"
    r"|(?:19|20)\d\d[./\-]?\d\d[./\-]?\d\d(?:\D*\d+)*"
)
#: Forms that nothing but a phone number has: 555-123-4567, (555) 123-4567, 555.123.4567.
_NORTH_AMERICAN = re.compile(r"(?:1[\s.\-])?(?:\(\d{3}\)\s?|\d{3}([.\-]))\d{3}[.\-]\d{4}")
_REGIONS = ("US", "GB", "DE", "FR", "ES", "IN")


def _phones(text: str) -> Iterator[Found]:
    for match in _DIALLED.finditer(text):
        number = match.group().rstrip(" (-./")
        end = match.start() + len(number)
        before = text[max(0, match.start() - 40) : match.start()]
        if _ISBN_CUE.search(before):
            continue
        if _is_phone(number, cued=bool(_CUE.search(before))):
            yield Found("phone", match.start(), end)


def _is_phone(number: str, cued: bool) -> bool:
    """A valid number of some country, written so that it can hardly be anything else."""
    from phonenumbers import NumberParseException, is_possible_number, is_valid_number, parse

    digits = re.sub(r"\D", "", number)
    if number.startswith(("+", "00")):
        international = f"+{digits.removeprefix('00')}" if number[0] != "+" else number
        try:
            parsed = parse(international, None)
        except NumberParseException:
            return False
        # Made-up and test numbers (+1 555...) are possible without being assigned.
        return is_valid_number(parsed) or (number[0] == "+" and is_possible_number(parsed))
    if _DATE.fullmatch(number):
        return False
    if _NORTH_AMERICAN.fullmatch(number):
        return True
    groups = re.findall(r"\d+", number)
    if len(groups) > 1 and min(map(len, groups)) < 2:
        return False
    if re.fullmatch(r"\d+\.\d+", number):
        return False
    trunk = number.lstrip("(").startswith("0") and len(digits) >= 9 and number != digits
    if not (cued or trunk):
        return False

    def valid(region: str) -> bool:
        try:
            return is_valid_number(parse(number, region))
        except NumberParseException:
            return False

    return any(valid(region) for region in _REGIONS) or (cued and 7 <= len(digits) <= 11)


#: In order of how sure they are; what one finder took, the next ones leave.
_FINDERS: tuple[Callable[[str], Iterator[Found]], ...] = (
    _secrets,
    _emails,
    _accounts,
    _cards,
    _phones,
)
