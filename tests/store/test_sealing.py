"""Damaged rows of the caches are noticed, forgotten and made anew."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from journeys.embedding import embed_missing, vectors_of
from journeys.embedding.fake import FakeEmbedder
from journeys.store import Store
from journeys.store.schema import MapRow, VectorRow
from journeys.store.sealing import seal, unseal

TEXTS = ["ukulele chords", "sourdough starter", "lettuce tower"]
KEYS = [bytes([at]) * 16 for at in range(len(TEXTS))]


@given(st.binary(min_size=2, max_size=64), st.data())
def test_what_was_sealed_is_there_and_any_flipped_bit_is_seen(
    data: bytes, draw: st.DataObject
) -> None:
    data = data[: len(data) // 2 * 2]
    sealed = bytearray(seal(data))
    assert unseal(bytes(sealed)) == data
    sealed[draw.draw(st.integers(0, len(sealed) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    assert unseal(bytes(sealed)) is None


def test_rows_of_older_versions_are_believed() -> None:
    assert unseal(b"1234") == b"1234"


def damage(store: Store, key: bytes, data: bytes) -> None:
    with store.engine.begin() as connection:
        connection.execute(update(VectorRow).where(VectorRow.key == key).values(data=data))


def rows(store: Store) -> dict[bytes, bytes]:
    with store.engine.connect() as connection:
        return {r.key: r.data for r in connection.execute(VectorRow.__table__.select())}


@pytest.mark.parametrize("cut", [0, 1, 2, 57, 64, 128, 130, None])
def test_a_damaged_vector_is_made_anew(store: Store, cut: int | None) -> None:
    embedder = FakeEmbedder()
    embed_missing(TEXTS, KEYS, embedder, store.vectors)
    sound, before = store.vectors.get(embedder.id, KEYS), rows(store)
    row = before[KEYS[1]]
    damage(store, KEYS[1], row[: -cut or None] if cut is not None else b"\xff" + row[1:])
    if cut != 0:
        with pytest.raises(KeyError, match="no fake-64 vector"):
            store.vectors.get(embedder.id, KEYS)
        assert set(rows(store)) == {KEYS[0], KEYS[2]}
    np.testing.assert_array_equal(vectors_of(TEXTS, KEYS, embedder, store.vectors), sound)
    assert rows(store) == before


def test_a_cut_vector_is_noticed_when_it_is_asked_for_alone(store: Store) -> None:
    embedder = FakeEmbedder()
    embed_missing(TEXTS, KEYS, embedder, store.vectors)
    damage(store, KEYS[0], rows(store)[KEYS[0]][:101][:100])
    with pytest.raises(KeyError):
        store.vectors.get(embedder.id, KEYS[:1])


def test_a_damaged_map_is_as_none_and_is_drawn_over(store: Store) -> None:
    points = np.arange(6, dtype=np.float32).reshape(3, 2)
    store.maps.put("a", points)
    with store.engine.begin() as connection:
        connection.execute(update(MapRow).values(points=b"broken"))
    assert store.maps.get("a") is None
    store.maps.put("a", points)
    np.testing.assert_array_equal(store.maps.get("a"), points)
