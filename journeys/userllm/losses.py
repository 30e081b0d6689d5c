"""Telling the next event: a loss a feature, summed (User-LLM's pretraining)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from journeys.userllm.events import EventModel
from journeys.userllm.sequences import ITEM, EventBatch

#: Catalogues up to this size are scored whole at each step; of larger ones so many items are drawn.
WHOLE, DRAWN = 8_000, 4_096


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
    candidates: Tensor,
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
        candidates: ids of the items that may come next, ascending: those that training has. Others
            are no wrong answers, or they could never be right ones later.
        unknown: share of the items that are taken for unknown in this step, as events and as what
            comes next, so that their content learns to stand for them.
        smoothing: of the item's labels.
    """
    hidden = torch.rand(len(catalogue), device=catalogue.device) < unknown
    seen = {**batch.ids, ITEM: batch.ids[ITEM].masked_fill(hidden[batch.ids[ITEM]], 0)}
    rows = encoder(EventBatch(seen, batch.content, batch.times, batch.mask))
    row, source, told = telling(batch, first)
    states = rows[row, source]
    wanted = batch.ids[ITEM][row, told]
    known = wanted > 0
    losses = {
        ITEM: _item_loss(
            encoder, states[known], wanted[known], candidates, hidden, catalogue, smoothing
        )
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
        drawn = torch.randint(len(ids), (DRAWN,), device=ids.device)
        ids = torch.unique(torch.cat([wanted, ids[drawn]]))
    shown = ids.masked_fill(hidden[ids], 0)
    logits = encoder.item_logits(states, encoder.item_vectors(shown, catalogue[ids])).float()
    logits = logits + encoder.item_bias[shown]
    place = torch.searchsorted(ids, wanted)
    return functional.cross_entropy(logits, place, label_smoothing=smoothing)
