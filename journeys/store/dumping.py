"""PostgreSQL's own programs for backups: ``pg_dump`` and ``pg_restore``."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from journeys.errors import ConfigError
from journeys.settings import child_environment
from journeys.store.engine import first_line
from journeys.store.schema import Base

#: Where Debian keeps them when they are not on the path.
_FOLDERS = Path("/usr/lib/postgresql")


def dump(url: str, path: Path) -> None:
    """Write our tables in the custom format: one consistent state, nobody has to wait.

    Raises:
        ConfigError: ``pg_dump`` is not installed, or fails.
    """
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={path}"]
    _run("pg_dump", [*options, *(f'--table="{name}"' for name in _tables())], url)


def check(path: Path) -> None:
    """Read a dump's table of contents.

    Raises:
        ConfigError: ``pg_restore`` is not installed, or cannot read it.
    """
    _run("pg_restore", ["--list", str(path)])


def load(url: str, path: Path) -> None:
    """Put a dump in the place of our tables. Other tables of the database stay.

    Raises:
        ConfigError: somebody uses the tables, or ``pg_restore`` fails. The database is then empty:
            the same again, once the reason is gone, restores it.
    """
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
            for name in _tables():
                connection.execute(text(f'DROP TABLE IF EXISTS "{name}" CASCADE'))
    except DBAPIError as error:
        raise ConfigError(
            f"The database cannot be replaced: {first_line(error)}. Stop the app and the workers."
        ) from error
    database = str(make_url(url).database)
    options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    _run("pg_restore", [*options, f"--dbname={database}", str(path)], url)


def _tables() -> Sequence[str]:
    return [*Base.metadata.tables, "alembic_version"]


def program(name: str) -> str:
    """Where a program of PostgreSQL is.

    Raises:
        ConfigError: it is not installed.
    """
    found = shutil.which(name)
    if found:
        return found
    installed = sorted(
        _FOLDERS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3].partition(".")[0])
    )
    if not installed:
        raise ConfigError(
            f"{name} is not installed, which backups of PostgreSQL need. Install PostgreSQL's "
            "client programs (Debian: apt install postgresql-client) and try again."
        )
    return str(installed[-1])


def _run(name: str, arguments: Sequence[str], url: str | None = None) -> None:
    variables = {}
    if url is not None:
        parsed = make_url(url)
        # By the environment, so that no other user of the machine sees the password.
        variables = {
            "PGHOST": parsed.host or "",
            "PGPORT": str(parsed.port or ""),
            "PGUSER": parsed.username or "",
            "PGPASSWORD": str(parsed.password or ""),
            "PGDATABASE": str(parsed.database or ""),
        }
    done = subprocess.run(
        [program(name), *arguments],
        env=child_environment(**{key: value for key, value in variables.items() if value}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise ConfigError(f"{name} failed: {lines[0]}")
