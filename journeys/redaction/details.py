"""What a personal detail is, and how it is shown in part."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["email", "phone", "card", "account", "secret"]

#: Every kind, in the order in which counts are told.
KINDS: tuple[Kind, ...] = get_args(Kind)

#: What stands in place of a detail; none of them is a detail itself.
PLACEHOLDERS = frozenset(f"[{kind}]" for kind in KINDS)

_HIDDEN = "••"


@dataclass(frozen=True, slots=True)
class Found:
    """A personal detail: what it is, and where, as in ``text[start:end]``."""

    kind: Kind
    start: int
    end: int


def masked(kind: Kind, detail: str) -> str:
    """A detail that can be recognised by its owner and not be used by others.

    ``masked("email", "ann@example.org")`` is ``"a••@••.org"``; of numbers the last two digits
    stay, of a secret its first two characters.
    """
    if kind == "email":
        local, _, domain = re.sub("%40", "@", detail, flags=re.I).rpartition("@")
        ending = domain.rpartition(".")[2]
        return f"{local[:1]}{_HIDDEN}@{_HIDDEN}.{ending}" if local else _HIDDEN
    if kind == "secret":
        return f"{detail[:2]}{_HIDDEN}" if len(detail) >= 8 else _HIDDEN
    return f"{_HIDDEN}{detail[-2:]}"
