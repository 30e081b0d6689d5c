"""An encoder's scores of every item, for questions about the next one."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from journeys.userllm.events import EventModel
from journeys.userllm.sequences import EncoderData
from journeys.userllm.tasks import Questions, Score

_AT_ONCE = 32


def encoder_score(encoder: EventModel, data: EncoderData) -> Score:
    """Scores by a trained encoder; sets it to evaluation."""
    encoder.eval()
    device = encoder.device
    with torch.no_grad():
        content = torch.from_numpy(data.catalogue.content).to(device)
        vectors = encoder.item_vectors(torch.arange(len(content), device=device), content)

    def score(asked: Questions) -> np.ndarray:
        states = last_states(encoder, data, asked)
        with torch.no_grad():
            logits = encoder.item_logits(states, vectors) + encoder.item_bias
        found: np.ndarray = logits.float().cpu().numpy()
        return found

    return score


def last_states(encoder: EventModel, data: EncoderData, asked: Questions) -> Tensor:
    """The vector of the last known event of each question, ``(q, width)``.

    Causality lets one reading of a timeline answer all questions about its user.
    """
    users, at = np.unique(asked.user, return_inverse=True)
    furthest = np.zeros(len(users), dtype=np.int64)
    np.maximum.at(furthest, at, asked.known)
    states = torch.zeros(len(asked), encoder.width, device=encoder.device)
    order = np.argsort(furthest - data.starts[users], kind="stable")
    with torch.no_grad():
        for low in range(0, len(order), _AT_ONCE):
            part = order[low : low + _AT_ONCE]
            batch = data.batch([(int(data.starts[users[u]]), int(furthest[u])) for u in part])
            rows = encoder(batch.to(encoder.device))
            for place, u in enumerate(part.tolist()):
                mine = np.flatnonzero(at == u)
                known = torch.from_numpy(asked.known[mine] - data.starts[users[u]] - 1)
                states[mine] = rows[place, known.to(rows.device)].float()
    return states
