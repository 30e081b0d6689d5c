"""What the researcher chose: the endpoint, its model, consent. Never a key or password."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from journeys.store.schema import Setting


class ChoiceStore:
    """Small named JSON objects."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, key: str) -> dict[str, Any] | None:
        """A choice, or None when it was never made."""
        with self._engine.connect() as connection:
            value: dict[str, Any] | None = connection.scalar(
                select(Setting.value).where(Setting.key == key)
            )
        return value

    def set(self, key: str, value: dict[str, Any]) -> None:
        """Keep a choice in place of the earlier one."""
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(Setting).where(Setting.key == key).values(value=value)
            ).rowcount
            if not changed:
                connection.execute(insert(Setting), {"key": key, "value": value})

    def clear(self, key: str) -> None:
        """Forget a choice."""
        with self._engine.begin() as connection:
            connection.execute(delete(Setting).where(Setting.key == key))
