"""Figures of what was asked of a language model on a sample, beside the others on the same one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from journeys.agents.evaluation.intervals import losses, user_mean
from journeys.agents.evaluation.prompting import Answer, at_rate
from journeys.agents.evaluation.report import Scored
from journeys.agents.evaluation.stream import past_events

#: Known past events of the user, from and up to: fewer bands than for all, as a sample is small.
BANDS = ((0, 0), (1, 2), (3, 9), (10, None))

#: What is set against the prompts.
_OURS = "preferences"


def prompt_rows(
    scored: Scored, asked: Sequence[int], answers: Mapping[str, Sequence[Answer]]
) -> dict[str, dict[str, Any]]:
    """A row for each prompt, and what the models of ``scored`` are on the same sample.

    A prompt's chances are moved to the rate of the warm-up (:func:`at_rate`), which leaves its AUC
    as it is; ``logloss_as_said`` is before that.
    """
    n = len(scored.stream)
    mask = np.zeros(n, dtype=bool)
    mask[list(asked)] = True
    rate = float(scored.stream.liked[scored.stream.block == 0].mean())
    chances = dict(scored.chances)
    for name, told in answers.items():
        said = np.full(n, np.nan)
        said[list(asked)] = [each.chance for each in told]
        fair = np.full(n, np.nan)
        fair[mask] = at_rate(said[mask], rate)
        chances[name], chances[f"{name}, as said"] = fair, said
    on = Scored(scored.stream, chances)
    past = past_events(scored.stream)
    rows: dict[str, dict[str, Any]] = {}
    for name, told in answers.items():
        as_said = on.row(f"{name}, as said", mask)
        rows[name] = on.row(name, mask) | {
            "sample": len(asked),
            "logloss_as_said": as_said["logloss"],
            "cost": {
                "score_us": float(np.median([each.seconds for each in told]) * 1e6),
                "update_us": None,
                "refit_s": None,
                "tokens": float(np.mean([each.tokens for each in told])),
            },
            f"{_OURS}_minus": on.against(_OURS, name, mask),
            f"{_OURS}_minus_by_past": [
                _band(on, name, mask & (past >= low) & (past <= (n if high is None else high)))
                | {"from": low, "to": high}
                for low, high in BANDS
            ],
        }
    for name in scored.chances:
        rows[f"{name} on the sample"] = on.row(name, mask)
    return rows


def _band(scored: Scored, name: str, mask: np.ndarray) -> dict[str, Any]:
    stream = scored.stream
    change = losses(stream.liked[mask], scored.chances[_OURS][mask])
    change -= losses(stream.liked[mask], scored.chances[name][mask])
    found = user_mean(change, np.array(stream.users)[mask])
    return {
        "events": int(mask.sum()),
        "users": len(set(np.array(stream.users)[mask])),
        "logloss": found.value,
        "logloss_interval": found.interval,
        "logloss_detectable": found.detectable,
    }
