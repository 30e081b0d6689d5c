"""INSERT with ON CONFLICT, which SQLite and PostgreSQL both have and SQLAlchemy has twice."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite

from journeys.store.schema import Base


def upsert(engine: Engine, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An insert into a table that can say what happens where the row is there."""
    if engine.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
