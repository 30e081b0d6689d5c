"""Personal details in titles and texts, found and replaced before any text is kept or sent.

Found are what has a checkable form: mail addresses, phone numbers (by Google's numbering plans,
through ``phonenumbers``), card numbers (length and Luhn digit), IBANs (ISO 13616, length and
mod 97), account and identity numbers that are called so or carry a check digit, and secrets in
URLs or by the shape of common API keys. A number that has no such form (a year, a model, an ISBN,
a version) is left alone. What is written in entities, full-width letters or with invisible
characters is found as it reads.
"""

from journeys.redaction.columns import Example, Redactions, redact_column
from journeys.redaction.details import KINDS, Found, Kind, masked
from journeys.redaction.finding import find, redact

__all__ = [
    "KINDS",
    "Example",
    "Found",
    "Kind",
    "Redactions",
    "find",
    "masked",
    "redact",
    "redact_column",
]
