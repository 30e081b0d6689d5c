"""What counts how much: an ablation of signals, as far as the logs have them.

    JOURNEYS_HOME=DIR python benchmarks/agents_weights.py

The logs have accept and reject, and outcomes; they have no likes, edits or corrections, so the
weights of those stay what they were set to. Three questions that the logs can answer: (1) does a
user's accepted text say more of what they ask next than their rejected text; (2) how much should
a rejection move a user's own rows beside an acceptance; (3) are calls of tools of failed
conversations worth learning from.
"""

from __future__ import annotations

import argparse
from datetime import timedelta
from functools import partial

import numpy as np
from common import labelled, provenance

from journeys.agents.adapters import read_trajectories
from journeys.agents.evaluation.models import Setting, preferences, refreshes
from journeys.agents.evaluation.report import UNSEEN, Scored
from journeys.agents.evaluation.stream import Stream, stream_of
from journeys.agents.evaluation.tools import calls_of, evaluate_tools, interactions
from journeys.agents.evaluation.weighing import ACCEPTED, REJECTED, compared, next_requests
from journeys.cli.evaluate.ctr import cached_encoder

WEIGHTS = (1.0, 0.5, 0.0, -0.5)


def interval(value: float, low: float, high: float) -> str:
    return f"{value:+.4f} [{low:+.4f}, {high:+.4f}]"


def texts(stream: Stream) -> None:
    print("\n(1) the next request among 99 others, by weight of rejected texts; MRR")
    for other_repos in (False, True):
        found = next_requests(stream, WEIGHTS, other_repos=other_repos)
        merged = stream.liked[found.rows] == 1
        for name, mask in (("all", merged | ~merged), ("merged", merged), ("rejected", ~merged)):
            if not mask.any():
                continue
            rows = compared(stream, found, "1.0", mask)
            about = f"{rows['requests']} requests of {rows['users']} users"
            print(f"{name}{', in another repository' if other_repos else ''}: {about}")
            alone = compared(stream, found, REJECTED, mask)[ACCEPTED]["against"]
            for weight in found.places:
                change = rows[weight]["against"]
                print(
                    f"  {weight}: {rows[weight]['mrr']:.4f}, against 1.0 "
                    f"{interval(change['mrr'], *change['mrr_interval'])} "
                    f"(could show {change['detectable']:.4f})",
                    flush=True,
                )
            print(
                f"  {ACCEPTED} against {REJECTED}, as many: "
                f"{interval(alone['mrr'], *alone['mrr_interval'])} "
                f"(could show {alone['detectable']:.4f})"
            )


def verdicts(stream: Stream) -> None:
    print("\n(2) own rows, by weight of a rejection beside 1 for an acceptance")
    setting = Setting()
    shared = refreshes(stream, setting.fit, timedelta(days=1))
    chances = {
        f"{weight}": preferences(stream, shared, setting.rows, weights=(weight, 1.0))
        for weight in (0.0, 0.5, 1.0, 2.0)
    }
    chances["acceptances not learnt"] = preferences(
        stream, shared, setting.rows, weights=(1.0, 0.0)
    )
    scored = Scored(stream, chances)
    for about, mask in (
        ("blocks 1-5", stream.block > 0),
        ("blocks 3-5", np.isin(stream.block, UNSEEN)),
    ):
        for name in chances:
            row, change = scored.row(name, mask), scored.against(name, "1.0", mask)
            print(
                f"  {about}, {name}: AUC {row['auc']:.4f}, logloss {row['logloss']:.4f}; "
                f"against 1: AUC {interval(change['auc'], *change['auc_interval'])}, logloss "
                f"{interval(change['logloss'], *change['logloss_interval'])}",
                flush=True,
            )


def outcomes() -> None:
    print("\n(3) next tool in conversations that succeeded, by weight of calls of failed ones")
    path = labelled("tau_bench_airline_gpt4o/trajectories.jsonl")
    calls = calls_of(list(read_trajectories(path, "tau-bench")))
    rankers = {str(weight): partial(weighed, failed=weight) for weight in (1.0, 0.5, 0.0)}
    rows = evaluate_tools(calls, rankers, judged=True)
    for name, row in rows.items():
        print(f"  {name}: Hit@1 {row['hit1']:.4f}, MRR {row['mrr']:.4f}; {row['calls']} calls")
    for name, change in rows["1.0"]["against"].items():
        print(
            f"  1.0 against {name}: Hit@1 "
            f"{interval(change['hit1'], *change['hit1_interval'])}, MRR "
            f"{interval(change['mrr'], *change['mrr_interval'])} (could show "
            f"{change['hit1_detectable']:.4f} and {change['mrr_detectable']:.4f})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--parts", type=int, nargs="+", default=[1, 2, 3])
    parts = parser.parse_args().parts
    print(provenance())
    if {1, 2} & set(parts):
        path = labelled("agent_prs_dev/agent_prs.jsonl")
        read = list(read_trajectories(path, "agent-prs"))
        stream = stream_of(read, encode_texts=cached_encoder())
        if 1 in parts:
            texts(stream)
        if 2 in parts:
            verdicts(stream)
    if 3 in parts:
        outcomes()


def weighed(train, test, tools, failed):  # type: ignore[no-untyped-def]
    return interactions(train, test, tools, failed=failed)


if __name__ == "__main__":
    main()
