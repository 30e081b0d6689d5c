"""DCN-v2 and FM of the recommenders as the shared weights, beside the regression that is in use.

    JOURNEYS_HOME=DIR python benchmarks/agents_dcn.py

Same requests, same blocks, same rows of users' own upon them; all are refitted every five days. The
networks' setting is the best of six on blocks 1 and 2 (:data:`SETTINGS`), the regression's its own.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta

import numpy as np
from common import labelled, provenance

from journeys.agents.adapters import read_trajectories
from journeys.agents.evaluation.crossed import CrossRules, dcn_refreshes
from journeys.agents.evaluation.models import Setting, frozen, preferences, refreshes
from journeys.agents.evaluation.report import UNSEEN, Scored
from journeys.agents.evaluation.stream import stream_of
from journeys.cli.evaluate.ctr import cached_encoder

EVERY = timedelta(days=5)

#: What was tried on blocks 1 and 2; the lowest log loss of each backbone is what is run.
SETTINGS = {
    "dcn": (
        CrossRules(),
        CrossRules(penalty=5e-2),
        CrossRules(rate=1e-3, epochs=30),
        CrossRules(width=4, hidden=(16,), dropout=0.5),
        CrossRules(penalty=0.2),
    ),
    "fm": (CrossRules(), CrossRules(penalty=5e-2)),
}
CHOSEN = {"dcn": SETTINGS["dcn"][-1], "fm": SETTINGS["fm"][-1]}


def main() -> None:
    path = labelled("agent_prs_dev/agent_prs.jsonl")
    stream = stream_of(list(read_trajectories(path, "agent-prs")), encode_texts=cached_encoder())
    setting = Setting()
    shared = {"regression": refreshes(stream, setting.fit, EVERY)}
    for backbone, rules in CHOSEN.items():
        began = time.process_time()
        shared[backbone] = dcn_refreshes(
            stream,
            rules,
            EVERY,
            backbone=backbone,
            on_refresh=lambda done, of: print(f"{done} of {of}", file=sys.stderr),
        )
        taken = (time.process_time() - began) / len(shared[backbone].logits)
        print(f"{backbone}: {taken:.1f} s of a processor a refresh")
    chances = {name: frozen(stream, held) for name, held in shared.items()}
    chances |= {
        f"{name} + own rows": preferences(stream, held, setting.rows)
        for name, held in shared.items()
    }
    scored = Scored(stream, chances)
    print(provenance())
    for about, mask in (
        ("blocks 1-2", np.isin(stream.block, (1, 2))),
        ("blocks 1-5", stream.block > 0),
        ("blocks 3-5", np.isin(stream.block, UNSEEN)),
    ):
        for name in chances:
            base = "regression + own rows" if "rows" in name else "regression"
            row, change = scored.row(name, mask), scored.against(name, base, mask)
            low, high = change["auc_interval"]
            less, more = change["logloss_interval"]
            print(
                f"{about}, {name}: AUC {row['auc']:.4f}, logloss {row['logloss']:.4f}, ECE "
                f"{row['ece']:.4f}; against {base}: AUC {change['auc']:+.4f} [{low:+.4f}, "
                f"{high:+.4f}], logloss {change['logloss']:+.4f} [{less:+.4f}, {more:+.4f}]"
            )


if __name__ == "__main__":
    main()
