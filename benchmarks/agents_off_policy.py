"""Off-policy estimates on real decisions whose truth is known.

    python benchmarks/agents_off_policy.py

The calls of tau-bench's conversations become a bandit, as Dudik, Langford and Li 2011 make one of
labelled data: the context is what the agent had, the actions are the tools, the reward is 1 for the
tool that came next. A logged policy (what followed the last tool in other tasks, softened) draws
actions and is noted; the value of another policy (the ranker's first tool, fitted on other tasks)
is estimated from that log alone. Since the next tool is known, so is the true value.
"""

from __future__ import annotations

import numpy as np
from common import labelled, provenance

from journeys.agents.adapters import read_trajectories
from journeys.agents.evaluation.tools import calls_of, interactions, markov
from journeys.agents.off_policy import Decision, doubly_robust, ips, self_normalised
from journeys.errors import InputError

FOLDS = 5
LOGS = 60
UNIFORM = (0.5, 0.1)


def main() -> None:
    path = labelled("tau_bench_airline_gpt4o/trajectories.jsonl")
    calls = calls_of(list(read_trajectories(path, "tau-bench")))
    tools = sorted({call.tool for call in calls})
    fold = np.array([int(call.task) % FOLDS for call in calls])
    best = np.zeros((len(calls), len(tools)))
    followed = np.zeros_like(best)
    for each in range(FOLDS):
        train = [call for call, at in zip(calls, fold, strict=True) if at != each]
        test = [call for call, at in zip(calls, fold, strict=True) if at == each]
        scores = interactions(train, test, tools)
        best[fold == each] = np.eye(len(tools))[scores.argmax(axis=1)]
        counted = markov(train, test, tools)
        followed[fold == each] = counted / counted.sum(axis=1, keepdims=True)
    own = np.array([tools.index(call.tool) for call in calls])
    rows = np.arange(len(calls))
    truth = float(best[rows, own].mean())
    print(provenance())
    print(f"{len(calls):,} calls of {len(tools)} tools; the judged policy is worth {truth:.4f}")
    for uniform in UNIFORM:
        logged = (1 - uniform) * followed + uniform / len(tools)
        print(
            f"\nlogged: {uniform:.0%} uniform, its own value {(logged[rows, own]).mean():.4f}; "
            f"{LOGS} logs"
        )
        rng = np.random.default_rng(0)
        found: dict[str, list] = {}
        for _ in range(LOGS):
            drawn = (logged.cumsum(axis=1) > rng.random((len(calls), 1))).argmax(axis=1)
            decisions = [
                Decision(
                    call.task,
                    int(action),
                    float(action == right),
                    tuple(logged[at] / logged[at].sum()),
                    tuple(best[at]),
                    tuple(followed[at]),
                )
                for at, (call, action, right) in enumerate(zip(calls, drawn, own, strict=True))
            ]
            for name, estimate, clip in (
                ("IPS", ips, None),
                ("IPS, weights up to 10", ips, 10.0),
                ("self-normalised", self_normalised, None),
                ("doubly robust", doubly_robust, None),
            ):
                found.setdefault(name, []).append(estimate(decisions, clip=clip))
        for name, values in found.items():
            means = np.array([each.value for each in values])
            held = np.mean([each.low <= truth <= each.high for each in values])
            worth = np.mean([each.effective for each in values])
            print(
                f"  {name}: mean {means.mean():.4f}, error {means.mean() - truth:+.4f} "
                f"(standard error {means.std() / len(means) ** 0.5:.4f}), deviation of one log "
                f"{means.std():.4f}, interval holds the truth {held:.2f}, worth {worth:.0f} calls",
                flush=True,
            )
    greedy = np.eye(len(tools))[followed.argmax(axis=1)]
    blind = [
        Decision(call.task, int(greedy[at].argmax()), 0.0, tuple(greedy[at]), tuple(best[at]))
        for at, call in enumerate(calls)
    ]
    try:
        ips(blind)
    except InputError as error:
        print(f"\nlogged without exploring: {error}")


if __name__ == "__main__":
    main()
