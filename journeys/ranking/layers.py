"""Building blocks of the backbones, each one formula of one paper."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def mlp(width: int, hidden: Sequence[int], dropout: float) -> nn.Sequential:
    """Linear, ReLU and dropout for each width of ``hidden``."""
    layers: list[nn.Module] = []
    for size in hidden:
        layers += [nn.Linear(width, size), nn.ReLU(), nn.Dropout(dropout)]
        width = size
    return nn.Sequential(*layers)


def factorised_pairs(vectors: Tensor) -> Tensor:
    """Sum of the inner products of all pairs of vectors, in time linear in their number.

    ``1/2 [(sum v)^2 - sum v^2]``; Rendle, "Factorization machines", ICDM 2010, lemma 3.1.

    Args:
        vectors: shape ``(B, F, d)``, each already scaled by its feature's value.

    Returns:
        Shape ``(B,)``.
    """
    return 0.5 * (vectors.sum(dim=1).square() - vectors.square().sum(dim=1)).sum(dim=-1)


class CrossNetwork(nn.Module):
    """Explicit feature crosses: ``x_{l+1} = x_0 * (W_l x_l + b_l) + x_l``, ``W = U V^T``.

    Wang et al., "DCN V2", WWW 2021, equations 1 and 2 (low rank).
    """

    def __init__(self, width: int, depth: int, rank: int) -> None:
        super().__init__()
        self.down = nn.ModuleList(nn.Linear(width, rank, bias=False) for _ in range(depth))
        self.up = nn.ModuleList(nn.Linear(rank, width) for _ in range(depth))

    def forward(self, first: Tensor) -> Tensor:
        """Crosses of ``(B, width)``, of the same shape."""
        crossed = first
        for down, up in zip(self.down, self.up, strict=True):
            crossed = first * up(down(crossed)) + crossed
        return crossed


class TargetAttention(nn.Module):
    """Pools a history by what each event says of the target.

    Zhou et al., "Deep interest network", KDD 2018, section 4.3: a small network scores each event
    from target, event and their product (the paper's outer product, reduced to its diagonal, as in
    the authors' code, which also takes the difference); weights are not normalised, so that a
    strong interest stays strong.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(4 * width, hidden), nn.PReLU(), nn.Linear(hidden, 1))

    def forward(self, target: Tensor, events: Tensor, mask: Tensor) -> Tensor:
        """Pool ``(B, L, d)`` under a mask ``(B, L)`` for targets ``(B, d)``; gives ``(B, d)``."""
        asked = target.unsqueeze(1).expand_as(events)
        together = torch.cat([asked, events, asked - events, asked * events], dim=-1)
        weights = self.score(together).squeeze(-1).masked_fill(~mask, 0.0)
        # Not normalised over the events there are; a constant scale keeps training stable.
        pooled: Tensor = torch.einsum("bl,bld->bd", weights, events) / events.shape[1] ** 0.5
        return pooled


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Softmax over the last dimension where ``mask`` holds; exactly 0 elsewhere."""
    lowest = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    weights: Tensor = torch.softmax(lowest, dim=-1).masked_fill(~mask, 0.0)
    return weights


class AUGRU(nn.Module):
    """A GRU whose update gate is scaled by attention: ``u~_t = a_t u_t``.

    ``h_t = (1 - u~_t) h_{t-1} + u~_t tanh(W x_t + r_t * (U h_{t-1} + b))``; Zhou et al., "Deep
    interest evolution network", AAAI 2019, equations 14 to 16. An event with attention 0, such as
    padding, leaves the state exactly as it was.
    """

    def __init__(self, width: int, state: int) -> None:
        super().__init__()
        self.state = state
        self.of_event = nn.Linear(width, 3 * state)
        self.of_state = nn.Linear(state, 3 * state)

    def forward(self, events: Tensor, attention: Tensor) -> Tensor:
        """Last states ``(B, state)`` for events ``(B, L, d)``, oldest first, and ``(B, L)``."""
        inputs = self.of_event(events)
        state = events.new_zeros(len(events), self.state)
        for step in range(events.shape[1]):
            update_x, reset_x, new_x = inputs[:, step].chunk(3, dim=-1)
            update_h, reset_h, new_h = self.of_state(state).chunk(3, dim=-1)
            gate = attention[:, step, None] * torch.sigmoid(update_x + update_h)
            new = torch.tanh(new_x + torch.sigmoid(reset_x + reset_h) * new_h)
            state = (1 - gate) * state + gate * new
        return state
