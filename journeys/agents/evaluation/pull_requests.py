"""The evaluation of acceptance on a log of agents' pull requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from journeys.agents.evaluation.costs import costs
from journeys.agents.evaluation.embedded import user_embedding
from journeys.agents.evaluation.forgetting import forgetting
from journeys.agents.evaluation.hashed import hashed_memory
from journeys.agents.evaluation.models import (
    Setting,
    base_rates,
    first_model,
    frozen,
    logits_then,
    preferences,
    refreshes,
    tuned_on_stream,
)
from journeys.agents.evaluation.report import UNSEEN, Scored
from journeys.agents.evaluation.stream import BLOCKS, Stream

ALL = tuple(range(1, BLOCKS + 1))


@dataclass(frozen=True)
class Evaluated:
    """What was found.

    Attributes:
        models: figures by model, on all blocks; of the preference model also its differences.
        scored: every chance.
    """

    models: dict[str, dict[str, Any]]
    scored: Scored


def evaluate_stream(
    stream: Stream,
    setting: Setting | None = None,
    on_model: Callable[[str], None] | None = None,
) -> Evaluated:
    """Score a stream with the preference model and all that it is set against.

    Args:
        on_model: told the name of each model before its turn.
    """
    setting = setting or Setting()
    told = on_model or (lambda name: None)
    told("shared weights")
    shared = refreshes(stream, setting.fit, setting.every)
    told("global regression")
    of_all = refreshes(stream, setting.global_fit, setting.every, with_user=True)
    begun = first_model(stream, replace(setting.global_fit, penalty=setting.tuned_penalty))
    told("preferences")
    chances = {
        "preferences": preferences(stream, shared, setting.rows, replay=setting.replay),
        "shared_only": frozen(stream, shared),
        "global_lr": frozen(stream, of_all),
        "tuned_on_stream": tuned_on_stream(stream, begun, setting.rate),
        "user_embedding": user_embedding(
            stream, logits_then(stream, shared), setting.every, setting.probe
        ),
        "hashed_static": hashed_memory(stream, setting.shrink_static, static=True),
        "hashed_online": hashed_memory(stream, setting.shrink_hashed, static=False),
        "agent_repo": base_rates(stream, _agent_repo(stream), setting.shrink),
        "user_rate": base_rates(stream, lambda at: (stream.users[at],), setting.shrink_user),
        "most_popular": base_rates(stream, lambda at: (), setting.shrink),
    }
    scored = Scored(stream, chances)
    every = stream.block > 0
    unseen = np.isin(stream.block, UNSEEN)
    models: dict[str, dict[str, Any]] = {}
    for name in chances:
        told(f"intervals of {name}")
        models[name] = scored.row(name, every) | {
            "unseen_blocks": scored.row(name, unseen),
            "blocks": {
                str(block): _short(scored.row(name, stream.block == block)) for block in ALL
            },
        }
    ours = models["preferences"]
    told("differences")
    others = [name for name in chances if name != "preferences"]
    ours["against"] = {name: scored.against("preferences", name, every) for name in others}
    ours["against_unseen_blocks"] = {
        name: scored.against("preferences", name, unseen) for name in others
    }
    ours["by_past_events"] = {
        name: scored.by_past("preferences", name, ALL)
        for name in ("agent_repo", "global_lr", "shared_only")
    }
    ours["new_user_curve"] = {
        name: scored.curve("preferences", name, ALL) for name in ("global_lr", "shared_only")
    }
    told("forgetting")
    for name, moved in forgetting(stream, shared.models[0], begun, setting).items():
        models[name]["forgetting"] = moved
    told("costs")
    for name, cost in costs(stream, shared.models[-1], of_all.models[-1], setting).items():
        models[name]["cost"] = cost
    ours["collisions"] = {
        "first": vars(shared.models[0].table.collisions()),
        "last": vars(shared.models[-1].table.collisions()),
    }
    return Evaluated(models, scored)


def _agent_repo(stream: Stream) -> Callable[[int], tuple[str, ...]]:
    return lambda at: (stream.agents[at], f"{stream.agents[at]} in {stream.repos[at]}")


def _short(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("auc", "logloss", "events", "users")}


def sentences(models: dict[str, dict[str, Any]]) -> Sequence[str]:
    """The figures as lines for a person."""
    lines = []
    for name, row in models.items():
        low, high = row["auc_interval"]
        lines.append(
            f"{name:16s} AUC {row['auc']:.4f} [{low:.4f}, {high:.4f}], logloss "
            f"{row['logloss']:.4f}, ECE {row['ece']:.4f}"
        )
    lines += [_cost(name, row) for name, row in models.items() if "cost" in row]
    for name, change in models["preferences"]["against"].items():
        low, high = change["auc_interval"]
        less, more = change["logloss_interval"]
        lines.append(
            f"preferences - {name}: AUC {change['auc']:+.4f} [{low:+.4f}, {high:+.4f}] (could show "
            f"{change['auc_detectable']:.4f}), logloss {change['logloss']:+.4f} [{less:+.4f}, "
            f"{more:+.4f}] (could show {change['logloss_detectable']:.4f})"
        )
    return lines


def _cost(name: str, row: dict[str, Any]) -> str:
    cost = row["cost"]
    learnt = "by a refit" if cost["refit_s"] is not None else "never"
    if cost["update_us"] is not None:
        learnt = f"in {cost['update_us']:.0f} us"
    told = f"{name}: scores in {cost['score_us']:,.0f} us, learns {learnt}"
    told += f", {cost['tokens']:.0f} tokens"
    if "forgetting" in row:
        moved = row["forgetting"]
        told += (
            f"; others' chances move by {moved['chance_moved_mean']:.4f} "
            f"(at most {moved['chance_moved_most']:.4f})"
        )
    return told
