"""The next item on ML-100k: the user encoder, the dual encoder, and strong baselines.

    python benchmarks/userllm_next_item.py --split last
    python benchmarks/userllm_next_item.py --split global

The whole catalogue is ranked. What is trained is kept under the data home as soon as it is there,
so a run that was stopped goes on. Settings were chosen on validation questions only.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from common import provenance

from journeys.cli.userllm.next_item import print_routes
from journeys.cli.userllm.reading import ml100k_data
from journeys.settings import Settings


def main() -> None:
    """Train what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=("last", "global"), default="last")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--routes", nargs="+", help="only these (default: all)")
    options = parser.parse_args()

    import torch

    torch.set_num_threads(1)
    from journeys.userllm.comparing import BASELINES, baseline
    from journeys.userllm.experiment import TRAINED, trained_route
    from journeys.userllm.pretraining import PretrainingConfig
    from journeys.userllm.tasks import split_next

    home = Settings.from_environment().home
    data = ml100k_data(Settings.from_environment())
    split = split_next(data, options.split)
    print(f"{provenance()}\n\n{split.note}.\n", flush=True)
    started = time.perf_counter()

    def told(title: str, done: int, most: int, score: float) -> None:
        seconds = time.perf_counter() - started
        print(f"{seconds:.0f} s, {title}: {done}/{most}, {score:.4f}", file=sys.stderr, flush=True)

    routes = []
    wanted = options.routes or [*TRAINED, *BASELINES]
    for name in (each for each in TRAINED if each in wanted):
        routes.append(
            trained_route(
                name,
                data,
                split,
                PretrainingConfig(),
                options.seeds,
                folder=home / "benchmarks" / "userllm",
                device=options.device,
                told=told,
            )
        )
        print_routes(routes[-1:], file=sys.stderr)
    for name in (each for each in BASELINES if each in wanted):
        routes.append(baseline(name, data, split))
        print_routes(routes[-1:], file=sys.stderr)
    print_routes(routes)
    encoder, rivals = routes[0], routes[1:]
    print("\nThe encoder less each, paired by user:\n")
    print("| less | Recall@10 | NDCG@10 |\n|---|---|---|")
    from journeys.evaluation.intervals import macro_mean

    for rival in rivals:
        cells = []
        for name in ("recall", "ndcg"):
            mine, other = (r.ranked.by_user(getattr(r.ranked, name)) for r in (encoder, rival))
            gain = macro_mean(np.subtract(mine, other).tolist())
            cells.append(f"{gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]")
        print(f"| {rival.name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
