from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.embedding import MemoryVectorCache, embed_missing, text_key, text_keys
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import Cancelled

SECRET = b"a secret of the installation"


class CountingEmbedder(FakeEmbedder):
    """Remembers every text it was asked to embed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def embed(self, texts, on_progress=None):  # type: ignore[no-untyped-def]
        self.seen += texts
        return super().embed(texts, on_progress)


@given(st.lists(st.text(), max_size=20))
def test_keys_are_keyed_blake2b(texts: list[str]) -> None:
    expected = [
        hashlib.blake2b(
            text.encode("utf-8", "surrogatepass"), key=SECRET, digest_size=16, person=b"text"
        ).digest()
        for text in texts
    ]
    assert text_keys(SECRET, texts) == expected
    assert [text_key(SECRET, text) for text in texts] == expected


def test_keys_need_the_secret_and_take_any_string() -> None:
    assert text_key(b"one", "title") != text_key(b"two", "title")
    assert len(text_key(SECRET, "\ud800")) == 16
    with pytest.raises(ValueError, match="1 to 64 bytes"):
        text_keys(b"", ["title"])
    with pytest.raises(ValueError, match="1 to 64 bytes"):
        text_keys(b"x" * 65, ["title"])


def test_missing_gives_the_first_position_of_each_new_key() -> None:
    cache = MemoryVectorCache()
    cache.put("m", [b"b"], np.ones((1, 4)))
    assert cache.missing("m", [b"a", b"b", b"a", b"c"]) == [0, 3]
    assert cache.missing("other", [b"b"]) == [0]


def test_get_returns_rows_in_order_as_float32() -> None:
    cache = MemoryVectorCache()
    vectors = np.eye(3, dtype=np.float32)
    for start in range(3):  # Grows a row at a time.
        cache.put("m", [bytes([start])], vectors[start : start + 1])
    found = cache.get("m", [b"\x02", b"\x00", b"\x02"])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, vectors[[2, 0, 2]])
    assert cache.get("m", []).shape == (0, 3)


def test_get_names_a_missing_key() -> None:
    with pytest.raises(KeyError, match="abcd"):
        MemoryVectorCache().get("m", [bytes.fromhex("abcd")])


def test_put_overwrites_and_refuses_wrong_shapes() -> None:
    cache = MemoryVectorCache()
    cache.put("m", [b"a"], np.zeros((1, 2)))
    cache.put("m", [b"a"], np.ones((1, 2)))
    np.testing.assert_array_equal(cache.get("m", [b"a"]), np.ones((1, 2), dtype=np.float32))
    with pytest.raises(ValueError, match="2 keys"):
        cache.put("m", [b"a", b"b"], np.ones((1, 2)))


def test_half_precision_keeps_cosines() -> None:
    cache = MemoryVectorCache()
    embedder = FakeEmbedder(384)
    texts = [f"title {at} of something" for at in range(50)]
    keys = text_keys(SECRET, texts)
    embed_missing(texts, keys, embedder, cache)
    fresh, kept = embedder.embed(texts), cache.get(embedder.id, keys)
    assert np.abs(fresh @ fresh.T - kept @ kept.T).max() < 2e-3


def test_a_text_is_embedded_once() -> None:
    cache, embedder, reported = MemoryVectorCache(), CountingEmbedder(), []
    texts = ["a", "b", "a", "c", "b"]
    keys = text_keys(SECRET, texts)
    assert embed_missing(texts, keys, embedder, cache, chunk=2, on_progress=reported.append) == 3
    assert embedder.seen == ["a", "b", "c"]
    assert sum(reported) == 3
    assert embed_missing(texts, keys, embedder, cache) == 0
    assert embed_missing(["d", "a"], text_keys(SECRET, ["d", "a"]), embedder, cache) == 1
    assert embedder.seen == ["a", "b", "c", "d"]


def test_an_interruption_keeps_finished_chunks() -> None:
    cache, embedder = MemoryVectorCache(), CountingEmbedder()
    texts = [str(number) for number in range(10)]
    keys = text_keys(SECRET, texts)
    with pytest.raises(Cancelled):
        embed_missing(
            texts, keys, embedder, cache, chunk=3, should_stop=lambda: len(embedder.seen) > 5
        )
    # The chunk in which the stop was noticed is lost, the one before it is kept.
    assert cache.missing(embedder.id, keys) == list(range(3, 10))
    assert embed_missing(texts, keys, embedder, cache, chunk=3) == 7
    assert cache.missing(embedder.id, keys) == []


def test_a_failing_embedder_loses_only_its_chunk() -> None:
    class Failing(CountingEmbedder):
        def embed(self, texts, on_progress=None):  # type: ignore[no-untyped-def]
            if "4" in texts:
                raise RuntimeError("out of memory")
            return super().embed(texts, on_progress)

    cache, embedder = MemoryVectorCache(), Failing()
    texts = [str(number) for number in range(6)]
    keys = text_keys(SECRET, texts)
    with pytest.raises(RuntimeError):
        embed_missing(texts, keys, embedder, cache, chunk=2)
    assert cache.missing(embedder.id, keys) == [4, 5]


def test_fake_embedder_puts_similar_texts_near() -> None:
    vectors = FakeEmbedder().embed(
        ["learning the ukulele", "ukulele learning songs", "sourdough oven crumb", "", "?!"]
    )
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert vectors[0] @ vectors[1] > 0.5 > abs(vectors[0] @ vectors[2])
