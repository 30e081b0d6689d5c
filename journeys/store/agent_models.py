"""Versions of the weights that all users of an agent share: published, taken back, withdrawn.

One row says which version is in use and counts its changes, so every server sees within a request
that another one published. The weights themselves are bytes here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from journeys.errors import ConfigError, PrivacyError, StoreError
from journeys.store.agents_schema import AgentInUseRow, AgentModelPersonRow, AgentModelRow
from journeys.store.engine import now
from journeys.store.upserting import upsert

#: Versions that are kept, beside the one that knows nothing.
MOST = 10

_ROW = 1
_IN_USE = select(AgentInUseRow.number, AgentInUseRow.moved)
_PART = 5_000


@dataclass(frozen=True)
class InUse:
    """Which version is in use, and how often that changed."""

    number: int
    moved: int


@dataclass(frozen=True)
class ModelVersion:
    """A version of the shared weights, without them.

    Attributes:
        judged: how it fared against the one before; empty for the one that knows nothing.
        since: microseconds since 1970-01-01 UTC.
        people: that it was fitted on; number.
    """

    number: int
    name: str
    judged: Mapping[str, Any]
    since: int
    people: int
    in_use: bool


class AgentModelStore:
    """Publish, take back and read versions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, name: str, weights: bytes) -> None:
        """Keep the version that knows nothing, if there is none yet."""
        row = {"number": 0, "name": name, "weights": weights, "judged": {}, "since": now()}
        with self._engine.begin() as connection:
            for table, values in (
                (AgentModelRow, row),
                (AgentInUseRow, {"id": _ROW, "number": 0, "moved": 0}),
            ):
                connection.execute(upsert(self._engine, table).on_conflict_do_nothing(), values)

    def in_use(self) -> InUse:
        """Which version is in use.

        Raises:
            StoreError: there is none; :meth:`begin` makes one.
        """
        with self._engine.connect() as connection:
            row = connection.execute(_IN_USE).first()
        if row is None:
            raise StoreError("No shared weights are in use yet. Start the server once.")
        return InUse(*row)

    def weights(self, number: int) -> bytes | None:
        """The weights of a version; None where it was withdrawn meanwhile."""
        query = select(AgentModelRow.weights).where(AgentModelRow.number == number)
        with self._engine.connect() as connection:
            return connection.scalar(query)

    def list(self) -> Sequence[ModelVersion]:
        """Every version, the newest first."""
        people = (
            select(func.count())
            .where(AgentModelPersonRow.number == AgentModelRow.number)
            .correlate(AgentModelRow)
            .scalar_subquery()
        )
        query = select(
            AgentModelRow.number,
            AgentModelRow.name,
            AgentModelRow.judged,
            AgentModelRow.since,
            people,
            AgentModelRow.number == select(AgentInUseRow.number).scalar_subquery(),
        ).order_by(AgentModelRow.number.desc())
        with self._engine.connect() as connection:
            return [ModelVersion(*row) for row in connection.execute(query)]

    def publish(
        self,
        after: InUse,
        name: str,
        weights: bytes,
        judged: Mapping[str, Any],
        people: Collection[str],
    ) -> InUse:
        """Put a new version in use; what was taken back before is dropped.

        Args:
            after: what was in use when the fit began.
            people: pseudonyms of everybody it was fitted on.

        Raises:
            StoreError: another refresh, or an erasure, came in between.
            PrivacyError: somebody it was fitted on was erased meanwhile.
        """
        number = after.number + 1
        try:
            with self._engine.begin() as connection:
                moved = _move(connection, number, after.moved)
                if not moved:
                    raise StoreError(
                        "The shared weights changed while these were fitted. Refresh again."
                    )
                connection.execute(delete(AgentModelRow).where(AgentModelRow.number >= number))
                row = {"number": number, "name": name, "weights": weights, "since": now()}
                connection.execute(insert(AgentModelRow), {**row, "judged": dict(judged)})
                named = [{"number": number, "pseudonym": each} for each in sorted(people)]
                for start in range(0, len(named), _PART):
                    connection.execute(insert(AgentModelPersonRow), named[start : start + _PART])
                kept = number - MOST
                connection.execute(
                    delete(AgentModelRow).where(
                        AgentModelRow.number > 0, AgentModelRow.number <= kept
                    )
                )
        except IntegrityError as error:
            raise PrivacyError(
                "Somebody was erased while the weights were fitted on them. Refresh again."
            ) from error
        return InUse(number, after.moved + 1)

    def roll_back(self) -> InUse:
        """Put the version before in use.

        Raises:
            ConfigError: there is none.
            StoreError: another process changed it at the same time.
        """
        at = self.in_use()
        with self._engine.begin() as connection:
            before = connection.scalar(
                select(func.max(AgentModelRow.number)).where(AgentModelRow.number < at.number)
            )
            if before is None:
                raise ConfigError(
                    "There is no earlier version of the shared weights to go back to."
                )
            if not _move(connection, before, at.moved):
                raise StoreError("The shared weights changed meanwhile. Look, and try again.")
        return InUse(before, at.moved + 1)


def withdraw_models(connection: Connection, pseudonym: str) -> list[str]:
    """Delete every version that was fitted on a person; returns their names.

    If one of them was in use, the newest version before it that stays is.
    """
    fitted = select(AgentModelPersonRow.number).where(AgentModelPersonRow.pseudonym == pseudonym)
    names = list(
        connection.scalars(
            delete(AgentModelRow)
            .where(AgentModelRow.number.in_(fitted))
            .returning(AgentModelRow.name)
        )
    )
    if names:
        at = connection.execute(_IN_USE).one()
        before = connection.scalar(
            select(func.max(AgentModelRow.number)).where(AgentModelRow.number <= at.number)
        )
        _move(connection, before or 0, at.moved)
    return names


def _move(connection: Connection, number: int, moved: int) -> bool:
    done = connection.execute(
        update(AgentInUseRow)
        .where(AgentInUseRow.id == _ROW, AgentInUseRow.moved == moved)
        .values(number=number, moved=moved + 1)
    )
    return done.rowcount == 1
