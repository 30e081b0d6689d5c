from __future__ import annotations

import numpy as np
import pytest

from journeys.embedding import (
    MemoryVectorCache,
    choose_mean,
    corpus_mean,
    decode_mean,
    encode_mean,
    load_embedder,
    shipped_mean,
)
from journeys.embedding.mean import MIN_EVENTS, PRIOR_USERS


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_the_corpus_mean_counts_repeated_keys_and_not_chunks(chunk: int) -> None:
    cache = MemoryVectorCache()
    vectors = np.array([[1, 0], [0, 1], [0.5, 0.5]], dtype=np.float32)
    keys = [b"a", b"b", b"c"]
    cache.put("m", keys, vectors)
    mean = corpus_mean(cache, "m", [*keys, b"a"], chunk)
    np.testing.assert_allclose(mean, [2.5 / 4, 1.5 / 4], atol=1e-6)
    assert mean.dtype == np.float32


def test_the_mean_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no vectors"):
        corpus_mean(MemoryVectorCache(), "m", [])


def test_a_mean_survives_the_manifest_bit_for_bit() -> None:
    mean = np.random.default_rng(0).normal(size=384).astype(np.float32)
    np.testing.assert_array_equal(decode_mean(encode_mean(mean)), mean)
    with pytest.raises(ValueError, match="no encoded mean"):
        decode_mean("not base64!")
    with pytest.raises(ValueError, match="no encoded mean"):
        decode_mean("AAA=")


def test_few_people_lean_on_the_shipped_mean() -> None:
    own, shipped = np.zeros(3, dtype=np.float32), np.ones(3, dtype=np.float32)

    def share_shipped(users: int, events: int = 10_000) -> float:
        return float(choose_mean(own, users=users, events=events, shipped=shipped)[0])

    assert share_shipped(1, MIN_EVENTS - 1) == 1
    assert share_shipped(int(PRIOR_USERS)) == pytest.approx(0.5)
    shares = [share_shipped(users) for users in (1, 2, 10, 100, 10_000)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.01


def test_without_a_shipped_mean_the_own_is_taken() -> None:
    own = np.full(3, 0.25, dtype=np.float32)
    np.testing.assert_array_equal(choose_mean(own, users=1, events=5, shipped=None), own)
    with pytest.raises(ValueError, match="shapes"):
        choose_mean(own, users=1, events=5, shipped=np.zeros(4, dtype=np.float32))


def test_a_mean_is_shipped_for_the_built_in_model_only() -> None:
    embedder = load_embedder()
    mean = shipped_mean(embedder.id)
    assert mean is not None
    assert mean.shape == (embedder.dimension,)
    # Sentence embeddings share a direction: the mean is far from zero and far from unit length.
    assert 0.1 < np.linalg.norm(mean) < 0.5
    assert shipped_mean("some/other-model@0") is None
