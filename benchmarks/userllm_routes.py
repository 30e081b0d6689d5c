"""A person told to a language model as text, as a soft prompt and by cross-attention.

    python benchmarks/userllm_routes.py                    # all parts, in order of importance
    python benchmarks/userllm_routes.py --parts main --people 100 --examples 600
    python benchmarks/userllm_routes.py --world interests  # names of journeys: reddit_mix_dev
    python benchmarks/userllm_routes.py --small --people 100 --examples 1600
    python benchmarks/userllm_routes.py --tables-only      # what is there already

Every training and every answer is kept under the data home as soon as it is there, so that a run
that was stopped goes on. Scores are of people whom no route learned from.
"""

from __future__ import annotations

import argparse
import json
import sys

import torch
from common import labelled, provenance

from journeys.cli.progress import TerminalProgress
from journeys.errors import Cancelled
from journeys.userllm.comparison import Comparison, Plan
from journeys.userllm.outcomes import rows
from journeys.userllm.pooling import over_seeds
from journeys.userllm.tables import difference_table, score_table


def main() -> None:
    """Train and ask what is missing, then print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=("main", "flops", "strategies", "long"),
                        default=["main", "flops", "strategies"])  # fmt: skip
    parser.add_argument("--people", type=int, default=40, help="asked about (default 40)")
    parser.add_argument("--examples", type=int, default=120, help="learnt from (default 120)")
    parser.add_argument("--cuts", type=int, default=1, help="of each history (default 1)")
    parser.add_argument("--adapted", type=int, default=15, help="upper layers with LoRA")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="(default 0)")
    parser.add_argument("--base", default="smollm2-135m")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="bfloat16")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--small", action="store_true", help="a small model trained here")
    parser.add_argument("--small-epochs", type=int, default=1, help="of its training")
    parser.add_argument("--world", choices=("films", "interests"), default="films")
    parser.add_argument("--tables-only", action="store_true")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    progress = TerminalProgress()
    runs: list[Comparison] = []
    try:
        for seed in options.seeds:
            plan = Plan(
                people=options.people,
                examples=options.examples,
                cuts=options.cuts,
                adapted=options.adapted,
                seed=seed,
                base=options.base,
                dtype=options.dtype,
                parts=tuple(options.parts),
                small=options.small,
                small_epochs=options.small_epochs,
            )
            runs.append(compared(plan, options, progress))
    except (KeyboardInterrupt, Cancelled):
        sys.exit("Stopped; the same command goes on.")
    finally:
        progress.close()
    print(provenance())
    for seed, run in zip(options.seeds, runs, strict=True):
        print(f"\nSeed {seed}\n\n{run.tables()}")
    if len(runs) > 1:
        print(f"\nAll {len(runs)} seeds, each person once\n\n{pooled_tables(runs)}")


def compared(plan: Plan, options: argparse.Namespace, progress: TerminalProgress) -> Comparison:
    """One seed, each row printed as soon as it is known."""
    if options.world == "films":
        comparison = Comparison.films(plan, progress)
    else:
        log = labelled("reddit_mix_dev") / "events.jsonl"
        comparison = Comparison.interests(plan, log, "group", progress)
    for row in comparison.run(only_kept=options.tables_only):
        print(json.dumps({"seed": plan.seed, **row.to_dict()}), flush=True)
    return comparison


def pooled_tables(runs: list[Comparison]) -> str:
    """Scores and differences over the seeds."""
    answers = over_seeds([run.answers for run in runs])
    found = [
        row
        for (route, history), outcomes in answers.items()
        for row in rows(route, history, outcomes, 0.0)
    ]
    return f"{score_table(found)}\n\n{difference_table(answers)}"


if __name__ == "__main__":
    main()
