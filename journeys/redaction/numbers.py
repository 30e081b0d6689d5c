"""Card numbers, and account and identity numbers that have a form or are called so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import bitcoin, iban, luhn
from stdnum.br import cpf
from stdnum.es import dni, nie
from stdnum.fr import nir

from journeys.redaction.details import Found

_CARD = re.compile(
    r"(?<![A-Za-z0-9_.\-/])\d(?:[ \u00a0\u2009\u202f\u2010-\u2015\-.]{0,2}\d){12,18}"
    r"(?![A-Za-z0-9_/]|[.\-]\d)"
)
#: Leading digits of the large card schemes (ISO/IEC 7812).
_ISSUER = re.compile(
    r"(?=\d{16}$)(?:4|5\d|2[2-7]|3\d|6)\d+|4\d{12}|3[0689]\d{12}|3[47]\d{13}"
    r"|(?:4|5[06-8]|6)\d{15,18}"
)
#: The code on its back.
_CARD_CODE = re.compile(
    r"(?<!\w)(?:cvv2?|cvc2?|csc|cvn)(?: code)?\W{1,3}(?:is )?(\d{3,4})(?!\w)", re.I
)
_CARD_CUE = re.compile(
    r"(?<!\w)(?:credit|debit|bank|kredit|ec-?)?\s?(?:card|visa|mastercard|amex|karte|tarjeta|carte|"
    r"kartennummer)(?!\w)[^\d]{0,24}$",
    re.I,
)


def cards(text: str) -> Iterator[Found]:
    """Numbers that an issuer could have given, with their check digit, or called a card's."""
    for match in _CARD_CODE.finditer(text):
        yield Found("card", *match.span(1))
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        grouped = _card_groups(match.group())
        checked = (
            _ISSUER.fullmatch(digits) and grouped and luhn.is_valid(digits) and len(set(digits)) > 1
        )
        if checked or _CARD_CUE.search(text[max(0, match.start() - 40) : match.start()]):
            yield Found("card", match.start(), match.end())


def _card_groups(number: str) -> bool:
    """Cards are written in one piece or in groups of four (4-6-5 and 4-6-4 for some)."""
    groups = [len(group) for group in re.split(r"\D+", number)]
    if len(groups) == 1:
        return True
    return groups in ([4, 6, 5], [4, 6, 4]) or (set(groups[:-1]) == {4} and groups[-1] <= 4)


_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ \u00a0.-]?[A-Z0-9]){11,30}", re.I)
_CALLED = (
    r"account|acct|acc(?= no)|a/c|clabe|rib|cuit|tfn|curp|rut|student|employee|routing|aba|bsb|"
    r"sort[ -]?code|iban|ssn|social security|tax id|tin|ein|nino|"
    r"national insurance|passport|driver'?s? licen[cs]e|licen[cs]e|medicare|nhs|policy|customer|"
    r"member(?:ship)?|aadhaar|cpf|bsn|pesel|personnummer|ahv|national id|id card|patient|"
    r"konto|kontonummer|kontonr|ktnr|kto|blz|bankleitzahl|kundennummer|kundennr|steuer-?id|"
    r"steuernummer|reisepass|ausweis(?:nummer)?|sozialversicherungsnummer|versichertennummer|"
    r"versicherungsnummer|mitgliedsnummer|compte|n° de compte|sécurité sociale|passeport|"
    r"cuenta|pasaporte|dni|nie|nif|seguridad social|conto|rekening|rekeningnummer|"
    r"codice fiscale|conta|ni(?= (?:no|number))|rachunek|konto bankowe|"
    r"口座番号|口座|マイナンバー|账号|계좌번호|आधार(?: नंबर)?|счет|счёт"
)
_ACCOUNT = re.compile(
    rf"(?<![\w-])(?:{_CALLED})"
    r"(?:[\s-]*(?:bancaria|bancária|bancaire|corrente|corriente|bank))?"
    r"(?P<numbered>[\s.-]*(?:no|number|num|nr|nummer|numéro|número|code|id|#|n°|nº))?"
    r"\.?(?:\s*(?:is|ist|es|est|lautet))?(?P<colon>\s*[:#=])?\s*"
    r"(?P<value>(?:[A-Z]{1,4}[ -]?)?\d(?:[ \-/.]?\d){4,29}(?:[ -]?[A-Z])?)(?![\w])",
    re.I,
)
#: Words that also count things: what follows must be called a number.
_COUNTING = re.compile(
    r"(?:policy|customer|student|employee|rib|member|membership|tin|nie|conto|compte|licen[cs]e|patient|nhs|"
    r"account|routing|passport|konto|medicare)\b",
    re.I,
)
#: A bank's code after its name.
_BIC = re.compile(
    r"(?<!\w)(?:bic|swift)(?:[/ -]?(?:code|bic))?\s*[:#=]?\s*"
    r"([A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)(?!\w)",
    re.I,
)
_SSN = re.compile(r"(?<![\w\-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w\-])")
#: British sort code with its account.
_SORTED = re.compile(r"(?<![\w-])\d\d-\d\d-\d\d[ /]+\d{8}(?!\w)")
#: British national insurance number.
_NINO = re.compile(
    r"(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
    r"(?:\d{6}| \d\d \d\d \d\d )[A-D](?!\w)|(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)"
    r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] \d\d \d\d \d\d [A-D](?!\w)"
)
#: French social security number, with its key.
_NIR = re.compile(
    r"(?<![\w.])([12])[ .]?(\d\d)[ .]?(\d\d)[ .]?(\d\d|2[AB])[ .]?"
    r"(\d{3})[ .]?(\d{3})[ .]?(\d\d)(?!\w)"
)
#: Spanish identity number (DNI, NIE), with its letter.
_DNI = re.compile(r"(?<![\w.\-])([XYZ]?)[- ]?(\d{7,8})-?([A-HJ-NP-TV-Z])(?!\w)")
#: Italian tax code, and Swiss insurance number.
_FISCAL = re.compile(r"(?<!\w)[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z](?!\w)")
_AHV = re.compile(r"(?<![\w.])756\.\d{4}\.\d{4}\.\d\d(?!\w)")
#: Indian tax number.
_PAN = re.compile(r"(?<!\w)[A-Z]{3}[PCHFATBLJG][A-Z]\d{4}[A-Z](?!\w)")
#: Brazilian tax number, with its two check digits.
_CPF = re.compile(r"(?<![\w.])(\d{3})\.(\d{3})\.(\d{3})-(\d\d)(?!\w)")
_BITCOIN = re.compile(
    r"(?<!\w)(?:bc1[02-9ac-hj-np-z]{25,59}|[13][1-9A-HJ-NP-Za-km-z]{25,34})(?!\w)"
)
_ETHEREUM = re.compile(r"(?<!\w)0x[0-9a-fA-F]{40}(?!\w)")


def wallets(text: str) -> Iterator[Found]:
    """Addresses of wallets: Bitcoin with its check sum, Ethereum by its form."""
    for match in _ETHEREUM.finditer(text):
        yield Found("account", match.start(), match.end())
    for match in _BITCOIN.finditer(text):
        if _wallet(match.group()):
            yield Found("account", match.start(), match.end())


def named_accounts(text: str) -> Iterator[Found]:
    """Numbers of accounts and identity documents that are called so."""
    for match in _ACCOUNT.finditer(text):
        digits = sum(map(str.isdigit, match["value"]))
        told = match["numbered"] or match["colon"]
        if told or not _COUNTING.match(match.group()) or digits >= 7:
            yield Found("account", *match.span("value"))
    for match in _BIC.finditer(text):
        yield Found("account", *match.span(1))


def accounts(text: str) -> Iterator[Found]:
    """Bank accounts and identity numbers that have a form or check digits."""
    for match in _IBAN.finditer(text):
        end = _iban_end(match.group())
        if end:
            yield Found("account", match.start(), match.start() + end)
    for pattern in (_SSN, _SORTED, _NINO, _FISCAL, _AHV, _PAN):
        for match in pattern.finditer(text):
            yield Found("account", match.start(), match.end())
    for pattern, checks in ((_NIR, nir), (_DNI, dni), (_DNI, nie), (_CPF, cpf)):
        for match in pattern.finditer(text):
            if checks.is_valid(match.group()):
                yield Found("account", match.start(), match.end())


def _iban_end(found: str) -> int:
    """How much of the characters is an IBAN; words may follow it. 0: none of them."""
    for end in range(len(found), 14, -1):
        whole = end == len(found) or not found[end].isalnum()
        if whole and iban.is_valid(found[:end], check_country=False):
            return end
    return 0


def _wallet(address: str) -> bool:
    """The check sum of an old address; new ones (bc1) are told by their form."""
    if address.startswith("bc1"):
        return any(map(str.isdigit, address[3:]))
    return bool(bitcoin.is_valid(address))
