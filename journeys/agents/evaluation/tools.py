"""Next tool of an agent, leaving a task out: which of all tools is called next?

The context is what the agent had before it: the tools called so far, whether the last one failed,
and the words that the user had said by then. Instruction, gold actions and reward are not read.
Each candidate is scored by crosses of context and candidate in one logistic regression over calls.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from journeys.agents.evaluation.intervals import user_mean
from journeys.agents.trajectories import Trajectory
from journeys.errors import InputError

START = "(start)"

#: Words of the user in fewer tasks' calls are not read.
_LEAST = 3

#: Inverse penalty of the regression: the library's default, not tuned.
STRENGTH = 1.0

_WORD = re.compile(r"[a-z]{3,}")


@dataclass(frozen=True)
class Call:
    """One call with what came before it; ``outcome`` is of its conversation, known afterwards."""

    task: str
    tool: str
    before: tuple[str, ...]
    context: tuple[str, ...]
    outcome: str = ""


def calls_of(trajectories: Sequence[Trajectory]) -> list[Call]:
    """Every call of a tool, in the log's order."""
    found = []
    for each in trajectories:
        before: list[str] = []
        last = ""
        said: Counter[str] = Counter()
        newest: list[str] = []
        for step in each.steps:
            if step.role == "user":
                newest = _WORD.findall(step.text.lower())
                said.update(newest)
            if step.tool and step.role != "tool":
                context = [f"last={before[-1] if before else START}"]
                context.append(f"two={'>'.join((*([START] * 2), *before)[-2:])}")
                context += [f"had={tool}" for tool in sorted(set(before))]
                context.append(f"calls={min(len(before), 8)}")
                context.append(f"failed={last}")
                context += [f"said={word}" for word in sorted(said)]
                context += [f"now={word}" for word in sorted(set(newest))]
                task = each.context.get("task", each.id)
                found.append(Call(task, step.tool, tuple(before), tuple(context), each.outcome))
                before.append(step.tool)
                last = "yes" if step.error else "no"
    return found


Ranker = Callable[[Sequence[Call], Sequence[Call], Sequence[str]], np.ndarray]


def most_frequent(train: Sequence[Call], test: Sequence[Call], tools: Sequence[str]) -> np.ndarray:
    """Scores ``(len(test), len(tools))``: how often a tool is called at all."""
    counts = Counter(call.tool for call in train)
    return np.tile([float(counts[tool]) for tool in tools], (len(test), 1))


def markov(train: Sequence[Call], test: Sequence[Call], tools: Sequence[str]) -> np.ndarray:
    """How often a tool follows the last one; overall frequency breaks ties and fills gaps."""
    overall = Counter(call.tool for call in train)
    after = Counter((_last(call), call.tool) for call in train)
    total = len(train)
    return np.array(
        [[after[_last(call), tool] + overall[tool] / total for tool in tools] for call in test]
    )


def interactions(
    train: Sequence[Call],
    test: Sequence[Call],
    tools: Sequence[str],
    strength: float = STRENGTH,
    failed: float = 1.0,
) -> np.ndarray:
    """Context x candidate, by a multinomial regression on what followed.

    Args:
        strength: inverse penalty.
        failed: how much a call counts to learn from whose conversation failed; 1 as any other.
    """
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    tasks: dict[str, set[str]] = {}
    for call in train:
        for name in call.context:
            tasks.setdefault(name, set()).add(call.task)
    known = {name for name, found in tasks.items() if len(found) >= _LEAST}
    inputs = DictVectorizer()

    def encoded(calls: Sequence[Call]) -> list[dict[str, float]]:
        rows = []
        for call in calls:
            words = [name for name in call.context if name in known and "=" in name]
            plain = sum(name.startswith(("said=", "now=")) for name in words) or 1
            # All the words together weigh as one feature does.
            rows.append(
                {name: plain**-0.5 if name.startswith(("said=", "now=")) else 1.0 for name in words}
            )
        return rows

    model = LogisticRegression(C=strength, max_iter=300)
    train = [call for call in train if failed > 0 or call.outcome != "failure"]
    counts = [failed if call.outcome == "failure" else 1.0 for call in train]
    model.fit(inputs.fit_transform(encoded(train)), [call.tool for call in train], counts)
    scores = np.full((len(test), len(tools)), -np.inf)
    at = [tools.index(tool) for tool in model.classes_]
    scores[:, at] = model.predict_log_proba(inputs.transform(encoded(test)))
    return scores


RANKERS: dict[str, Ranker] = {
    "preferences": interactions,
    "markov": markov,
    "most_frequent": most_frequent,
}


def evaluate_tools(
    calls: Sequence[Call],
    rankers: dict[str, Ranker] | None = None,
    on_task: Callable[[int, int], None] | None = None,
    *,
    judged: bool = False,
) -> dict[str, dict[str, Any]]:
    """Hit@1 and MRR of each ranker, a task left out at a time, with intervals over tasks.

    Tools that are tied share the mean of their places.

    Args:
        judged: ask only of calls whose conversation succeeded: what should be done, and not what
            an agent that may have failed did.

    Raises:
        InputError: there are fewer than two tasks.
    """
    rankers = rankers or RANKERS
    tasks = list(dict.fromkeys(call.task for call in calls))
    if len(tasks) < 2:
        raise InputError("Leaving a task out needs two tasks; the log has fewer.")
    tools = sorted({call.tool for call in calls})
    places: dict[str, list[np.ndarray]] = {name: [] for name in rankers}
    order: list[str] = []
    for done, task in enumerate(tasks):
        train = [call for call in calls if call.task != task]
        test = [
            call
            for call in calls
            if call.task == task and (not judged or call.outcome == "success")
        ]
        if not test:
            continue
        order += [task] * len(test)
        for name, ranker in rankers.items():
            places[name].append(_places(ranker(train, test, tools), test, tools))
        if on_task is not None:
            on_task(done + 1, len(tasks))
    whose = np.array(order)
    ranks = {name: np.concatenate(each) for name, each in places.items()}
    found: dict[str, dict[str, Any]] = {}
    for name, rank in ranks.items():
        found[name] = {"calls": len(rank), "tasks": len(tasks), "tools": len(tools)}
        for what, values in _figures(rank).items():
            mean = user_mean(values, whose)
            found[name] |= {what: mean.value, f"{what}_interval": mean.interval}
    ours = next(iter(rankers))
    found[ours]["against"] = {}
    for name in list(rankers)[1:]:
        change: dict[str, Any] = {}
        for what, values in _figures(ranks[ours]).items():
            mean = user_mean(values - _figures(ranks[name])[what], whose)
            change |= {
                what: mean.value,
                f"{what}_interval": mean.interval,
                f"{what}_detectable": mean.detectable,
            }
        found[ours]["against"][name] = change
    return found


def _figures(ranks: np.ndarray) -> dict[str, np.ndarray]:
    return {"hit1": (ranks <= 1).astype(np.float64), "mrr": 1.0 / ranks}


def _places(scores: np.ndarray, test: Sequence[Call], tools: Sequence[str]) -> np.ndarray:
    own = scores[np.arange(len(test)), [tools.index(call.tool) for call in test]]
    above = (scores > own[:, None]).sum(axis=1)
    tied = (scores == own[:, None]).sum(axis=1)
    return np.asarray(above + (tied + 1) / 2)


def _last(call: Call) -> str:
    return call.before[-1] if call.before else START
