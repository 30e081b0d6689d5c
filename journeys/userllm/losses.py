"""Telling the next event: a loss a feature, summed (User-LLM's pretraining)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from journeys.userllm.events import EventModel
from journeys.userllm.sequences import ITEM, EventBatch

#: Catalogues up to this size are scored whole at each step; of larger ones so many items are drawn.
WHOLE, DRAWN = 20_000, 4_096


def telling(batch: EventBatch, first: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Which event is told from which: each from the last one of the instant before its own.

    Args:
        batch: timelines.
        first: shape ``(B,)``, int64: events before this position are context only.

    Returns:
        timeline, position told from, and position told, each ``(targets,)``, int64.
    """
    length = batch.mask.shape[1]
    place = torch.arange(length, device=batch.mask.device)
    begins = torch.ones_like(batch.mask)
    begins[:, 1:] = batch.times[:, 1:] != batch.times[:, :-1]
    begin = torch.where(begins, place, 0).cummax(dim=1).values
    asked = batch.mask & (begin > 0) & (place >= first[:, None])
    row, told = asked.nonzero(as_tuple=True)
    return row, begin[row, told] - 1, told


def next_event_losses(
    encoder: EventModel,
    batch: EventBatch,
    first: Tensor,
    catalogue: Tensor,
    *,
    unknown: float = 0.0,
    smoothing: float = 0.0,
) -> Mapping[str, Tensor]:
    """The mean loss of each feature of the next events, in nats.

    Args:
        encoder: whose states tell.
        batch: timelines, on the encoder's device.
        first: see :func:`telling`.
        catalogue: content of all items, ``(n_items + 1, c)``, row 0 nobody's.
        unknown: share of the items that are taken for unknown in this step, as events and as what
            comes next, so that their content learns to stand for them.
        smoothing: of the item's labels.
    """
    ids = torch.arange(len(catalogue), device=catalogue.device)
    hidden = torch.rand(len(ids), device=ids.device) < unknown if unknown else ids < 0
    seen = {**batch.ids, ITEM: batch.ids[ITEM].masked_fill(hidden[batch.ids[ITEM]], 0)}
    rows = encoder(EventBatch(seen, batch.content, batch.times, batch.mask))
    row, source, told = telling(batch, first)
    states = rows[row, source]
    wanted = batch.ids[ITEM][row, told]
    known = wanted > 0
    losses = {
        ITEM: _item_loss(encoder, states[known], wanted[known], ids, hidden, catalogue, smoothing)
    }
    for name, head in encoder.heads.items():
        value = batch.ids[name][row, told]
        if encoder.config.sizes[name] > 2 and bool((value > 0).any()):
            losses[name] = functional.cross_entropy(head(states).float(), value, ignore_index=0)
    return losses


def _item_loss(
    encoder: EventModel,
    states: Tensor,
    wanted: Tensor,
    ids: Tensor,
    hidden: Tensor,
    catalogue: Tensor,
    smoothing: float,
) -> Tensor:
    if len(ids) > WHOLE:
        drawn = torch.randint(1, len(ids), (DRAWN,), device=ids.device)
        ids = torch.unique(torch.cat([wanted, drawn]))
        wanted = torch.searchsorted(ids, wanted)
    shown = ids.masked_fill(hidden[ids], 0)
    vectors = encoder.item_vectors(shown, catalogue[ids])
    logits = encoder.item_logits(states, vectors).float() + encoder.item_bias[shown]
    logits = logits.masked_fill(ids == 0, float("-inf")) if not smoothing else logits
    return functional.cross_entropy(logits, wanted, label_smoothing=smoothing)
