"""The database's caches do what the ones in memory do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event

from journeys.embedding import MemoryVectorCache, VectorCache
from journeys.naming.base import Completion
from journeys.store import Store
from journeys.store.caches import SqlVectorCache

MODELS = st.sampled_from(["minilm@1", "other"])
KEYS = st.lists(st.integers(0, 8).map(lambda n: bytes([n]) * 16), max_size=12)
DIMENSION = 3


def unit(rows: int, dimension: int = DIMENSION, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(params=["memory", "sql"])
def cache(request: pytest.FixtureRequest, store: Store) -> VectorCache:
    return MemoryVectorCache() if request.param == "memory" else SqlVectorCache(store.engine)


def test_the_database_answers_as_memory_does(store: Store) -> None:
    """Any sequence of puts and gets, by both caches, side by side."""
    models = iter(f"{n}" for n in range(1_000_000))

    class Side(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.memory = MemoryVectorCache()
            self.sql = SqlVectorCache(store.engine)
            self.prefix = next(models)  # examples share the database, not the models
            self.put_keys: dict[str, set[bytes]] = {}

        @rule(model=MODELS, keys=KEYS, seed=st.integers(0, 1000))
        def put(self, model: str, keys: list[bytes], seed: int) -> None:
            vectors = unit(len(keys), seed=seed) if keys else np.zeros((0, DIMENSION), np.float32)
            self.put_keys.setdefault(model, set()).update(keys)
            for cache in (self.memory, self.sql):
                cache.put(self.prefix + model, keys, vectors)

        @rule(model=MODELS, keys=KEYS)
        def missing(self, model: str, keys: list[bytes]) -> None:
            name = self.prefix + model
            assert self.sql.missing(name, keys) == self.memory.missing(name, keys)

        @rule(model=MODELS, keys=KEYS.filter(len))
        def get(self, model: str, keys: list[bytes]) -> None:
            name = self.prefix + model
            if set(keys) <= self.put_keys.get(model, set()):
                found = self.sql.get(name, keys)
                assert found.dtype == np.float32
                np.testing.assert_array_equal(found, self.memory.get(name, keys))
            else:
                messages = []
                for cache in (self.memory, self.sql):
                    with pytest.raises(KeyError) as caught:
                        cache.get(name, keys)
                    messages.append(str(caught.value))
                assert messages[0] == messages[1]

        @invariant()
        def nothing_put_is_missing(self) -> None:
            for model, keys in self.put_keys.items():
                assert self.sql.missing(self.prefix + model, sorted(keys)) == []

    run_state_machine_as_test(
        Side, settings=hypothesis_settings(max_examples=25, stateful_step_count=12, deadline=None)
    )


def test_what_comes_out_is_the_nearest_half_precision_number(cache: VectorCache) -> None:
    vectors = unit(100, 384)
    keys = [n.to_bytes(16, "big") for n in range(100)]
    cache.put("m", keys, vectors)
    found = cache.get("m", keys)
    np.testing.assert_array_equal(found, vectors.astype(np.float16).astype(np.float32))
    cosines = np.sum(found * vectors, axis=1) / np.linalg.norm(found, axis=1)
    assert cosines.min() > 1 - 1e-6
    # Read and put back, the bytes stay: a later run sees what an earlier one saw.
    cache.put("m", keys, found)
    np.testing.assert_array_equal(cache.get("m", keys), found)


def test_a_key_put_again_is_overwritten(cache: VectorCache) -> None:
    key = b"k" * 16
    first, second = unit(2)
    cache.put("m", [key], first[None])
    cache.put("m", [key], second[None])
    np.testing.assert_array_equal(cache.get("m", [key])[0], second.astype(np.float16))
    cache.put("m", [key, key], np.stack([second, first]))
    np.testing.assert_array_equal(cache.get("m", [key])[0], first.astype(np.float16))


def test_models_do_not_share_vectors(cache: VectorCache) -> None:
    cache.put("m", [b"k" * 16], unit(1))
    assert cache.missing("other", [b"k" * 16]) == [0]
    with pytest.raises(KeyError, match="no other vector"):
        cache.get("other", [b"k" * 16])


@pytest.mark.parametrize("shape", [(1, 3), (3, 3), (2,)])
def test_as_many_vectors_as_keys(cache: VectorCache, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="2 keys need as many rows"):
        cache.put("m", [b"a" * 16, b"b" * 16], np.zeros(shape, np.float32))
    assert cache.missing("m", [b"a" * 16, b"b" * 16]) == [0, 1]


def test_more_keys_than_a_statement_may_have_variables(store: Store) -> None:
    def limit(connection: object, _record: object) -> None:
        # SQLite's own default; some distributions build it with more.
        if isinstance(connection, sqlite3.Connection):
            connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)

    store.engine.dispose()
    event.listen(store.engine, "connect", limit)
    cache = store.vectors
    keys = [n.to_bytes(16, "little") for n in range(40_000)]
    vectors = unit(len(keys), 2)
    cache.put("m", keys, vectors)
    new = [n.to_bytes(16, "little") for n in range(39_999, 80_000)]
    assert cache.missing("m", new) == list(range(1, len(new)))
    np.testing.assert_array_equal(cache.get("m", keys[::-1]), vectors[::-1].astype(np.float16))


def test_two_workers_may_put_the_same_vectors_at_once(store: Store) -> None:
    keys = [n.to_bytes(16, "big") for n in range(500)]
    vectors = unit(len(keys))
    with ThreadPoolExecutor(4) as pool:
        ways = [slice(None), slice(None, None, -1)] * 4
        list(pool.map(lambda way: store.vectors.put("m", keys[way], vectors[way]), ways))
    np.testing.assert_array_equal(store.vectors.get("m", keys), vectors.astype(np.float16))


def test_an_answer_that_was_asked_for_again_takes_the_place_of_the_damaged_one(
    store: Store,
) -> None:
    assert store.completions.get("a" * 64) is None
    first = Completion('{"name": "Ukulele \N{MUSICAL NOTE}"}', 120, 9)
    store.completions.put("a" * 64, Completion('{"name": "Uku', 1, 1))
    store.completions.put("a" * 64, first)
    assert store.completions.get("a" * 64) == first
    assert store.completions.get("b" * 64) is None


def test_maps_come_back_to_the_bit(store: Store) -> None:
    points = np.array([[0.1, -2.5], [np.nan, np.nan], [1e30, -0.0]], dtype=np.float32)
    assert store.maps.get("m") is None
    store.maps.put("m", points)
    store.maps.put("m", points + 1)
    found = store.maps.get("m")
    assert found is not None
    assert found.tobytes() == points.tobytes()
    assert found.shape == (3, 2)


def test_a_cache_holds_no_text(store: Store, on_disk: Callable[[], bytes]) -> None:
    from journeys.embedding import embed_missing
    from journeys.embedding.fake import FakeEmbedder
    from journeys.embedding.keys import text_keys

    texts = ["a private title", "another private title"]
    keys = text_keys(store.keys.text, texts)
    assert embed_missing(texts, keys, FakeEmbedder(), store.vectors) == 2
    assert keys[0] in on_disk()
    assert b"private title" not in on_disk()
