"""Prompt sets that a researcher wrote: versions that are added, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from journeys.errors import ConfigError, StoreError
from journeys.naming.prompts import SHIPPED, PromptSet
from journeys.naming.prompts.folders import set_name
from journeys.naming.prompts.validation import require_valid
from journeys.store.engine import now
from journeys.store.schema import Naming, PromptSetRow, Run

#: What the sets kept here are for: the five names of a journey.
PURPOSE = "ladder"


@dataclass(frozen=True)
class PromptRecord:
    """A version that is kept.

    Attributes:
        based_on: id of the set that it was made from; '' where that is not known.
        created_at: microseconds since 1970-01-01 UTC.
    """

    prompts: PromptSet
    based_on: str
    created_at: int

    @property
    def id(self) -> str:
        """Of the set: its name and the hash of its files."""
        return self.prompts.id


class PromptStore:
    """List, read, add and delete prompt sets."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(self) -> Sequence[PromptRecord]:
        """All that were added, newest first; the shipped set is not among them."""
        query = (
            select(PromptSetRow.__table__)
            .where(PromptSetRow.purpose == PURPOSE)
            .order_by(PromptSetRow.created_at.desc(), PromptSetRow.id)
        )
        with self._engine.connect() as connection:
            return [_record(row) for row in connection.execute(query)]

    def get(self, id: str) -> PromptSet:
        """A set by its id, or a shipped one by its name; '' gives the one for endpoints.

        Raises:
            StoreError: there is none with this id.
        """
        for shipped in map(PromptSet.shipped, SHIPPED):
            if id in ("", shipped.name, shipped.id):
                return shipped
        return self.record(id).prompts

    def chosen(self, id: str, namer: str) -> PromptSet:
        """The set that a configuration names; '' for the shipped one of that kind of namer.

        Raises:
            ConfigError: it is not there any more, or never was.
        """
        if not id:
            return PromptSet.of_namer(namer)
        try:
            return self.get(id)
        except StoreError as error:
            raise ConfigError(f"{error} Choose other prompts, and name again.") from error

    def record(self, id: str) -> PromptRecord:
        """A set that was added, with what is known of it.

        Raises:
            StoreError: there is none with this id.
        """
        with self._engine.connect() as connection:
            row = connection.execute(_by_id(id)).first()
        if row is None:
            raise StoreError(f"There are no prompts with the id “{id}”.")
        return _record(row)

    def add(self, prompts: PromptSet, based_on: str = "") -> str:
        """Keep a set; gives its id. One that is there already stays as it is.

        Raises:
            InputError: its name is not one, or its files have errors.
        """
        if prompts.is_shipped:
            return prompts.id
        set_name(prompts.name)
        require_valid(prompts)
        try:
            with self._engine.begin() as connection:
                if connection.execute(_by_id(prompts.id)).first() is None:
                    connection.execute(insert(PromptSetRow), _row(prompts, based_on))
        except IntegrityError:
            pass  # another session added the very same in this moment
        return prompts.id

    def runs_with(self, id: str) -> Sequence[int]:
        """Ids of the runs that are set to a prompt set, or have names made with it."""
        with self._engine.connect() as connection:
            return _runs_with(connection, id)

    def delete(self, id: str) -> None:
        """Remove a set that no run uses.

        Raises:
            StoreError: there is none with this id, or a run uses it.
        """
        with self._engine.begin() as connection:
            used = _runs_with(connection, id)
            if used:
                runs = ", ".join(str(run) for run in used)
                raise StoreError(
                    f"The prompts “{id}” are used by run {runs} and stay, so that its names can "
                    "be explained. Delete the run first."
                )
            removed = connection.execute(
                delete(PromptSetRow).where(PromptSetRow.id == id, PromptSetRow.purpose == PURPOSE)
            ).rowcount
            if not removed:
                raise StoreError(f"There are no prompts with the id “{id}” to delete.")


def _by_id(id: str) -> Any:
    return select(PromptSetRow.__table__).where(
        PromptSetRow.id == id, PromptSetRow.purpose == PURPOSE
    )


def _runs_with(connection: Connection, id: str) -> list[int]:
    set_to = select(Run.id).where(Run.config["prompts"].as_string() == id)
    named = select(Naming.run_id).where(Naming.basis["prompts"].as_string() == id).distinct()
    return sorted({*connection.scalars(set_to), *connection.scalars(named)})


def _record(row: Any) -> PromptRecord:
    return PromptRecord(PromptSet(row.name, row.files), row.based_on, row.created_at)


def _row(prompts: PromptSet, based_on: str) -> dict[str, Any]:
    return {
        "id": prompts.id,
        "purpose": PURPOSE,
        "name": prompts.name,
        "files": dict(prompts.files),
        "based_on": based_on,
        "created_at": now(),
    }
