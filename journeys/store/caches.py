"""Caches in the database: vectors, language-model answers and maps, each by keyed hash.

They satisfy the protocols of :mod:`journeys.embedding` and :mod:`journeys.naming`; the keys
reveal nothing of the texts, and :mod:`journeys.store.erase` removes what a person leaves behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, select
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
        try:
            data = b"".join([found[key] for key in keys])
        except KeyError as error:
            raise KeyError(f"no {model} vector is kept under {error.args[0].hex()}") from None
        flat = np.frombuffer(data, dtype=np.float16)
        return flat.reshape(len(keys), -1 if len(keys) else 0).astype(np.float32)

    def put(self, model: str, keys: Sequence[bytes], vectors: np.ndarray) -> None:
        """Keep vectors of shape ``(n, d)``; a key that is already there is overwritten."""
        if vectors.ndim != 2 or len(vectors) != len(keys):
            raise ValueError(f"{len(keys)} keys need as many rows, not shape {vectors.shape}")
        halves = np.ascontiguousarray(vectors, dtype=np.float16)
        with self._engine.begin() as connection:
            connection.execute(
                _insert(connection, EmbeddingModel).on_conflict_do_nothing(), {"name": model}
            )
            model_id = _model_id(connection, model)
            data = dict(zip(keys, (half.tobytes() for half in halves), strict=True))
            # In one order, so that two workers with the same texts never wait for each other.
            rows = [{"model_id": model_id, "key": key, "data": data[key]} for key in sorted(data)]
            statement = _insert(connection, VectorRow)
            statement = statement.on_conflict_do_update(
                index_elements=["model_id", "key"], set_={"data": statement.excluded.data}
            )
            for start in range(0, len(rows), _KEYS_AT_ONCE):
                connection.execute(statement, rows[start : start + _KEYS_AT_ONCE])


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
                _insert(connection, CompletionRow).on_conflict_do_nothing(),
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
                _insert(connection, MapRow).on_conflict_do_nothing(),
                {
                    "key": key,
                    "points": np.ascontiguousarray(points, dtype=np.float32).tobytes(),
                    "created_at": now(),
                },
            )


def _model_id(connection: Connection, model: str) -> int | None:
    return connection.scalar(select(EmbeddingModel.id).where(EmbeddingModel.name == model))


def _insert(connection: Connection, table: Any) -> sqlite.Insert | postgresql.Insert:
    """An insert that can be told what to do about an existing row."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def _parts(keys: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        yield keys[start : start + _KEYS_AT_ONCE]
