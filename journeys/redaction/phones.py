"""Phone numbers, by Google's numbering plans and by how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import isbn

from journeys.redaction.details import Found

_DIALLED = re.compile(
    r"(?<![A-Za-z0-9_.,/@#=&%+\-$€£])(?<!\d:)(?:\+|00(?=[1-9])|\()?"
    r"\d(?:[\s().\-/\u00a0\u2010-\u2015]{0,3}\d){6,14}(?![\w%]|[.,:/\-]\d)"
)
#: Words after which a number is a phone number, whatever a few words in between say ...
_STRONG_CUE = re.compile(
    r"(?:(?<!\w)(?:phone|ph|tel|tél|tlf|tfno|telephone|téléphone|teléfono|telefono|telefoon|mobile|mobil|"
    r"móvil|cell|cellphone|whatsapp|whats app|fax|hotline|helpline|telefon|telefonnummer|rufnummer|"
    r"handy|handynummer|mobilnummer|celular|landline|voicemail|callback|numéro|my number|number is|"
    r"phone number|meine nummer|mi número|mon numéro|cellulare|telefone|telemóvel|numero|whats|zap|"
    r"zadzwoń|komórka|telefoon|puhelin|telefonszám|тел|телефон|звоните)(?!\w)|☎|📞|📱|☏|電話|携帯|전화|"
    r"휴대폰|电话|手机|هاتف|جوال|फोन|मोबाइल|โทร)[^\d\n]{0,28}$",
    re.I,
)
#: ... and words after which only little may stand.
_CUE = re.compile(
    r"(?<!\w)(?:call|text|sms|signal|telegram|ring|dial|contact|anruf|anrufen|nummer|number|"
    r"portable|appelez|appeler|llamar|llame|llama|llámame|reach|joindre|erreichbar|ruf|ligue|ligar|chiama|chiamate|bel|t|m|p|f)"
    r"(?!\w)\W{0,4}"
    r"(?:(?:me|us|him|her|them|at|on|is|no|nr|number|now|today|the|my|our|office|home|mobile|ist|"
    r"es|est|unter|al|au|numéro|número|a|mich|an|via|for|details|or|and|bookings|info|text|call)"
    r"\b\W{0,3}){0,4}$",
    re.I,
)
_OTHER_NUMBER = re.compile(
    r"\b(?:isbn|issn|ean|upc|asin|doi|pmid|arxiv|order|ticket|issue|part|sku|serial|model|version|"
    r"invoice|tracking|rfc|patent|case|bug|build|art|artikel|bestellung|rechnung|#)\W*"
    r"(?:(?:no|nr|number|id)\W+)?(?:1[03]\W+)?$",
    re.I,
)
_DATE = re.compile(
    r"[1-9]\d{3}[\s./\-\u2010-\u2015]+\d{1,4}(?:[\s./\-\u2010-\u2015]+\d{1,4})?"
    r"|\d{1,2}[./\-]\d{1,2}[./\-](?:\d{4}|\d{2})(?:[\s\-\u2010-\u2015]+\d{1,2}(?:[./\-]\d{1,2}[./\-]\d{2,4})?)?"
    r"|(?:19|20)\d\d[./\-]?\d\d[./\-]?\d\d(?:[\s\-\u2010-\u2015]+\d+)*"
    r"|\d{1,2} ?[-\u2010-\u2015] ?\d{1,2}[./\-]\d{1,2}[./\-]\d{2,4}"
)
#: Forms that hardly anything but a phone number has.
_WRITTEN = re.compile(
    r"(?:1[\s.\-])?(?:\(\d{3}\)[\s.\-]?|\d{3}([.\-/]))\d{3}[\s.\-]?\d{4}"  # 555-123-4567
    r"|(?:1 )?[2-9]\d\d [2-9]\d\d \d{4}"
    r"|\(\d{2,5}\)\s?\d{3,5}[\s\-]?\d{3,5}"  # (11) 98765-4321
    r"|8[\s\-]?\(?\d{3}\)?[\s\-]?\d{3}[\s\-]\d\d[\s\-]\d\d"  # 8 (495) 123-45-67
    r"|[6789]\d\d(?: \d\d){3}|[89]\d \d{3} \d\d \d\d|[67]\d\d \d{3} (?!000)\d{3}"  # 612 34 56 78
    r"|[6-9]\d{4}[\s\-]\d{5}"  # 98765 43210
    r"|1[38]00 \d{3} \d{3}|1[3-9]\d[\s\-]\d{4}[\s\-]\d{4}"  # 138 0013 8000
    r"|0\d([.])\d\d(?:\2\d\d){3}"  # 06.12.34.56.78
)
_EXTENSION = re.compile(r"\s?(?:,\s?)?(?:x|ext\.?|extension|durchwahl|poste)\s?\d{1,5}\b", re.I)
_REGIONS = ("US", "GB", "DE", "FR", "ES", "IN", "IT", "AU", "NL")
#: A link that opens a chat or a call with a number.
_LINK = re.compile(
    r"(?:\bwa\.me/|[?&]phone=|\b(?:tel|sms|callto):)(\+?%?\d[\d\-().%]{6,20}\d)", re.I
)


def phones(text: str) -> Iterator[Found]:
    """Phone numbers."""
    for match in _LINK.finditer(text):
        yield Found("phone", match.start(1), match.end(1))
    for match in _DIALLED.finditer(text):
        number = match.group().rstrip(" (-./")
        start, end = match.start(), match.start() + len(number)
        if number.startswith("(") and ")" not in number:  # a bracket around more than a number
            start, number = start + 1, number[1:]
        before = text[max(0, start - 60) : start]
        if _OTHER_NUMBER.search(before):
            continue
        if _is_phone(number, bool(_STRONG_CUE.search(before) or _CUE.search(before))):
            more = _EXTENSION.match(text, end)
            yield Found("phone", start, more.end() if more else end)


def _is_phone(number: str, cued: bool) -> bool:
    """A number of some country, written so that it can hardly be anything else."""
    number = _plain(number)
    digits = re.sub(r"\D", "", number)
    if number.startswith("+"):
        # Made-up and test numbers (+1 555...) are possible without being assigned.
        return _valid(number, None) or _possible(number)
    if number.startswith("00"):
        plus = f"+{digits.removeprefix('00')}"
        return _valid(plus, None) or (number != digits and _possible(plus))
    if _WRITTEN.fullmatch(number):
        return True
    if _DATE.fullmatch(number):
        return False
    groups = re.findall(r"\d+", number)
    if len(groups) > 1 and min(map(len, groups)) < 2 and not cued:
        return False
    if re.fullmatch(r"\d+\.\d+", number):
        return False
    if cued:
        return 7 <= len(digits) <= 12 or any(_valid(number, region) for region in _REGIONS)
    if number == digits and not digits.startswith("0"):  # in one piece, without any sign
        return _whole(digits)
    if not number.lstrip("(").startswith("0"):
        return False
    if number == digits:  # in one piece it must be somebody's, and no ISBN
        short = len(digits) == 10 and not isbn.is_valid(digits) and _mobile(digits)
        return short or (len(digits) == 11 and digits[1] in "12367")
    return 9 <= len(digits) <= 12 and len(groups) <= 6 and "." not in number


def _whole(digits: str) -> bool:
    """Whether ten or eleven digits are a number of North America or a mobile one of China; the
    numbers of things are mostly shorter, and seconds since 1970 begin with a 1."""
    if re.fullmatch(r"[2-9]\d\d[2-9]\d{6}", digits) and not digits.endswith("000"):
        return _valid(digits, "US") or digits[3:6] == "555"
    return re.fullmatch(r"1[3-9]\d{9}", digits) is not None and _valid(digits, "CN")


def _plain(number: str) -> str:
    """The number with plain signs: other dashes as "-", other spaces as " ", none beside a dash."""
    number = re.sub(r"[\u2010-\u2015]", "-", number)
    return re.sub(r"\s*-\s*", "-", re.sub(r"\s+", " ", number))


def _valid(number: str, region: str | None) -> bool:
    """Whether the numbering plans have such a number."""
    from phonenumbers import NumberParseException, is_valid_number, parse

    try:
        return is_valid_number(parse(number, region))
    except NumberParseException:
        return False


def _possible(number: str) -> bool:
    """Whether its length is that of a number of its country."""
    from phonenumbers import NumberParseException, is_possible_number, parse

    try:
        return is_possible_number(parse(number, None))
    except NumberParseException:
        return False


def _mobile(digits: str) -> bool:
    """Whether it is a mobile number of one of the regions that write them in one piece."""
    from phonenumbers import NumberParseException, PhoneNumberType, number_type, parse

    def kind(region: str) -> int:
        try:
            return number_type(parse(digits, region))
        except NumberParseException:
            return int(PhoneNumberType.UNKNOWN)

    return any(kind(region) == PhoneNumberType.MOBILE for region in ("GB", "FR", "DE", "AU"))
