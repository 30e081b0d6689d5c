"""Small timelines with a rule behind them, for the tests of the user encoder."""

from __future__ import annotations

import numpy as np
import torch

from journeys.userllm.encoder import UserEncoder
from journeys.userllm.events import EncoderConfig
from journeys.userllm.sequences import (
    ITEM,
    Catalogue,
    EncoderData,
    EventBatch,
    Vocabulary,
)

ITEMS, CONTENT = 24, 6


def walking(users: int = 60, length: int = 20, seed: int = 0, ties: bool = False) -> EncoderData:
    """People who walk round a ring of items one step at a time, with a few jumps.

    What comes next follows from the last item alone, so popularity cannot tell and order can.
    """
    rng = np.random.default_rng(seed)
    items, times = [], []
    for _ in range(users):
        at, now = int(rng.integers(ITEMS)), 1.6e9 + float(rng.integers(10**5))
        for number in range(length):
            at = (at + 1) % ITEMS if rng.random() < 0.9 else int(rng.integers(ITEMS))
            now += 0.0 if ties and number % 3 else float(rng.integers(1, 10**5))
            items.append(at + 1)
            times.append(now)
    ids = np.array(items, dtype=np.int64)
    content = np.concatenate([np.zeros((1, CONTENT)), rng.normal(size=(ITEMS, CONTENT))])
    content = content.astype(np.float32)
    category = np.concatenate([[0], np.arange(ITEMS) % 3 + 1]).astype(np.int64)
    return EncoderData(
        users=tuple(f"p{at}" for at in range(users)),
        starts=np.arange(users + 1) * length,
        ids={ITEM: ids, "category": category[ids], "rating": rng.integers(1, 6, len(ids))},
        times=np.array(times),
        content_row=ids,
        contents=content,
        vocabulary=Vocabulary(
            {
                ITEM: tuple(f"i{at}" for at in range(ITEMS)),
                "category": ("a", "b", "c"),
                "rating": ("1", "2", "3", "4", "5"),
            }
        ),
        catalogue=Catalogue(("", *(f"Item {at}" for at in range(ITEMS))), content, category),
    )


def lively_encoder(data: EncoderData, *, window: int = 200, seed: int = 0) -> UserEncoder:
    """An untrained encoder whose every part does something, ready to encode."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = EncoderConfig(
            data.vocabulary.sizes, content=data.contents.shape[1], width=16, window=window
        )
        encoder = UserEncoder(config).eval()
        with torch.no_grad():
            for weight in encoder.parameters():
                weight.add_(torch.randn_like(weight) * 0.2)
            encoder.items.weight[0] = 0.0
    return encoder


def changed(batch: EventBatch, row: int, column: int) -> EventBatch:
    """The batch with another event at one place."""
    ids = {name: each.clone() for name, each in batch.ids.items()}
    ids[ITEM][row, column] = ids[ITEM][row, column] % ITEMS + 1
    ids["rating"][row, column] = ids["rating"][row, column] % 5 + 1
    content, times = batch.content.clone(), batch.times.clone()
    content[row, column] += 1.0
    times[row, column] += 3_600.0
    return EventBatch(ids, content, times, batch.mask)
