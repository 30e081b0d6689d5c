"""Named ways to import: which column is which, the time zone, what is kept, and the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from journeys.errors import InputError
from journeys.ingest.rules import ImportRules
from journeys.ingest.times import zone
from journeys.timeline import COLUMNS

#: The choice under which all profiles are stored.
KEY = "import-profiles"

_LONGEST_NAME = 80


class Choices(Protocol):
    """Where small named JSON objects are kept; ``store.choices`` is one."""

    def get(self, key: str) -> dict[str, Any] | None: ...

    def set(self, key: str, value: dict[str, Any]) -> None: ...


@dataclass(frozen=True)
class Profile:
    """How files of one kind are imported.

    Attributes:
        mapping: our column -> the file's; '' for "not there". Columns not named are recognised.
        timezone: zone of times that do not say theirs.
        keep: further columns kept as attributes.
        rules: what is left out, redacted and flagged.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    timezone: str = "UTC"
    keep: tuple[str, ...] = ()
    rules: ImportRules = field(default_factory=ImportRules)

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "mapping": dict(self.mapping),
            "timezone": self.timezone,
            "keep": list(self.keep),
            "rules": self.rules.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Profile:
        """The inverse of :meth:`to_dict`.

        Raises:
            InputError: a column, zone or rule is unknown.
        """
        mapping = {str(ours): str(theirs) for ours, theirs in values.get("mapping", {}).items()}
        unknown = sorted(set(mapping) - set(COLUMNS))
        if unknown:
            raise InputError(f"The profile names a column {unknown[0]!r} that no log has.")
        timezone = str(values.get("timezone", "UTC"))
        zone(timezone)
        keep = tuple(str(name) for name in values.get("keep", ()))
        return cls(mapping, timezone, keep, ImportRules.from_dict(values.get("rules", {})))


def profile_names(choices: Choices) -> list[str]:
    """The names of the stored profiles, sorted."""
    return sorted(choices.get(KEY) or {})


def load_profile(choices: Choices, name: str) -> Profile:
    """A stored profile.

    Raises:
        InputError: there is none of this name; says which there are.
    """
    stored = choices.get(KEY) or {}
    if name not in stored:
        known = ", ".join(repr(known) for known in sorted(stored)) or "none yet"
        raise InputError(f"There is no profile {name!r}; the profiles are: {known}.")
    return Profile.from_dict(stored[name])


def save_profile(choices: Choices, name: str, profile: Profile) -> str:
    """Store a profile, in place of one of the same name; returns the name as stored.

    Raises:
        InputError: the name is empty.
    """
    name = " ".join(name.split())[:_LONGEST_NAME]
    if not name:
        raise InputError("A profile needs a name.")
    choices.set(KEY, (choices.get(KEY) or {}) | {name: profile.to_dict()})
    return name


def delete_profile(choices: Choices, name: str) -> None:
    """Forget a profile; nothing happens if there is none of this name."""
    stored = choices.get(KEY) or {}
    choices.set(KEY, {known: value for known, value in stored.items() if known != name})
