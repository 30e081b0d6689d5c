"""Does the language model that judges names tell right from wrong ones? Known groups, no people.

    python benchmarks/judge.py [--groups 20] [--seed 0] [--repeat] [--model NAME] --out FILE

For true groups of reddit_mix_dev, one a subreddit, the judge rates at level 3: the display name
that people gave the group (should be high), the display name of a group of another super-group that
the user does not have (should be 1), and the super-group (should be too broad). These are names of
known standing and not human labels: what comes out says whether the judge is blind, not how far it
agrees with people. Groups looked at while prompts were written are left out: those of
benchmarks/naming_seen.csv, and SEEN below.
Answers are kept in JOURNEYS_HOME, so the same command after an interruption goes on.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from common import ROOT, labelled, provenance

from journeys.cli.progress import TerminalProgress
from journeys.embedding import load_embedder
from journeys.evaluation.known_groups import paired_auc
from journeys.evaluation.labelled import Truth, prepare, read_labelled
from journeys.evaluation.naming_groups import all_groups, draw_groups, gather_evidence
from journeys.evaluation.naming_names import read_human_names, read_left_out
from journeys.models import DEFAULT_MODEL, find
from journeys.naming.judge import Judgement, NameJudge
from journeys.naming.local import LocalModel
from journeys.settings import Settings
from journeys.store import open_store
from journeys.timeline import ActivityLog

LEVEL = 3
KINDS = ("human", "shuffled", "broad")

#: Groups looked at while the judge's prompt was written, its first measurement included.
SEEN = frozenset(
    [
        "Android",
        "AskCulinary",
        "Blacksmith",
        "chemistry",
        "cogsci",
        "cpp",
        "declutter",
        "energy",
        "Entrepreneur",
        "Fishing",
        "French",
        "Jazz",
        "magicTCG",
        "Minecraft",
        "neuro",
        "psychology",
        "raspberry_pi",
        "slowcooking",
        "somethingimade",
        "Swimming",
        "synthesizers",
        "tea",
        "TrueFilm",
        "Warhammer",
        "web_design",
    ]
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--groups", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repeat", action="store_true", help="the human names once more, shuffled")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--out", type=Path, required=True, help="JSON lines, one a judgement")
    options = parser.parse_args()
    print(provenance(), flush=True)
    cases, human = gather(options.groups, options.seed)
    rows = []
    settings = Settings.from_environment()
    store = open_store(settings)
    path = find(options.model, settings.models_dir)
    with LocalModel(path, name=options.model) as chat, options.out.open("w") as out:
        judge = NameJudge(chat, cache=store.completions, secret=store.keys.prompt)
        print(judge.id)
        for case, names in zip(cases, named(cases, human, options.seed), strict=True):
            asked = [*names, ("human again", names[0][1], 1)] if options.repeat else names
            for kind, name, shuffle in asked:
                start = time.perf_counter()
                found = judge.judge(case.evidence, name, LEVEL, shuffle=shuffle)
                row = {
                    "group": case.group.group,
                    "kind": kind,
                    "name": name,
                    "seconds": round(time.perf_counter() - start, 2),
                    "calls": found.usage.calls,
                }
                if isinstance(found, Judgement):
                    row |= {
                        "fit": found.fit, "specificity": found.specificity, "reason": found.reason
                    }  # fmt: skip
                rows.append(row)
                print(json.dumps(row), file=out, flush=True)
    store.close()
    tell(rows)


def gather(number: int, seed: int) -> tuple[list, object]:
    """The drawn groups with the evidence of one half of their titles, and the human names."""
    progress = TerminalProgress()
    events = labelled("reddit_mix_dev/events.jsonl")
    log, truth = read_labelled(events, "group", progress=progress)
    human = read_human_names(labelled("reddit_mix_dev/groups.csv"))
    left_out = read_left_out(ROOT / "benchmarks" / "naming_seen.csv")
    left_out = replace(left_out, groups=left_out.groups | SEEN)
    drawn = draw_groups(all_groups(log, truth), human.names, seed=seed, sample=number,
                        left_out=left_out)  # fmt: skip
    # Only these users are embedded: the whole log takes minutes and adds only a little to the mean.
    users = sorted({group.user_id for group in drawn})
    kept = log.frame["user_id"].isin(users).to_numpy()
    small = ActivityLog(pd.DataFrame(log.frame[kept]))
    small_truth = Truth(truth.labels[kept])
    store = open_store(Settings.from_environment())
    embedder = load_embedder("minilm")
    known = prepare(small, small_truth, embedder, store.vectors, store.keys.text, progress)
    progress.close()
    groups = all_groups(small, small_truth)
    keys = {group.key for group in drawn}
    wanted = [group for group in groups if group.key in keys]
    cases = list(gather_evidence(known, groups, wanted))
    store.close()
    return cases, human


def named(cases: list, human, seed: int) -> list:
    """For each case what is judged: (kind, name, shuffle)."""
    rng = np.random.default_rng(seed)
    owned: dict[str, set[str]] = {}
    for case in cases:
        owned.setdefault(case.group.user_id, set()).add(case.group.group)
    result = []
    for case in cases:
        own = case.group.group
        others = [
            group for group in sorted(human.names)
            if human.super_groups.get(group) != human.super_groups.get(own)
            and group not in owned[case.group.user_id]
        ]  # fmt: skip
        other = others[int(rng.integers(len(others)))]
        result.append([
            ("human", human.at(own, LEVEL), 0),
            ("shuffled", human.at(other, LEVEL), 0),
            ("broad", human.at(own, 1), 0),
        ])  # fmt: skip
    return result


def tell(rows: list[dict]) -> None:
    """Means by kind, and what the judge tells apart."""
    scored = [row for row in rows if "fit" in row]
    seconds = [row["seconds"] for row in rows if row["calls"]]
    print(f"\n{len(rows)} judgements, {len(rows) - len(scored)} unread")
    if seconds:
        print(f"{np.median(seconds):.1f} s each, median of {len(seconds)} not kept from before")
    by_kind = {kind: {r["group"]: r for r in scored if r["kind"] == kind} for kind in KINDS}
    for kind, own in by_kind.items():
        fits = [row["fit"] for row in own.values()]
        words = Counter(row["specificity"] or "(wrong)" for row in own.values())
        print(f"{kind:9} n={len(own)} mean fit {np.mean(fits):.2f} "
              f"{dict(sorted(Counter(fits).items()))} {dict(words)}")  # fmt: skip
    for high, low in (("human", "shuffled"), ("broad", "shuffled"), ("human", "broad")):
        both = sorted(by_kind[high].keys() & by_kind[low].keys())
        found = paired_auc(*([by_kind[k][g]["fit"] for g in both] for k in (high, low)))
        print(f"fit, {high} above {low}: AUC {found.mean:.2f} ({found.low:.2f} to "
              f"{found.high:.2f}), n={len(both)}")  # fmt: skip
    both = sorted(by_kind["human"].keys() & by_kind["broad"].keys())
    broad = [[by_kind[k][g]["specificity"] == "broad" for g in both] for k in ("broad", "human")]
    found = paired_auc(*broad)
    print(f"'too broad' of super-group above display name: AUC {found.mean:.2f} "
          f"({found.low:.2f} to {found.high:.2f}), n={len(both)}")  # fmt: skip
    again = {r["group"]: r["fit"] for r in scored if r["kind"] == "human again"}
    same = [again[g] == by_kind["human"][g]["fit"] for g in again if g in by_kind["human"]]
    if same:
        print(f"same fit with titles shuffled: {np.mean(same):.0%} of {len(same)}")


if __name__ == "__main__":
    main()
