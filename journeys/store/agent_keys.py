"""Keys with which agents come: what each may do, for whom and how often.

A key is 256 random bits. The database keeps only its keyed hash, so who reads the database cannot
use it, and nobody can show it a second time.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update

from journeys.errors import ConfigError
from journeys.privacy import Keys, pseudonyms
from journeys.store.agents_schema import AgentKeyRow
from journeys.store.engine import now

#: What a key may be allowed: to ask, to report what happened, to report what was said of it, to
#: reset and erase users, and to change the shared weights.
SCOPES = ("read", "write", "feedback", "erase", "admin")

#: With what a key begins, so that a search for leaked ones finds it.
PREFIX = "ijk_"

#: A key's last use is noted once in so long, in microseconds.
_NOTED = 60_000_000

_FIND = select(AgentKeyRow.__table__).where(AgentKeyRow.hashed == bindparam("shown"))


@dataclass(frozen=True)
class AgentKey:
    """A key, without itself. Times are microseconds since 1970-01-01 UTC.

    Attributes:
        scopes: of :data:`SCOPES`.
        everybody: it may act for any user.
        prefix: it may act for users whose id begins so; '' for none.
        people: pseudonyms of users it may act for.
        per_minute: requests, in all.
        user_per_minute: requests for one user.
    """

    id: int
    name: str
    scopes: tuple[str, ...]
    everybody: bool
    prefix: str
    people: frozenset[str]
    per_minute: int
    user_per_minute: int
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None
    used_at: int | None = None

    def acts_for(self, user: str, pseudonym: str) -> bool:
        """Whether it may act for a user."""
        if self.everybody or pseudonym in self.people:
            return True
        return bool(self.prefix) and user.startswith(self.prefix)

    def works(self, at: int) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class AgentKeyStore:
    """Make, find and revoke keys."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self._engine = engine
        self._keys = keys

    def create(
        self,
        name: str,
        scopes: Sequence[str],
        *,
        everybody: bool = False,
        prefix: str = "",
        users: Collection[str] = (),
        per_minute: int = 6_000,
        user_per_minute: int = 600,
        expires_at: int | None = None,
    ) -> tuple[str, AgentKey]:
        """Make a key; returns it, for the only time, and what is kept of it.

        Args:
            users: ids of users it may act for.

        Raises:
            ConfigError: a scope is unknown, there is nobody it may act for, or a limit is none.
        """
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown or not scopes:
            raise ConfigError(f"A key's scopes are among {', '.join(SCOPES)}; not {unknown}.")
        if not name.strip() or len(name) > 100:
            raise ConfigError("Give the key a name of at most 100 letters.")
        if not (everybody or prefix or users):
            raise ConfigError(
                "Say for whom the key may act: everybody, a prefix of user ids, or user ids."
            )
        if len(prefix) > 200:
            raise ConfigError("A prefix may have 200 letters at most.")
        if min(per_minute, user_per_minute) < 1:
            raise ConfigError("A key needs at least one request a minute.")
        key = PREFIX + secrets.token_urlsafe(32)
        row = {
            "name": name.strip(),
            "hashed": self._hash(key),
            "scopes": [each for each in SCOPES if each in scopes],
            "everybody": everybody,
            "prefix": prefix,
            "people": sorted(pseudonyms(self._keys.pseudonym, users)),
            "per_minute": per_minute,
            "user_per_minute": user_per_minute,
            "created_at": now(),
            "expires_at": expires_at,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(AgentKeyRow), row)
        made = self.find(key)
        assert made is not None
        return key, made

    def find(self, key: str) -> AgentKey | None:
        """What is known of a key that somebody shows, working or not; None for no key at all."""
        if not key.startswith(PREFIX) or len(key) > 100:
            return None
        with self._engine.connect() as connection:
            row = connection.execute(_FIND, {"shown": self._hash(key)}).first()
        return _read(row) if row else None

    def note_use(self, key: AgentKey) -> None:
        """Note that a key was used, once a minute."""
        at = now()
        if key.used_at is not None and at - key.used_at < _NOTED:
            return
        with self._engine.begin() as connection:
            connection.execute(
                update(AgentKeyRow)
                .where(
                    AgentKeyRow.id == key.id,
                    (AgentKeyRow.used_at.is_(None)) | (AgentKeyRow.used_at < at - _NOTED),
                )
                .values(used_at=at)
            )

    def list(self) -> Sequence[AgentKey]:
        """Every key, the newest first."""
        query = select(AgentKeyRow.__table__).order_by(AgentKeyRow.id.desc())
        with self._engine.connect() as connection:
            return [_read(row) for row in connection.execute(query)]

    def revoke(self, key_id: int) -> None:
        """End a key, from the next request on.

        Raises:
            ConfigError: there is no such key.
        """
        with self._engine.begin() as connection:
            done = connection.execute(
                update(AgentKeyRow)
                .where(AgentKeyRow.id == key_id, AgentKeyRow.revoked_at.is_(None))
                .values(revoked_at=now())
            )
            if not done.rowcount and not connection.scalar(
                select(AgentKeyRow.id).where(AgentKeyRow.id == key_id)
            ):
                raise ConfigError(f"There is no key {key_id}. See: python -m journeys keys list")

    def _hash(self, key: str) -> bytes:
        return blake2b(key.encode(), key=self._keys.agent, digest_size=32).digest()


def forget_in_keys(connection: Connection, pseudonym: str) -> None:
    """Take an erased person out of the keys that name them; one that named nobody else goes."""
    query = select(AgentKeyRow.id, AgentKeyRow.people, AgentKeyRow.prefix, AgentKeyRow.everybody)
    for row in connection.execute(query).all():
        if pseudonym not in row.people:
            continue
        left = [each for each in row.people if each != pseudonym]
        if left or row.prefix or row.everybody:
            change = update(AgentKeyRow).where(AgentKeyRow.id == row.id).values(people=left)
            connection.execute(change)
        else:
            connection.execute(delete(AgentKeyRow).where(AgentKeyRow.id == row.id))


def _read(row: object) -> AgentKey:
    found = dict(row._mapping)  # type: ignore[attr-defined]
    del found["hashed"]
    scopes, people = tuple(found.pop("scopes")), frozenset(found.pop("people"))
    return AgentKey(scopes=scopes, people=people, **found)
