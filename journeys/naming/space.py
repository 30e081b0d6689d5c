"""Where a name lies among the items: how well it fits a journey, and how broad it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

#: Embeds names: n texts to shape ``(n, d)``, unit rows.
Embed = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Space:
    """A journey's items among others, as vectors of the run's embedder.

    Attributes:
        own: shape ``(members, d)``, unit rows; half precision will do.
        embed: the embedder that made them.
    """

    own: np.ndarray
    embed: Embed

    def fit(self, names: Sequence[str]) -> np.ndarray:
        """Cosine of each name to the journey's median item, shape ``(names,)``."""
        return np.asarray(np.median(self.own.astype(np.float32) @ self.embed(names).T, axis=0))

    def likeness(self, names: Sequence[str], others: Sequence[str]) -> np.ndarray:
        """Mean cosine of each name to the others, shape ``(names,)``; 0 where there are none."""
        if not others:
            return np.zeros(len(names))
        return np.asarray((self.embed(names) @ self.embed(others).T).mean(axis=1))
