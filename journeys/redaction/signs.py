"""The cheap look before the dear one: most texts hold nothing that could be a detail.

Each finder names the signs of which one must be there before it need look.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from journeys.redaction.resolving import STYLED, UNSEEN

_DASHES = "\u2010-\u2015"
_PARAMETERS = (
    "pass|pwd|key|tok|secret|sig|auth|otp|pin|code|state|nonce|ticket|hash|magic|mail|phone|tel|"
    "mobile|hmac|credential|jwt|sid|session|sessid|policy|clid|igsh|si|eid|invite|assertion|saml|"
    "iban|ssn|account|card|hsenc|username|login|verif|confirm"
)
_STEPS = (
    "pass|reset|confirm|verif|activ|invit|token|auth|login|signin|sso|magic|unsub|opt-?out|hook|"
    "secret|key|session|callback|access|link|one-?time|recover|join|shar"
)
_WORDS = (
    "pass|passe|password|passwd|passcode|passphrase|passwort|kennwort|contraseña|wachtwoord|senha|"
    "pwd|pin|key|token|secret|bearer|basic|hasło|пароль|パスワード|密码|비밀번호|المرور|السر"
)
_CODES = (
    "code|verification|security|log-?in|sign-?in|one-time|access|confirmation|authentication|2fa|"
    "otp|pin|auth|sms|confirma|vérifica|verific|verifik|código|codice|kod |код |"
    "コード|验证码|인증번호|رمز"
)


_CALLED = (
    r"account|acct|acc.no|clabe|student|employee|a/c|routing|sort.?code|iban|social sec|insurance|"
    r"passport|licen[cs]e|medicare|"
    r"policy|customer|member|aadhaar|pesel|personnum|national id|id card|tax id|patient|konto|"
    r"bankleit|kunden|steuer|reisepass|ausweis|versicher|mitglied|compte|sociale|passeport|cuenta|"
    r"pasaporte|conto|conta|rekening|fiscale|ni number|ni no|"
    r"口座|マイナンバー|账号|계좌|आधार|сч[её]т|"
    r"\b(?:aba|bsb|ssn|tin|ein|nino|nhs|cpf|bsn|ahv|rib|cuit|tfn|curp|rut|ktnr|kto|blz|dni|nie|nif)\b"
)


class Sign:
    """What a text shows at a glance; the signs of a text are a sum of these."""

    ADDRESS = 1
    DISGUISED = 2
    DIGITS = 4
    TOKEN = 8
    PREFIX = 16
    PARAMETER = 32
    STEP = 64
    NAMED = 128
    CODE = 256
    INSURANCE = 512
    UNSEEN = 1024
    CALLED = 2048


def _patterns(d: str, s: str) -> Mapping[int, tuple[str, ...]]:
    """Sign -> the patterns that must all match.

    They use nothing that RE2 lacks, so that a whole column can be looked through with them.

    Args:
        d, s: the classes of any digit and of any space in the dialect, without brackets.
    """
    return {
        Sign.ADDRESS: (r"@|%40",),
        Sign.DISGUISED: (
            rf"[(\[{{<|*_-][{s}]?(?:at|a|arroba|ät|klammeraffe)[{s}]?[)\]}}>|*_-]"
            rf"|[{s}](?:at|arroba|@)[{s}][^{s}]+(?:\.|[{s}](?:dot|punkt|punto|point)[{s}])",
        ),
        Sign.DIGITS: (rf"(?:[{d}][{s}().+%/{_DASHES}-]{{0,4}}){{7}}|(?:cvv|cvc|csc|cvn)",),
        Sign.CALLED: (rf"(?:{_CALLED}).{{0,30}}[{d}](?:.?[{d}]){{4}}|\b(?:bic|swift)\b",),
        Sign.TOKEN: (
            r"[A-Za-z0-9_-]{20}",
            r"[a-z][0-9]+[a-z]|[0-9][a-z]+[0-9]|(?-i:[a-z][A-Z][a-z]+[A-Z])",
        ),
        Sign.PREFIX: (
            r"[sprx]k[-_]|hf_|gh[pousr]_|github_|glpat-|npm_|pypi-|dop_v|shpat_|whsec_|gocspx-|ya29|"
            r"akia|asia[a-z0-9]{16}|aiza|sg\.[a-z0-9]|xox[abeoprs]-|[0-9]:[A-Za-z0-9_-]{35}|eyj|"
            r"aaaa[bc]3|\bac[0-9a-f]{32}",
        ),
        Sign.PARAMETER: (
            rf"[?&#;][^=&#;?{s}]*(?:{_PARAMETERS})[^=&#;?{s}]*="
            rf"|[?&#;][^=&#;?{s}]{{1,64}}=[A-Za-z0-9_+/=.~%-]{{16}}|%3d",
        ),
        Sign.STEP: (
            rf"/[A-Za-z_-]*(?:{_STEPS})[A-Za-z_-]*[/?][^/#{s}]{{6}}|/s/[^/?#{s}]{{6}}"
            r"|discord\.gg/|t\.me/|meet\.google|zoom\.us/|whatsapp\.com/",
        ),
        Sign.NAMED: (rf"(?:{_WORDS})[{s}]*(?:ist|is|est|es)?[{s}]*[:=：{s}][{s}]*[^{s}]{{4}}",),
        Sign.CODE: (rf"(?:{_CODES}).{{0,40}}[{d}]{{3}}|[{d}]{{3}} (?:is|as) your",),
        Sign.INSURANCE: (
            rf"[A-Z]{{5}}[{d}]{{4}}[A-Z]|[A-Z]{{2}}[{s}]?(?:[{d}][{d}][{s}]?){{3}}[A-D]|[A-Z]{{6}}[{d}]{{2}}[A-T]",
        ),
        Sign.UNSEEN: (rf"&[#A-Za-z][A-Za-z0-9]{{1,9}};|(?-i:[{UNSEEN}{STYLED}])",),
    }


_PYTHON = {
    sign: tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
    for sign, patterns in _patterns(r"\d", r"\s").items()
}

#: For RE2, whose ``\d`` and ``\s`` are ASCII only. One after the other is ten times as fast as
#: all in one, which outgrows RE2's automaton.
RE2: Mapping[int, tuple[str, ...]] = {
    sign: tuple(f"(?i){pattern}" for pattern in patterns)
    for sign, patterns in _patterns(r"\pN", r"\s\x0b\x1c-\x1f\x{85}\pZ").items()
}


def signs_of(text: str) -> int:
    """The signs that a text shows."""
    found = 0
    for sign, patterns in _PYTHON.items():
        if all(pattern.search(text) for pattern in patterns):
            found |= sign
    return found
