"""Caches in the database: vectors, language-model answers and maps, each by keyed hash.

They satisfy the protocols of :mod:`journeys.embedding` and :mod:`journeys.naming`; the keys
reveal nothing of the texts, and :mod:`journeys.store.erase` removes what a person leaves behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from journeys.naming.base import Completion
from journeys.store.engine import now
from journeys.store.outages import outlast
from journeys.store.schema import CompletionRow, EmbeddingModel, MapRow, VectorRow
from journeys.store.sealing import seal, sealed, unseal

#: Bound variables a statement; SQLite allows 32,766.
_KEYS_AT_ONCE = 5_000

#: Seconds for which a paid answer waits for a database that is away.
_PATIENCE = 120.0


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
            KeyError: a key has no vector, or had a damaged one, which is then no longer there.
        """
        stored: dict[bytes, bytes] = {}
        with self._engine.connect() as connection:
            model_id = _model_id(connection, model)
            for part in _parts(list(dict.fromkeys(keys))):
                query = select(VectorRow.key, VectorRow.data).where(
                    VectorRow.model_id == model_id, VectorRow.key.in_(part)
                )
                stored.update(iter(connection.execute(query)))
        found, damaged = _unsealed(stored)
        if damaged:
            self._forget(model_id, damaged)
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
            data = dict(zip(keys, (seal(half.tobytes()) for half in halves), strict=True))
            # In one order, so that two workers with the same texts never wait for each other.
            rows = [{"model_id": model_id, "key": key, "data": data[key]} for key in sorted(data)]
            statement = _insert(connection, VectorRow)
            statement = statement.on_conflict_do_update(
                index_elements=["model_id", "key"], set_={"data": statement.excluded.data}
            )
            for start in range(0, len(rows), _KEYS_AT_ONCE):
                connection.execute(statement, rows[start : start + _KEYS_AT_ONCE])

    def _forget(self, model_id: int | None, damaged: Mapping[bytes, bytes]) -> None:
        """Drop damaged rows, unless they were written anew meanwhile."""
        with self._engine.begin() as connection:
            for key in sorted(damaged):
                connection.execute(
                    delete(VectorRow).where(
                        VectorRow.model_id == model_id,
                        VectorRow.key == key,
                        VectorRow.data == damaged[key],
                    )
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
        """Keep an answer. It was paid for, so an outage of the database is waited for.

        One that is there already was damaged, or nobody would have asked again: it is replaced.
        """
        outlast(lambda: self._put(key, completion), _PATIENCE)

    def _put(self, key: str, completion: Completion) -> None:
        values = {
            "text": completion.text,
            "prompt_tokens": completion.prompt_tokens,
            "completion_tokens": completion.completion_tokens,
            "created_at": now(),
        }
        with self._engine.begin() as connection:
            connection.execute(
                _insert(connection, CompletionRow).on_conflict_do_update(
                    index_elements=["key"], set_=values
                ),
                {"key": key, **values},
            )


class SqlMapCache:
    """Drawn maps: coordinates by a keyed hash of what was drawn, and how."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, key: str) -> np.ndarray | None:
        """Points of shape ``(n, 2)``, float32, or None; damaged ones are dropped."""
        with self._engine.connect() as connection:
            stored = connection.scalar(select(MapRow.points).where(MapRow.key == key))
        points = read_points(stored)
        if stored is not None and points is None:
            with self._engine.begin() as connection:
                connection.execute(delete(MapRow).where(MapRow.key == key, MapRow.points == stored))
        return points

    def put(self, key: str, points: np.ndarray) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                _insert(connection, MapRow).on_conflict_do_nothing(),
                {
                    "key": key,
                    "points": seal(np.ascontiguousarray(points, dtype=np.float32).tobytes()),
                    "created_at": now(),
                },
            )


def read_points(stored: bytes | None) -> np.ndarray | None:
    """The points of a stored map, shape ``(n, 2)``, float32; None for none, or a damaged one."""
    data = None if stored is None else unseal(stored)
    if data is None or len(data) % 8:
        return None
    return np.frombuffer(data, dtype=np.float32).reshape(-1, 2)


def _unsealed(stored: Mapping[bytes, bytes]) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
    """(key -> vector's bytes, key -> row that is damaged). All vectors have one length."""
    found = {}
    for key, row in stored.items():
        data = unseal(row)
        if data is not None and (sealed(row) or _unit(data)):
            found[key] = data
    length = max(map(len, found.values()), default=0)
    found = {key: data for key, data in found.items() if len(data) == length}
    return found, {key: row for key, row in stored.items() if key not in found}


def _unit(data: bytes) -> bool:
    """Whether a vector has length 1, as far as half precision can tell."""
    vector = np.frombuffer(data, dtype=np.float16).astype(np.float32)
    squared = float((vector * vector).sum()) if np.isfinite(vector).all() else 0.0
    return abs(squared - 1.0) < 4e-3


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
