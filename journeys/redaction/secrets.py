"""Keys, passwords and tokens: by their name, by the form of common keys, and in web addresses."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import unquote

from journeys.redaction.details import PLACEHOLDERS, Found

_URL = re.compile(
    r"(?:(?<![\w/])/(?=[\w./-]*\?\w+=)|\b[a-z][a-z0-9+.\-]{1,20}://|\bwww\.|\b[\w-]+(?:\.[\w-]+)+/(?=[^\s<>\"']*[?#/\d]))"
    r"[^\s<>\"']+",
    re.I,
)
_USERINFO = re.compile(r"://([^/?#\s@]+)@")
_PARAMETER = re.compile(r"(?<=[?&#;])([^=&#;?\s]{1,64})=([^?&#;\s(){}<>,\]]+\]?)")

#: The same in an address that stands encoded within another.
_ENCODED = re.compile(r"(?:%3[Ff]|%26|%23|[?&])([^%=&?#\s]{1,64})%3[dD]([^%&#\s]+)")

#: Parameters whose value is a secret or a person's, by name and whatever the value. Names are
#: compared in lower case, with camel case taken apart.
_SECRET_NAMES = re.compile(
    r"(?:^|[_\-.\[])(?:access|api|auth|id|refresh|session|csrf|xsrf|client|reset|invite|share|oob|"
    r"signin|login|security|private|verification|confirmation|activation|unsubscribe|user)?[_\-.]?"
    r"(?:token|tok|key|secret|pass|passwd|password|passcode|pwd|signature|sig|hmac|credential|"
    r"credentials|jwt|sid|sessionid|session|auth|authorization|otp|pin|code|state|nonce|ticket|"
    r"hash|magic|email|mail|phone|tel|mobile|apikey|accesstoken|authtoken|authkey|auth_user|"
    r"authuser|policy|gclid|fbclid|msclkid|dclid|yclid|twclid|ttclid|igsh|igshid|si|refresh|bearer|eid|sessid|"
    r"phpsessid|session[_-]?id|jsessionid|rlkey|resourcekey|invite|assertion|samlresponse|samlrequest|iban|ssn|"
    r"account|accountnumber|cardnumber|hsenc|username|login|verifier|verify|confirm)"
    r"(?:\]|$)|(?:token|secret|password|passwd|apikey|sessionid|signature)$",
    re.I,
)
#: Of these names a short plain value is a word and no secret, e.g. ``code=python``.
_MAYBE = re.compile(
    r"^(?:code|state|hash|pin|key|pass|policy|share|sid|ticket|magic|authuser|session|invite|account|"
    r"login|verify|confirm|eid|mobile|tel)$",
    re.I,
)
#: Parameters that say what is looked at; their value is public however it looks.
_PUBLIC_NAMES = frozenset(
    [
        "v", "list", "video", "playlist", "q", "query", "search", "search_query", "k", "keyword",
        "keywords", "text", "title", "p_id", "asin", "album", "track", "artist", "episode",
        "utm_campaign", "utm_source", "utm_medium", "utm_content", "utm_term",
    ]
)  # fmt: skip
#: What comes before a token in a path; any value with a digit after it is one.
_TOKEN_STEPS = frozenset(
    [
        "reset", "resetpassword", "reset-password", "reset_password", "password-reset",
        "password_reset", "passwordreset", "password", "confirm", "confirmation", "confirm-email",
        "verify", "verification", "verify-email", "activate", "activation", "invite", "invitation",
        "invites", "invitations", "token", "tokens", "auth", "login", "signin", "sso", "magic",
        "magic-link", "magiclink", "unsubscribe", "optout", "opt-out", "webhook", "webhooks",
        "hook", "hooks", "secret", "secrets", "key", "keys", "session", "sessions", "joinchat",
        "share", "shared", "s", "services", "oauth", "callback", "access", "download-link",
        "shared-link", "onetime", "one-time", "recover", "recovery", "join", "sharing",
    ]
)  # fmt: skip
#: A host and path that is an invitation in itself.
_INVITATION = re.compile(
    r"(?:\bdiscord\.gg/|\bdiscord(?:app)?\.com/invite/|\bt\.me/\+|\bmeet\.google\.com/|"
    r"\bzoom\.us/[jw]/|\bchat\.whatsapp\.com/)([\w-]{5,})",
    re.I,
)
#: What comes before the public id of a thing.
_PUBLIC_STEPS = frozenset(
    [
        "commit", "commits", "blob", "tree", "raw", "blame", "compare", "archive", "pull", "files",
        "objects", "sha256", "channel", "playlist", "track", "album", "artist", "episode", "show",
        "video", "videos", "watch", "embed", "shorts", "status", "comments", "item", "dp", "gp",
        "wiki", "title", "node", "release", "recording", "work", "image", "images", "img", "photo",
        "photos", "media", "assets", "static", "abs", "pdf", "doi", "digest", "layers",
    ]
)  # fmt: skip
#: A path by which something is confirmed: any of its parameters that looks like a token is one.
_CONFIRMING = re.compile(
    r"/(?:[\w-]*(?:confirm|verif|reset|activat|unsubscribe|opt-?out|invit|magic|recover)[\w-]*)/?\?",
    re.I,
)
_STEP = re.compile(r"(?<=/)[^/?#&=\s]+")
_FILE = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|ico|avif|mp[34]|mov|webm|html?|css|m?js|pdf|woff2?)$", re.I
)
_KEY = re.compile(
    r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)?[-_]?[A-Za-z0-9_\-]{16,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{30,}|\bglpat-[A-Za-z0-9_\-]{20,}"
    r"|\bxox[abeoprs]-[A-Za-z0-9\-]{10,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_\-]{35}"
    r"|\bya29\.[A-Za-z0-9_\-]{20,}|\bhf_[A-Za-z0-9]{30,}|\bnpm_[A-Za-z0-9]{30,}"
    r"|\bSG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}|\bpypi-[A-Za-z0-9_\-]{50,}"
    r"|\bdop_v1_[0-9a-f]{64}|\bshpat_[0-9a-f]{32}|(?<!\d)\d{8,10}:[A-Za-z0-9_\-]{35}\b"
    r"|\bwhsec_[A-Za-z0-9]{20,}|\bGOCSPX-[A-Za-z0-9_\-]{20,}|\bAC[0-9a-f]{32}\b"
    r"|\bAAAA[BC]3NzaC1[A-Za-z0-9+/]{20,}={0,2}"
    r"|\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"
)
_BEARER = re.compile(r"\b(?:[Bb]earer|(?<=: )[Bb]asic)\s+([A-Za-z0-9._~+/\-]{16,}=*)")
#: "password: hunter2", "API key = 8f3a...", "your login code is 482913".
_NAMED = re.compile(
    r"(?<![\w?&#;])(?:[A-Za-z0-9]{1,20}[_-]){0,4}(?P<name>password|pass|pw|passwd|passcode|passphrase|pwd|passwort|kennwort|contraseña|"
    r"mot de passe|wachtwoord|senha|hasło|пароль|"
    r"パスワード|密码|비밀번호|كلمة المرور|كلمة السر|pin|"
    r"(?:api|secret|access|private|account|license|licence)[ _-]?key|"
    r"(?:api|access|auth|bearer|refresh|bot)[ _-]?token|client[ _-]?secret|secret|token|key)"
    r"(?P<told>\s*(?:\bis\b|\bist\b|\bes\b|\best\b|[:=：])\s*[:=：]?\s*|\s+)[\"'`]?(?P<value>[^\s\"'`,;&]{4,})",
    re.I,
)
_CODE = re.compile(
    r"(?<!\w)(?:(?:verification|security|log-?in|sign-?in|one-time|access|confirmation|"
    r"authentication|2fa|otp|auth|sms|bestätigungs|sicherheits|confirmación|vérification)"
    r"[ -]?(?:code|pin|passcode|password)?|your (?:[A-Za-z]+ )?code|passcode|otp)"
    r"(?:\s+(?:is|for|to|ist)\s+[A-Za-z]{0,12})?\s*(?:is|ist)?\s*[:=]?\s*"
    r"(?:G-)?(\d{4,8}|\d{3}[ -]\d{3})(?!\w)"
    r"|(?<!\w)(?:G-)?(\d{4,8}|\d{3}[ -]\d{3}) (?:is|as) your\b"
    r"|(?:\w*(?:bestätigungs|sicherheits|verificatie|verifikations|bekräftelse)codes?|"
    r"codes? (?:de (?:vérification|sécurité|confirmation)|di (?:verifica|sicurezza|conferma))|"
    r"codice di (?:verifica|sicurezza|conferma)|"
    r"código de (?:verifica(?:ción|ção)|seguridad|segurança|confirma(?:ción|ção)|ace?sso|acceso)|"
    r"kod (?:weryfikacyjny|dostępu)|код (?:подтверждения|доступа)|"
    r"認証コード|確認コード|验证码|인증번호|"
    r"رمز (?:التحقق|التأكيد))"
    r"[^\d\n]{0,24}(\d{4,8}|\d{3}[ -]\d{3})(?!\w)",
    re.I,
)
#: A long piece of text without a space, where it stands alone.
_ALONE = re.compile(r"(?<![\w/+@.:%=-])[A-Za-z0-9_+/-]{32,200}={0,2}(?![\w/+.@:-])")


def url_secrets(text: str) -> Iterator[Found]:
    """Secrets in web addresses: credentials, parameters, steps of the path."""
    for url in _URL.finditer(text):
        for start, end in _in_url(url.group()):
            yield Found("secret", url.start() + start, url.start() + end)


def keys(text: str) -> Iterator[Found]:
    """Keys that are told by their own form."""
    for match in _KEY.finditer(text):
        yield Found("secret", match.start(), match.end())
    for match in _ALONE.finditer(text):
        plain_hex = re.fullmatch(r"[0-9a-fA-F]+", match.group())  # a digest, as of a commit
        if not plain_hex and looks_random(match.group()):
            yield Found("secret", match.start(), match.end())


def told_secrets(text: str) -> Iterator[Found]:
    """Passwords, keys and codes that are called so."""
    for match in _BEARER.finditer(text):
        yield Found("secret", *match.span(1))
    for match in _CODE.finditer(text):
        yield Found("secret", *match.span(match.lastindex or 0))
    for match in _NAMED.finditer(text):
        value = match["value"].rstrip(".!?)")
        name, told = match["name"].lower(), match["told"].strip()
        alone = told in (":", "=") and not text[match.end("value") :].strip()
        if _given(name, value, alone) if told else _mixed(value):
            yield Found("secret", match.start("value"), match.start("value") + len(value))


def _mixed(value: str) -> bool:
    """Whether a value without any sign before it has letters and digits as keys have."""
    digits, letters = sum(map(str.isdigit, value)), sum(map(str.isalpha, value))
    return len(value) >= 16 and digits >= 4 and letters >= 4 and not _is_words(value)


def _given(name: str, value: str, alone: bool) -> bool:
    """Whether what follows such a name is the secret itself and no word of a sentence.

    Args:
        alone: it stands after a colon, and the text ends with it.
    """
    if value in PLACEHOLDERS or "://" in value or len(value) < 4:
        return False
    if re.match(r"(?:your|my|the|dein|tu|votre)[_-]|<|\$\{?[A-Z_]|x{4}|\*{4}", value, re.I):
        return False  # It stands for a value.
    digits = any(map(str.isdigit, value))
    if name == "pin":
        return value.isdigit() and 4 <= len(value) <= 8
    if name in {"key", "token", "secret"}:
        return digits and len(value) >= 12
    odd = any(not char.isalnum() for char in value[1:-1]) and not re.fullmatch(r"\w+-\w+", value)
    return len(value) >= 6 and (digits or odd or alone or value[1:].lower() != value[1:])


def _in_url(url: str) -> Iterator[tuple[int, int]]:
    """Where the secrets of an address are."""
    for match in _USERINFO.finditer(url):
        yield match.span(1)
    for match in _INVITATION.finditer(url):
        yield match.span(1)
    confirming = _CONFIRMING.search(url) is not None
    for match in _PARAMETER.finditer(url):
        name, value = match.group(1), unquote(match.group(2))
        if _is_secret(name, value) or (confirming and _is_token(value, "token")):
            yield match.span(2)
    for match in _ENCODED.finditer(url):
        if _is_secret(match.group(1), match.group(2)):
            yield match.span(2)
    hash_at = url.find("#")
    if hash_at > 0 and looks_random(url[hash_at + 1 :], least=16):
        yield hash_at + 1, len(url)
    path_from = url.find("/", url.find("://") + 3 if "://" in url else 0)
    if path_from < 0:
        return
    before = ""
    for match in _STEP.finditer(url, path_from):
        step = match.group()
        if _is_token(unquote(step), before.lower()):
            yield match.span()
        before = step


def _is_secret(name: str, value: str) -> bool:
    if value in PLACEHOLDERS or name.lower() in _PUBLIC_NAMES:
        return False
    if _MAYBE.match(name):
        return len(value) >= 6 and any(map(str.isdigit, value))
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return bool(_SECRET_NAMES.search(plain)) or looks_random(value, least=16)


def _is_token(step: str, before: str) -> bool:
    """Whether a step of a path is a token, seeing the step before it."""
    if step in PLACEHOLDERS or before in _PUBLIC_STEPS or _FILE.search(step):
        return False
    if before in _TOKEN_STEPS:
        mixed = any(map(str.isdigit, step)) and any(map(str.isalpha, step))
        long = len(step) >= 20 and not _is_words(step)
        turned = re.search(r"[a-z][A-Z].*[a-z][A-Z]", step) is not None and len(step) >= 8
        return ((mixed or turned) and len(step) >= 6 and not _is_words(step)) or long
    last = re.split(r"[-_.]", step)[-1]
    return looks_random(step, least=20) or looks_random(last, least=24)


def looks_random(value: str, least: int = 24) -> bool:
    """Long, of one piece, and with the spread of characters that keys have and words have not.

    Args:
        least: characters below which nothing is taken for a key.
    """
    if len(value) < least or not re.fullmatch(r"[A-Za-z0-9_\-+/=.~%]+", value):
        return False
    if re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", value):
        return len(value) >= 32 or (least == 16 and not value.isdigit() and len(value) >= 16)
    kinds = sum(any(map(test, value)) for test in (str.islower, str.isupper, str.isdigit))
    shares = [value.count(char) / len(value) for char in set(value)]
    entropy = -sum(share * math.log2(share) for share in shares)
    if kinds == 2 and any(map(str.isdigit, value)):  # base 32, base 36
        whole = len(value) >= 24 and not re.search(r"[-_.+/]", value)
        return whole and entropy > 3.5 and _changes(value) >= 0.25
    if kinds == 2:  # letters only
        turns = sum(a.islower() != b.islower() for a, b in pairwise(value)) / len(value)
        return value.isalpha() and len(value) >= 20 and turns >= 0.35
    return kinds == 3 and entropy > 3.3 and not _is_words(value)


def _is_words(value: str) -> bool:
    """Whether most of a value is words and numbers, as in how-to-fix-iPhone-15."""
    parts = [part for part in re.split(r"[-_.+/~=]", value) if part]
    wordy = sum(
        len(part)
        for part in parts
        if re.fullmatch(r"[A-Za-z]?[a-z]{1,14}|[A-Z]{2,8}|\d{1,4}", part)
    )
    return len(parts) > 1 and wordy >= 0.6 * sum(map(len, parts))


def _changes(value: str) -> float:
    """How often a letter stands beside a digit, as a share of all neighbours."""
    changes = sum(a.isdigit() != b.isdigit() for a, b in pairwise(value))
    return changes / (len(value) - 1)
