from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from journeys.embedding import SentenceTransformerEmbedder, load_embedder
from journeys.embedding.sentence import BUILT_IN_SHA256, _built_in_folder
from journeys.errors import ModelError


@pytest.fixture(scope="module")
def embedder() -> SentenceTransformerEmbedder:
    return load_embedder(device="cpu")


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
    embedder: SentenceTransformerEmbedder,
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


def test_order_is_kept_and_progress_adds_up(embedder: SentenceTransformerEmbedder) -> None:
    texts = ["short", "a much longer text about baking bread at home", "", "short", "mid length"]
    reported: list[int] = []
    together = embedder.embed(texts, reported.append)
    alone = np.concatenate([embedder.embed([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert sum(reported) == len(texts)


def test_a_vector_does_not_depend_on_what_is_embedded_beside_it(
    embedder: SentenceTransformerEmbedder,
) -> None:
    words = ["bread", "dough", "oven", "flour", "crumb", "starter", "rye", "salt", "water"]
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(words, size=rng.integers(1, 9))) for _ in range(48)]
    together = embedder.embed(texts)
    order = rng.permutation(len(texts))
    for part in np.array_split(order, 5):
        np.testing.assert_array_equal(embedder.embed([texts[at] for at in part]), together[part])


def test_a_changed_weight_file_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(_built_in_folder(), tmp_path / "model")
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\0changed")
    changed = SentenceTransformerEmbedder(folder, "changed", sha256=BUILT_IN_SHA256)
    with pytest.raises(ModelError, match="not the expected one"):
        changed.embed(["text"])
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        SentenceTransformerEmbedder(folder, "gone", sha256=BUILT_IN_SHA256).embed(["text"])


def test_a_folder_is_named_by_its_content(
    tmp_path: Path, embedder: SentenceTransformerEmbedder
) -> None:
    folder = shutil.copytree(_built_in_folder(), tmp_path / "model")
    same = load_embedder(str(folder), device="cpu")
    assert same.id.startswith("model@")
    np.testing.assert_allclose(same.embed(["bread"]), embedder.embed(["bread"]), atol=1e-6)
    config = folder / "sentence_bert_config.json"
    config.write_text(json.dumps({"max_seq_length": 16, "do_lower_case": False}))
    assert load_embedder(str(folder)).id != same.id


def test_a_folder_without_a_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="neither modules"):
        load_embedder(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="how long its vectors are"):
        load_embedder(str(tmp_path))
    (tmp_path / "config.json").write_text('{"hidden_size": 8}')
    with pytest.raises(ModelError, match="could not be loaded"):
        load_embedder(str(tmp_path)).embed(["text"])


def test_a_model_that_cannot_be_fetched_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def no_network(*args: object, **kwargs: object) -> str:
        raise FileNotFoundError("no such snapshot")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", no_network)
    with pytest.raises(ModelError, match="Use the built-in 'minilm'"):
        load_embedder("no/such-model")


def test_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeys.embedding.sentence.BUILT_IN_PACKAGE", "no-such-package-here")
    with pytest.raises(ModelError, match="pip install"):
        load_embedder()
