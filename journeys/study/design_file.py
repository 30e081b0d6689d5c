"""A study's design as a file: JSON with a format version, and the hash that names it.

The hash is of the canonical form (keys sorted, no spaces, UTF-8), so that equal designs have equal
hashes whatever wrote the file. It goes into a preregistration.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from hashlib import blake2b
from typing import Any

from journeys.errors import InputError
from journeys.study.design import Condition, Foil, Item, StudyDesign, Texts

FORMAT = "interest-journeys-study"
FORMAT_VERSION = 1

#: A larger file is no design.
MOST_BYTES = 1_000_000


def to_dict(design: StudyDesign) -> dict[str, Any]:
    """The design as JSON has it, with its format."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(design)))
    return {"format": FORMAT, "format_version": FORMAT_VERSION, **plain}


def from_dict(values: Mapping[str, Any]) -> StudyDesign:
    """The inverse of :func:`to_dict`.

    Raises:
        InputError: it is no design, of a newer format, or something in it cannot be.
    """
    if values.get("format") != FORMAT:
        raise InputError("This is no study design: it has no line that says so.")
    if values.get("format_version") != FORMAT_VERSION:
        raise InputError(
            f"This design has format version {values.get('format_version')!r}; this version of "
            f"the product reads {FORMAT_VERSION}. Update the product."
        )
    rest = {k: v for k, v in values.items() if k not in ("format", "format_version")}
    design = _build(StudyDesign, rest, "the design")
    assert isinstance(design, StudyDesign)
    return design


def to_json(design: StudyDesign) -> str:
    """The file, made to be read: indented, with its hash."""
    return json.dumps(
        {**to_dict(design), "hash": design_hash(design)}, indent=2, ensure_ascii=False
    )


def from_json(content: bytes | str) -> StudyDesign:
    """Read a file that :func:`to_json` or a person wrote.

    Raises:
        InputError: as :func:`from_dict`; or the file says a hash that is not that of its content.
    """
    if len(content) > MOST_BYTES:
        raise InputError("This file is too large for a study design.")
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"This file is no JSON: {str(error).splitlines()[0]}.") from error
    if not isinstance(values, dict):
        raise InputError("This is no study design: the file does not hold an object.")
    said = values.pop("hash", None)
    design = from_dict(values)
    if said is not None and said != design_hash(design):
        raise InputError(
            "This design was changed after it was exported: its hash is no longer that of its "
            "content. Remove the line “hash” to use it as a new design."
        )
    return design


def design_hash(design: StudyDesign) -> str:
    """32 hex digits of BLAKE2b over the canonical form."""
    canonical = json.dumps(
        to_dict(design), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return blake2b(
        canonical.encode("utf-8", "surrogatepass"), digest_size=16, person=b"study-design"
    ).hexdigest()


#: What the lists and objects of a design hold; everything else is a plain value.
_PARTS = {"conditions": Condition, "foils": Foil, "items": Item}


def _build(kind: Any, values: object, where: str) -> Any:
    """A dataclass from JSON, with every value of the type that its field's default or name says."""
    if not isinstance(values, Mapping):
        raise InputError(f"In this design, {where} must be an object.")
    known = {f.name: f for f in fields(kind)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise InputError(f"In this design, {where} has the unknown entry “{unknown[0]}”.")
    missing = [
        name
        for name, f in known.items()
        if name not in values and f.default is MISSING and f.default_factory is MISSING
    ]
    if missing:
        raise InputError(f"In this design, {where} lacks “{missing[0]}”.")
    return kind(
        **{name: _value(kind, name, str(known[name].type), value) for name, value in values.items()}
    )


def _value(kind: Any, name: str, annotation: str, value: object) -> object:
    if kind is StudyDesign and name == "texts":
        return _build(Texts, value, "texts")
    if kind is StudyDesign and name in _PARTS:
        parts = _listed(name, value)
        return tuple(
            _build(_PARTS[name], part, f"{name} {at}") for at, part in enumerate(parts, start=1)
        )
    if annotation.startswith("tuple["):
        wanted: type = int if "int" in annotation else str
        entries = _listed(name, value)
        for entry in entries:
            _check(name, wanted, entry)
        return tuple(entries)
    _check(name, {"int": int, "float": float, "bool": bool}.get(annotation, str), value)
    return float(value) if annotation == "float" else value  # type: ignore[arg-type]


def _listed(name: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"In this design, “{name}” must be a list.")
    return value


def _check(name: str, wanted: type, value: object) -> None:
    right = isinstance(value, int | float) if wanted is float else isinstance(value, wanted)
    if not right or (wanted is not bool and isinstance(value, bool)):
        words = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
        raise InputError(f"In this design, “{name}” must be {words[wanted]}.")


def text_hash(text: str) -> str:
    """32 hex digits that name a consent text."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, person=b"consent")
    return digest.hexdigest()
