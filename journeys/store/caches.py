"""Caches in the database: vectors, language-model answers and maps, each by keyed hash.

They satisfy the protocols of :mod:`journeys.embedding` and :mod:`journeys.naming`; the keys
reveal nothing of the texts, and :mod:`journeys.store.erase` removes what a person leaves behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, Insert, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from journeys.naming.base import Completion
from journeys.store.engine import now
from journeys.store.schema import CompletionRow, EmbeddingModel, MapRow, VectorRow

#: Bound variables a statement; SQLite allows 32,766.
_KEYS_AT_ONCE = 5_000


class SqlVectorCache:
    """Unit vectors by text key. Kept in half precision: a cosine moves by less than 1e-3."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def missing(self, model: str, keys: Sequence[bytes]) -> list[int]:
        """Positions in ``keys`` without a vector; a repeated key is named once, at its first."""
        first: dict[bytes, int] = {}
        for at, key in enumerate(keys):
            first.setdefault(key, at)
        with self._engine.connect() as connection:
            model_id = _model_id(connection, model)
            if model_id is not None:
                for part in _parts(list(first)):
                    query = select(VectorRow.key).where(
                        VectorRow.model_id == model_id, VectorRow.key.in_(part)
                    )
                    for key in connection.scalars(query):
                        first.pop(key, None)
        return sorted(first.values())

    def get(self, model: str, keys: Sequence[bytes]) -> np.ndarray:
        """Vectors in the order of ``keys``, shape ``(n, d)``, float32.

        Raises:
            KeyError: a key has no vector.
        """
        found: dict[bytes, bytes] = {}
        with self._engine.connect() as connection:
            model_id = _model_id(connection, model)
            for part in _parts(list(dict.fromkeys(keys))):
                query = select(VectorRow.key, VectorRow.data).where(
                    VectorRow.model_id == model_id, VectorRow.key.in_(part)
                )
                found.update(iter(connection.execute(query)))
        data = b"".join([found[key] for key in keys])
        flat = np.frombuffer(data, dtype=np.float16)
        return flat.reshape(len(keys), -1 if len(keys) else 0).astype(np.float32)

    def put(self, model: str, keys: Sequence[bytes], vectors: np.ndarray) -> None:
        """Keep vectors of shape ``(n, d)``; those already there stay as they are."""
        halves = np.ascontiguousarray(vectors, dtype=np.float16)
        with self._engine.begin() as connection:
            connection.execute(_or_ignore(connection, EmbeddingModel), {"name": model})
            model_id = _model_id(connection, model)
            rows = [
                {"model_id": model_id, "key": key, "data": half.tobytes()}
                for key, half in zip(keys, halves, strict=True)
            ]
            for start in range(0, len(rows), _KEYS_AT_ONCE):
                connection.execute(
                    _or_ignore(connection, VectorRow), rows[start : start + _KEYS_AT_ONCE]
                )


class SqlCompletionCache:
    """Language-model answers, so that no call is paid for twice."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, key: str) -> Completion | None:
        query = select(
            CompletionRow.text, CompletionRow.prompt_tokens, CompletionRow.completion_tokens
        ).where(CompletionRow.key == key)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return Completion(*row) if row else None

    def put(self, key: str, completion: Completion) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                _or_ignore(connection, CompletionRow),
                {
                    "key": key,
                    "text": completion.text,
                    "prompt_tokens": completion.prompt_tokens,
                    "completion_tokens": completion.completion_tokens,
                    "created_at": now(),
                },
            )


class SqlMapCache:
    """Drawn maps: coordinates by a keyed hash of what was drawn, and how."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, key: str) -> np.ndarray | None:
        """Points of shape ``(n, 2)``, float32, or None."""
        with self._engine.connect() as connection:
            data = connection.scalar(select(MapRow.points).where(MapRow.key == key))
        return None if data is None else np.frombuffer(data, dtype=np.float32).reshape(-1, 2)

    def put(self, key: str, points: np.ndarray) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                _or_ignore(connection, MapRow),
                {
                    "key": key,
                    "points": np.ascontiguousarray(points, dtype=np.float32).tobytes(),
                    "created_at": now(),
                },
            )


def _model_id(connection: Connection, model: str) -> int | None:
    return connection.scalar(select(EmbeddingModel.id).where(EmbeddingModel.name == model))


def _or_ignore(connection: Connection, table: Any) -> Insert:
    """An insert that leaves an existing row alone, in the database's own words."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return insert(table).prefix_with("IGNORE")


def _parts(keys: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        yield keys[start : start + _KEYS_AT_ONCE]
