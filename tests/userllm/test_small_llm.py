"""A language model that is trained here on histories as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeys.errors import Cancelled
from journeys.naming.tuning import missing_packages
from journeys.userllm.small_llm import SmallConfig, train_small_llm, word_tokenizer
from tests.userllm.small_world import small_world

pytestmark = pytest.mark.skipif(
    bool(missing_packages()),
    reason=f"pip install -r requirements-userllm.txt (missing: {', '.join(missing_packages())})",
)

CONFIG = SmallConfig(width=16, layers=2, heads=2, length=24, batch=4, epochs=30, rate=1e-2)


def test_words_signs_and_ends_of_lines_are_tokens() -> None:
    tokenizer = word_tokenizer(["Toy Story | 5\nBabe | 4"])
    ids = tokenizer(" Babe\nToy unheard|", add_special_tokens=False)["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids) == ["Babe", "\n", "Toy", "<unk>", "|"]


def test_it_learns_the_histories_and_is_read_again(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    losses = train_small_llm(small_world(), tmp_path / "llm", CONFIG)
    assert losses[-1] < losses[0] / 2
    again = train_small_llm(small_world(), tmp_path / "again", CONFIG)
    assert again == losses, "the same seed gives the same training"
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "llm")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "llm")
    known = tokenizer(" ".join(q.text for q in small_world().questions))["input_ids"]
    assert tokenizer.unk_token_id not in known
    assert model.config.vocab_size == len(tokenizer)


def test_it_stops_when_asked(tmp_path: Path) -> None:
    class Stopping:
        def stage(self, name: str, done: int, total: int) -> None:
            assert total > 0

        def update(self, done: int) -> None:
            raise AssertionError("it should have stopped before")

        def should_stop(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        train_small_llm(small_world(), tmp_path / "llm", CONFIG, Stopping())
    assert not (tmp_path / "llm").exists()
