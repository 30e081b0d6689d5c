"""Figures of a stream: each model's, and how the preference model stands against the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from journeys.agents.evaluation.intervals import Estimate, detectable, losses, user_mean
from journeys.agents.evaluation.stream import Stream, past_events

#: Known past events of the user, from and up to.
PAST = ((0, 0), (1, 1), (2, 2), (3, 4), (5, 9), (10, 19), (20, 49), (50, None))

#: Blocks on which nothing was chosen.
UNSEEN = (3, 4, 5)

_DRAWS = 1000


@dataclass(frozen=True)
class Scored:
    """Chances of several models over a stream; NaN in the warm-up."""

    stream: Stream
    chances: Mapping[str, np.ndarray]

    def row(self, name: str, mask: np.ndarray) -> dict[str, Any]:
        """AUC, log loss and calibration error of a model on some events."""
        from journeys.ranking.scores import UserBootstrap, ece

        liked, users = self.stream.liked[mask], np.array(self.stream.users)[mask]
        chances = self.chances[name][mask]
        found = UserBootstrap(liked, users, draws=_DRAWS).auc(chances[None])
        loss = user_mean(losses(liked, chances), users, draws=_DRAWS)
        return {
            "auc": found.value,
            "auc_interval": [found.low, found.high],
            "logloss": loss.value,
            "logloss_interval": loss.interval,
            "ece": ece(liked, chances),
            "events": int(mask.sum()),
            "users": len(np.unique(users)),
        }

    def against(self, name: str, base: str, mask: np.ndarray) -> dict[str, Any]:
        """Paired differences to another model: AUC higher, log loss lower is better."""
        from journeys.ranking.scores import UserBootstrap

        liked, users = self.stream.liked[mask], np.array(self.stream.users)[mask]
        ours, theirs = self.chances[name][mask], self.chances[base][mask]
        gain = UserBootstrap(liked, users, draws=_DRAWS).difference(ours[None], theirs[None])
        loss = self.loss_difference(name, base, mask)
        return {
            "auc": gain.value,
            "auc_interval": [gain.low, gain.high],
            "auc_detectable": detectable(gain.low, gain.high),
            "logloss": loss.value,
            "logloss_interval": loss.interval,
            "logloss_detectable": loss.detectable,
        }

    def loss_difference(self, name: str, base: str, mask: np.ndarray) -> Estimate:
        """Mean paired difference of log loss with its interval over users."""
        liked, users = self.stream.liked[mask], np.array(self.stream.users)[mask]
        change = losses(liked, self.chances[name][mask]) - losses(liked, self.chances[base][mask])
        return user_mean(change, users, draws=_DRAWS)

    def by_past(self, name: str, base: str, blocks: tuple[int, ...]) -> list[dict[str, Any]]:
        """The difference of log loss by how much was known of the user."""
        past, inside = past_events(self.stream), np.isin(self.stream.block, blocks)
        found = []
        for low, high in PAST:
            mask = inside & (past >= low) & (past <= (high if high is not None else past.max()))
            if mask.any():
                found.append(self._part(name, base, mask) | {"from": low, "to": high})
        return found

    def curve(self, name: str, base: str, blocks: tuple[int, ...]) -> dict[str, Any]:
        """From how many known outcomes of a user on a model beats another.

        ``beats_from`` is the least ``n`` for which the mean difference over requests with at least
        ``n`` known outcomes of the user lies below nought with its whole interval; null if none.
        """
        past, inside = past_events(self.stream), np.isin(self.stream.block, blocks)
        points = []
        for least in (0, 1, 2, 3, 5, 10, 20, 50):
            mask = inside & (past >= least)
            if len(np.unique(np.array(self.stream.users)[mask])) >= 2:
                points.append(self._part(name, base, mask) | {"least": least})
        beats = next((at["least"] for at in points if at["logloss_interval"][1] < 0), None)
        return {"points": points, "beats_from": beats}

    def _part(self, name: str, base: str, mask: np.ndarray) -> dict[str, Any]:
        change = self.loss_difference(name, base, mask)
        return {
            "events": int(mask.sum()),
            "users": len(set(np.array(self.stream.users)[mask])),
            "logloss": change.value,
            "logloss_interval": change.interval,
            "logloss_detectable": change.detectable,
        }
