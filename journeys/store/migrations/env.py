"""Alembic's entry: runs the migrations on the connection that the store hands over."""

from __future__ import annotations

from alembic import context

import journeys.store.agents_schema
import journeys.store.audit_schema
import journeys.store.memory_schema
import journeys.store.study_schema  # noqa: F401 - their tables
from journeys.store.schema import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
