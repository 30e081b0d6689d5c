"""Receipts of erasures: a file outside the database, so that a restored backup forgets again.

A receipt has a time and a keyed hash of the log and the pseudonym that were erased. Nobody can be
read from it; whoever has the secret can only ask whether somebody they name is in it. A backup that
is restored has people who were erased after it was made: those are found by their receipts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from sqlalchemy import Connection, Engine, Select, select

from journeys.errors import ConfigError
from journeys.store.agents_schema import AgentUserRow
from journeys.store.engine import now
from journeys.store.schema import Log, Person

#: Microseconds by which a receipt may be older than a backup and still count: an erasure that was
#: about to be committed when the backup began is in its receipt and not in the backup.
MARGIN = 60 * 1_000_000


@dataclass(frozen=True)
class Receipts:
    """The receipts in one file, which is made with the first.

    Attributes:
        path: the file; one JSON object a line.
        key: from the installation's secret, for this purpose only.
    """

    path: Path
    key: bytes

    def __repr__(self) -> str:
        return f"Receipts({self.path})"

    def write(self, connection: Connection, people: Sequence[int]) -> None:
        """Note people who are about to be erased, on disk before this returns.

        Raises:
            ConfigError: the file cannot be written. Nothing may be erased then.
        """
        query = _marked().where(Person.id.in_(people))
        self._append(
            [
                self._mark(f"{log}:{created}:{pseudonym}")
                for _, log, created, pseudonym in connection.execute(query)
            ]
        )

    def write_agents(self, pseudonym: str) -> None:
        """Note somebody of whom what agents learnt is about to be erased.

        Raises:
            ConfigError: as :meth:`write`.
        """
        self._append([self._mark(f"agents:{pseudonym}")])

    def due(self, engine: Engine, since: int) -> Sequence[int]:
        """Ids of people in the database who were erased after ``since``, microseconds."""
        marks = self._marks(since)
        if not marks:
            return []
        with engine.connect() as connection:
            return [
                person
                for person, log, created, pseudonym in connection.execute(_marked())
                if self._mark(f"{log}:{created}:{pseudonym}") in marks
            ]

    def due_agents(self, engine: Engine, since: int) -> Sequence[str]:
        """Pseudonyms of users of agents who were erased after ``since``, microseconds."""
        marks = self._marks(since)
        if not marks:
            return []
        with engine.connect() as connection:
            names = connection.scalars(select(AgentUserRow.pseudonym))
            return [name for name in names if self._mark(f"agents:{name}") in marks]

    def _append(self, marks: Sequence[str]) -> None:
        lines = [json.dumps({"at": now(), "mark": mark}) + "\n" for mark in marks]
        try:
            self.path.parent.mkdir(0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "ab") as file:
                file.write("".join(lines).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ConfigError(
                f"Nothing was erased: the receipt could not be written to {self.path} "
                f"({error.strerror}), so a restored backup would bring the person back. "
                "Make the file writable, or set JOURNEYS_ERASURES."
            ) from error

    def _mark(self, said: str) -> str:
        return blake2b(said.encode(), key=self.key, digest_size=16).hexdigest()

    def _marks(self, since: int) -> frozenset[str]:
        return frozenset(mark for at, mark in self._read() if at >= since - MARGIN)

    def _read(self) -> Iterator[tuple[int, str]]:
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                told = json.loads(line)
                yield int(told["at"]), str(told["mark"])
            except (ValueError, KeyError, TypeError) as error:
                # The last line of a process that was killed holds no erasure that was done.
                if line is not lines[-1]:
                    raise ConfigError(
                        f"The receipts of erasures in {self.path} are damaged. Restore that file "
                        "first: without it erased people would come back."
                    ) from error


def _marked() -> Select[int, int, int, str]:
    return select(Person.id, Log.id, Log.created_at, Person.pseudonym).join(
        Log, Log.id == Person.log_id
    )
