from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from journeys.embedding import Embedder, SentenceTransformerEmbedder, load_embedder, shipped_mean
from journeys.embedding.built_in import built_in_folder
from journeys.embedding.onnx import quantised
from journeys.errors import Cancelled, ModelError

WORDS = ["bread", "dough", "oven", "flour", "crumb", "starter", "rye", "salt", "water"]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder(device="cpu")


@pytest.fixture(scope="module")
def texts() -> list[str]:
    rng = np.random.default_rng(0)
    made = [" ".join(rng.choice(WORDS, size=rng.integers(1, 9))) for _ in range(48)]
    return [*made, "", "bread " * 400, "日本語のパン 🍞", "a\nb\tc"]


def test_an_embedder_is_known_without_importing_torch() -> None:
    code = (
        "import sys\nfrom journeys.embedding import load_embedder\n"
        "embedder = load_embedder()\nassert embedder.dimension == 384\n"
        "assert embedder.embed([]).shape == (0, 384)\n"
        "print(embedder.id, [m for m in ('torch', 'sentence_transformers') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "all-MiniLM-L6-v2@53aa51172d14 []"


def test_the_built_in_model_gives_its_published_similarities(
    embedder: Embedder,
) -> None:
    # The example and figures of the sentence-transformers README.
    vectors = embedder.embed(
        ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    )
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(
        vectors @ vectors.T,
        [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]],
        atol=2e-4,
    )


def test_order_is_kept_and_progress_adds_up(embedder: Embedder) -> None:
    texts = ["short", "a much longer text about baking bread at home", "", "short", "mid length"]
    reported: list[int] = []
    together = embedder.embed(texts, reported.append)
    alone = np.concatenate([embedder.embed([text]) for text in texts])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert sum(reported) == len(texts)


@pytest.mark.parametrize("name", ["minilm", "minilm-int8"])
def test_a_vector_does_not_depend_on_its_company_or_on_threads(name: str, texts: list[str]) -> None:
    together = load_embedder(name, device="cpu", threads=2).embed(texts)
    one_thread = load_embedder(name, device="cpu", threads=1)
    order = np.random.default_rng(1).permutation(len(texts))
    for part in np.array_split(order, 5):
        found = one_thread.embed([texts[at] for at in part])
        np.testing.assert_array_equal(found, together[part])


def test_it_is_the_model_that_sentence_transformers_computes(
    embedder: Embedder, texts: list[str]
) -> None:
    oracle = SentenceTransformerEmbedder(built_in_folder(), "oracle", device="cpu").embed(texts)
    np.testing.assert_allclose(embedder.embed(texts), oracle, atol=2e-6)
    int8 = load_embedder("minilm-int8").embed(texts)
    cosines = (int8 * oracle).sum(axis=1)
    assert cosines.min() > 0.96
    assert cosines.mean() > 0.985


def test_eight_bits_are_another_embedder_with_the_same_mean(embedder: Embedder) -> None:
    int8 = load_embedder("minilm-int8")
    assert int8.id == f"{embedder.id}+int8"
    mean = shipped_mean(embedder.id)
    assert mean is not None
    np.testing.assert_array_equal(shipped_mean(int8.id), mean)


def test_a_matrix_in_eight_bits_is_within_half_a_step() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(40, 7)).astype(np.float32) * np.array([1, 5, 0.01, 0, 3, 2, 9])
    whole, scale = quantised(matrix.astype(np.float32))
    assert whole.dtype == np.int8
    assert abs(whole.astype(int)).max() == 127
    assert (np.abs(whole * scale - matrix) <= scale * 0.5001).all()


def test_who_asks_for_progress_can_stop(embedder: Embedder) -> None:
    seen: list[int] = []

    def stop(count: int) -> None:
        seen.append(count)
        if len(seen) == 2:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        embedder.embed([f"{'bread ' * (1 + at % 50)}{at}" for at in range(500)], stop)
    assert len(seen) == 2
    assert embedder.embed(["bread"]).shape == (1, 384)


def test_a_changed_weight_file_of_the_built_in_model_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(built_in_folder(), tmp_path / "model")
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\0changed")
    monkeypatch.setattr("journeys.embedding.built_in.built_in_folder", lambda: folder)
    with pytest.raises(ModelError, match="not the expected one"):
        load_embedder(device="cpu").embed(["text"])


def test_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeys.embedding.built_in.BUILT_IN_PACKAGE", "no-such-package-here")
    with pytest.raises(ModelError, match="pip install"):
        load_embedder()
