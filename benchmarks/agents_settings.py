"""How the setting of the learner for agents was chosen: on the first two of five blocks alone.

    JOURNEYS_HOME=DIR python benchmarks/agents_settings.py

Later blocks are cut off before anything is fitted. Each row is one setting with AUC and log loss
on blocks 1 and 2 of agent_prs_dev; the lowest log loss at daily refreshes was taken, the
baselines' own constants in the same way.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import numpy as np
from common import labelled, provenance

from journeys.agents.adapters import read_trajectories
from journeys.agents.evaluation.intervals import losses
from journeys.agents.evaluation.models import (
    Setting,
    base_rates,
    frozen,
    preferences,
    refreshes,
    tuned_on_stream,
)
from journeys.agents.evaluation.stream import Stream, stream_of
from journeys.agents.fitting import FitRules
from journeys.agents.rows import RowRules
from journeys.cli.evaluate.ctr import cached_encoder
from journeys.ranking.scores import auc

DAY = timedelta(days=1)


def first_blocks(stream: Stream) -> Stream:
    """The warm-up and blocks 1 and 2."""
    n = int((stream.block <= 2).sum())
    names = ("users", "repos", "agents", "made", "known", "liked", "block", "features", "requests")
    held = {name: getattr(stream, name)[:n] for name in names}
    vectors = stream.vectors[:n] if stream.vectors is not None else None
    return replace(stream, **held, vectors=vectors)


def main() -> None:
    path = labelled("agent_prs_dev/agent_prs.jsonl")
    read = list(read_trajectories(path, "agent-prs"))
    stream = first_blocks(stream_of(read, encode_texts=cached_encoder()))
    inside = stream.block > 0
    print(provenance())

    def show(name: str, chances: np.ndarray) -> None:
        liked, said = stream.liked[inside], chances[inside]
        print(
            f"{name:56s} AUC {auc(liked == 1, said):.4f} logloss {losses(liked, said).mean():.4f}"
        )

    for shrink in (4, 8, 16, 32):
        rates = base_rates(
            stream,
            lambda at: (stream.agents[at], f"{stream.agents[at]} in {stream.repos[at]}"),
            shrink,
        )
        show(f"agent_repo, shrink {shrink}", rates)
        show(
            f"user_rate, shrink {shrink}",
            base_rates(stream, lambda at: (stream.users[at],), shrink),
        )
    for penalty in (3, 10, 30, 60, 100):
        rules = replace(Setting().global_fit, penalty=penalty)
        of_all = refreshes(stream, rules, DAY, with_user=True)
        show(f"global_lr, penalty {penalty}", frozen(stream, of_all))
        for rate in (0.01, 0.02, 0.05):
            tuned = tuned_on_stream(stream, of_all.models[0], rate)
            show(f"tuned_on_stream, penalty {penalty}, rate {rate}", tuned)
    fits = ((10, 0.5, 0), (30, 0.0, 0), (30, 0.5, 0), (60, 0.5, 0), (30, 0.5, 4))
    for penalty, per_user, width in fits:
        rules = FitRules(penalty=penalty, per_user=per_user, width=width, factor_penalty=30.0)
        shared = refreshes(stream, rules, DAY)
        about = f"penalty {penalty}, per_user {per_user}, factors {width}"
        show(f"shared_only, {about}", frozen(stream, shared))
        for bias, own, content in product((0.3, 0.5), (0.03, 0.1), (0.003, 0.01)):
            rows = RowRules(bias=bias, id=own, content=content)
            show(f"  rows {bias} {own} {content}", preferences(stream, shared, rows))


if __name__ == "__main__":
    main()
