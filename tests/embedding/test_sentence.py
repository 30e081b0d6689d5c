from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from journeys.embedding import SentenceTransformerEmbedder, load_embedder
from journeys.embedding.built_in import BUILT_IN_SHA256, built_in_folder
from journeys.errors import ModelError


def test_a_changed_weight_file_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(built_in_folder(), tmp_path / "model")
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\0changed")
    changed = SentenceTransformerEmbedder(folder, "changed", sha256=BUILT_IN_SHA256)
    with pytest.raises(ModelError, match="not the expected one"):
        changed.embed(["text"])
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        SentenceTransformerEmbedder(folder, "gone", sha256=BUILT_IN_SHA256).embed(["text"])


def test_a_folder_is_named_by_its_content(tmp_path: Path) -> None:
    folder = shutil.copytree(built_in_folder(), tmp_path / "model")
    same = load_embedder(str(folder), device="cpu")
    assert same.id.startswith("model@")
    built_in = load_embedder(device="cpu")
    np.testing.assert_allclose(same.embed(["bread"]), built_in.embed(["bread"]), atol=1e-6)
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


@pytest.mark.parametrize("asked", ["org/model", "org/model@0123abcd"])
def test_a_hub_model_is_taken_at_the_revision_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    import huggingface_hub

    given: list[tuple[str, str | None]] = []
    folder = tmp_path / "0123abcd"
    folder.mkdir()
    (folder / "config.json").write_text('{"hidden_size": 8}', encoding="utf-8")

    def download(name: str, *, revision: str | None = None, **_: object) -> str:
        given.append((name, revision))
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    found = load_embedder(asked)
    assert given == [("org/model", asked.partition("@")[2] or None)]
    assert found.id == "org/model@0123abcd"  # the same vectors, however it was asked for
