"""A small causal language model that is trained here, on histories as text.

Where a language model of a hundred million weights is too dear to train (two processor cores), this
one shows what the routes learn: the same classes of ``transformers``, a vocabulary of whole words,
and as much of everybody's history as the user encoder learns from. It knows no other language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from journeys.discovery.progress import Progress, Silent, check
from journeys.userllm.questions import one_line
from journeys.userllm.worlds import World

#: A word, the end of a line, or a sign.
_TOKEN = r"\w+|\n|[^\w\s]"  # noqa: S105 - a pattern
_UNKNOWN, _END = "<unk>", "<end>"


@dataclass(frozen=True)
class SmallConfig:
    """Shape and training.

    Attributes:
        length: tokens of a row; histories are cut into rows.
        batch: rows a step.
        epochs: passes over all histories.
        fewest: times that a word must come to be known.
    """

    width: int = 128
    layers: int = 4
    heads: int = 4
    length: int = 256
    batch: int = 8
    epochs: int = 1
    rate: float = 3e-3
    fewest: int = 1
    seed: int = 0


def train_small_llm(
    world: World,
    folder: Path,
    config: SmallConfig | None = None,
    progress: Progress | None = None,
    *,
    more: Sequence[str] = (),
) -> list[float]:
    """Train on the histories of a world, as text, and save in the hub's layout.

    Args:
        folder: for model and tokenizer; complete once ``config.json`` is there.
        more: texts whose words must be known, such as a prompt's opening.

    Returns:
        The loss of each step, nats a token.

    Raises:
        Cancelled: as ``progress`` asked; nothing is kept.
    """
    from transformers import LlamaConfig, LlamaForCausalLM

    config = config or SmallConfig()
    told = progress or Silent()
    counts = np.bincount(world.data.owner[world.learnt], minlength=world.data.n_users)
    starts = world.data.starts[:-1]
    histories = [
        world.wording.history(int(start), int(start + count))
        for start, count in zip(starts, counts, strict=True)
    ]
    asked = [text for question in world.questions for text in (question.text, *question.answers)]
    titles = [one_line(title) for title in world.data.catalogue.titles]
    known = [*histories, *titles, *dict.fromkeys(asked), *more]
    tokenizer = word_tokenizer(known, config.fewest)
    rows = _rows([tokenizer(text)["input_ids"] for text in histories], config)
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        model: Any = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(tokenizer),
                hidden_size=config.width,
                intermediate_size=3 * config.width,
                num_hidden_layers=config.layers,
                num_attention_heads=config.heads,
                num_key_value_heads=config.heads,
                max_position_embeddings=4096,
                tie_word_embeddings=True,
                bos_token_id=None,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
        )
        losses = _train(model, rows, config, told)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return losses


def _rows(histories: Sequence[Sequence[int]], config: SmallConfig) -> torch.Tensor:
    """Histories one after the other, cut into rows ``(n, length)``; the rest is dropped."""
    flat = np.concatenate([np.array(each, dtype=np.int64) for each in histories])
    count = max(len(flat) // config.length, 1)
    padded = np.resize(flat, count * config.length)
    return torch.from_numpy(padded.reshape(count, config.length))


def _train(model: Any, rows: torch.Tensor, config: SmallConfig, progress: Progress) -> list[float]:
    optimiser = torch.optim.AdamW(model.parameters(), lr=config.rate, weight_decay=0.01)
    per_epoch = -(-len(rows) // config.batch)
    steps = config.epochs * per_epoch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.rate, total_steps=steps + 1, pct_start=0.1
    )
    progress.stage("small", 0, steps)
    losses: list[float] = []
    model.train()
    for epoch in range(config.epochs):
        order = np.random.default_rng([config.seed, epoch]).permutation(len(rows))
        for at in range(0, len(order), config.batch):
            check(progress)
            batch = rows[order[at : at + config.batch]]
            loss = model(input_ids=batch, labels=batch).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad()
            schedule.step()
            losses.append(float(loss.detach()))
            progress.update(len(losses))
    model.eval()
    return losses


def word_tokenizer(texts: Sequence[str], fewest: int = 1) -> Any:
    """A tokenizer of whole words, signs and ends of lines; other words are one unknown one."""
    from tokenizers import Regex, Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split
    from transformers import PreTrainedTokenizerFast

    counts: dict[str, int] = {}
    for text in texts:
        for word in re.findall(_TOKEN, text):
            counts[word] = counts.get(word, 0) + 1
    known = sorted(word for word, count in counts.items() if count >= fewest)
    vocabulary = {word: at for at, word in enumerate([_UNKNOWN, _END, *known])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token=_UNKNOWN))
    tokenizer.pre_tokenizer = Split(Regex(_TOKEN), "removed", invert=True)
    fast: Any = PreTrainedTokenizerFast  # It has no types.
    return fast(tokenizer_object=tokenizer, unk_token=_UNKNOWN, eos_token=_END, pad_token=_END)
