"""The memory's checks: partition size, cascade against other ways, robustness, and cost.

    python benchmarks/memory_checks.py --home DIR --part tune|cascade|sizes|robust|cost
        [--data reddit|til] [--json FILE]

Quality without a recommender: the true next item among 49 others, ordered by what the memory knew
before that item's partition (journeys/evaluation/next_items.py). "others": items of other people at
about that time. "later": the person's own items of later partitions, which only a memory that
knows what is wanted *now* tells from the next ones.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from common import provenance
from memory_cost import cost
from memory_following import (
    Candidates,
    Lists,
    Past,
    Texts,
    crowd,
    memories,
    of_names,
    pasts,
    scored,
    with_cache,
)
from memory_worlds import Person, World, planted_people

from journeys.evaluation.intervals import FEWEST_FOR_INTERVAL, macro_mean
from journeys.memory.reranking import KEPT, MOMENTUM, SHARPNESS, Wanted, unrelated, wanted

SIZE = 20
SIZES = (5, 10, 20, 50)
PARTS = ("tune", "cascade", "sizes", "robust", "cost")
#: Weight of a summary against the next, where partitions are independent; chosen like the others.
DECAY = 0.5

#: Figures of one person: (memory, kind of list) -> name of the figure -> values, one a list.
Figures = dict[tuple[str, str], dict[str, list[float]]]


def add(figures: Figures, name: str, kind: str, texts: Texts, lists: Lists, mask: np.ndarray,
        partition: int, sharpness: float = SHARPNESS) -> None:  # fmt: skip
    """Score the lists of one partition by one memory."""
    if not mask.any():
        return
    found, row = scored(texts, lists, mask, sharpness), figures[name, kind]
    row["auc"] += found.auc.tolist()
    row["mrr"] += found.mrr.tolist()
    row["ndcg"] += found.ndcg.tolist()
    row["partition"] += [partition] * int(mask.sum())


def fresh() -> Figures:
    return defaultdict(lambda: defaultdict(list))


def followed(
    world: World, person: Person, draw: Candidates, seen: Sequence[Past], **chosen: float
) -> Figures:
    """Every memory of the quality table on every list of a person."""
    figures = fresh()
    targets = np.arange(SIZE, len(person))
    others, later = draw.others(person, targets), draw.later(person, targets, SIZE)
    made = memories(world, person, crowd(world, person), **chosen)
    for number, past in enumerate(seen, start=1):
        for name, texts in made(past).items():
            for kind, lists in (("others", others), ("later", later)):
                add(figures, name, kind, texts, lists, lists.at // SIZE == number, number)
    return figures


def cell(people: Sequence[Figures], name: str, kind: str, figure: str,
         partitions: range | None = None) -> str:  # fmt: skip
    """Mean over people with its interval; with few people, each."""
    values = []
    for figures in people:
        row = figures.get((name, kind))
        if row is None:
            continue
        keep = [v for v, p in zip(row[figure], row["partition"], strict=True)
                if partitions is None or p in partitions]  # fmt: skip
        if keep:
            values.append(float(np.mean(keep)))
    if not values:
        return "-"
    if len(values) < FEWEST_FOR_INTERVAL:
        return f"{np.mean(values):.3f} ({', '.join(f'{v:.3f}' for v in values)})"
    found = macro_mean(values)
    return f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"


def difference(people: Sequence[Figures], one: str, other: str, kind: str, figure: str) -> str:
    """Paired mean difference over people, with its interval."""
    both_ = [
        float(np.mean(f[one, kind][figure]) - np.mean(f[other, kind][figure]))
        for f in people
        if f.get((one, kind)) and f.get((other, kind))
    ]
    if len(both_) < FEWEST_FOR_INTERVAL:
        return ", ".join(f"{v:+.3f}" for v in both_)
    found = macro_mean(both_)
    return f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"


def names(people: Iterable[Figures]) -> list[str]:
    return list(dict.fromkeys(name for figures in people for name, _ in figures))


def quality(people: Sequence[Figures]) -> None:
    """Print a table, one row a memory."""
    print("| memory | AUC, others | MRR, others | NDCG@10, others | AUC, own later items |")
    print("|---|---|---|---|---|")
    for name in names(people):
        figures = [cell(people, name, "others", figure) for figure in ("auc", "mrr", "ndcg")]
        print(f"| {name} | {' | '.join(figures)} | {cell(people, name, 'later', 'auc')} |")


def tune(world: World) -> None:
    """Settings of the cascade and of independent partitions, by AUC on people not reported."""
    draw, people = Candidates(world), world.halves()[0][:30]
    pasts_of = [list(pasts(world, person, SIZE)) for person in people]
    lists = []
    for person in people:
        targets = np.arange(SIZE, len(person))
        lists.append((draw.others(person, targets), draw.later(person, targets, SIZE)))

    def mean(make: Callable[[Past], Wanted], sharpness: float) -> float:
        values = []
        for seen, (others, later) in zip(pasts_of, lists, strict=True):
            figures = fresh()
            for number, past in enumerate(seen, start=1):
                texts = of_names(world, make(past))
                for kind, some in (("others", others), ("later", later)):
                    add(figures, "it", kind, texts, some, some.at // SIZE == number, number,
                        sharpness)  # fmt: skip
            values += [np.mean(row["auc"]) for row in figures.values()]
        return float(np.mean(values))

    def cascade_of(momentum: float, kept: float) -> Callable[[Past], Wanted]:
        return lambda past: wanted(past.lives, momentum=momentum, kept=kept)

    def fading(decay: float) -> Callable[[Past], Wanted]:
        return lambda past: unrelated([past.summaries[n] for n in sorted(past.summaries)], decay)

    print("| memory | mean AUC of both kinds of list |\n|---|---|")
    sharp = {}
    for sharpness in (0.03, 0.05, 0.1, 0.2):
        sharp[sharpness] = mean(cascade_of(0.5, 0.5), sharpness)
        print(f"| cascade, sharpness {sharpness} | {sharp[sharpness]:.4f} |", flush=True)
    sharpness = max(sharp, key=sharp.__getitem__)
    best = {}
    for momentum, kept in product((0.0, 0.5, 1.0), (0.0, 0.3, 0.5, 0.7, 0.9)):
        best[momentum, kept] = mean(cascade_of(momentum, kept), sharpness)
        print(f"| cascade, momentum {momentum}, kept {kept} | {best[momentum, kept]:.4f} |",
              flush=True)  # fmt: skip
    for decay in (0.0, 0.3, 0.5, 0.7, 0.9, 1.0):
        print(f"| independent, decay {decay} | {mean(fading(decay), sharpness):.4f} |", flush=True)
    momentum, kept = max(best, key=best.__getitem__)
    print(f"\nbest: sharpness {sharpness}, momentum {momentum}, kept {kept}")


def cascade(world: World, data: str) -> list[Figures]:
    """Cascade against the others, as the history grows."""
    draw = Candidates(world)
    people = world.halves()[1] if data == "reddit" else world.people
    done = []
    for person in people:
        seen = list(pasts(world, person, SIZE))
        done.append(followed(world, person, draw, seen, momentum=MOMENTUM, kept=KEPT, decay=DECAY))
    print(f"{len(people)} people, {sum(map(len, people)):,} events; partitions of {SIZE}; journeys "
          "found anew in the events so far, names by key phrases, notes by counts.\n")  # fmt: skip
    quality(done)
    print("\nPaired differences, cascade less the other:\n")
    print("| less | AUC, others | AUC, own later items |\n|---|---|---|")
    for other in names(done):
        if other != "cascade":
            print(f"| {other} | {difference(done, 'cascade', other, 'others', 'auc')} | "
                  f"{difference(done, 'cascade', other, 'later', 'auc')} |")  # fmt: skip
    print("\nAs the history grows, AUC against others' items / own later items:\n")
    bins = ((range(1, 2), range(2, 4), range(4, 7), range(7, 99)) if data == "reddit" else
            (range(1, 4), range(4, 8), range(8, 16), range(16, 32), range(32, 999)))  # fmt: skip
    print("| partitions told | " + " | ".join(f"{b.start} to {b.stop - 1}" for b in bins) + " |")
    print("|---|" + "---|" * len(bins))
    for name in names(done):
        cells = [" / ".join(cell(done, name, kind, "auc", b) for kind in ("others", "later"))
                 for b in bins]  # fmt: skip
        print(f"| {name} | {' | '.join(cells)} |")
    return done


def sizes(world: World, data: str) -> list[Figures]:
    """Partition sizes on the same lists: every event from the fiftieth on."""
    draw = Candidates(world)
    people = world.halves()[1] if data == "reddit" else world.people
    people = [person for person in people if len(person) >= max(SIZES) + 10]
    done = []
    calls: dict[int, list[int]] = defaultdict(list)
    for person in people:
        figures = fresh()
        targets = np.arange(max(SIZES), len(person))
        others, later = draw.others(person, targets), draw.later(person, targets, max(SIZES))
        for size in SIZES:
            calls[size].append(max(0, 2 * (len(person) // size) - 1))
            for number, past in enumerate(pasts(world, person, size), start=1):
                alone = of_names(world, wanted(past.lives))
                for kind, lists in (("others", others), ("later", later)):
                    mask = lists.at // size == number
                    add(figures, f"{size}", kind, alone, lists, mask, number)
                    start = past.known.end
                    texts = with_cache(
                        alone, person.vectors[start : start + size], lists.at[mask] - start
                    )
                    add(figures, f"{size} and the cache", kind, texts, lists, mask, number)
        done.append(figures)
    print(f"{len(people)} people; the same lists for every size: from the {max(SIZES)}th event.\n")
    quality(done)
    print("\n| size | calls a user (2 floor(n / K), less 1: the first has no shift) |\n|---|---|")
    for size in SIZES:
        print(f"| {size} | {np.mean(calls[size]):.1f} |")
    return done


def robust(world: World) -> list[Figures]:
    """People planted to be rapid, seasonal, stable and mixed; their journeys are given."""
    people = planted_people(world, 30)
    world.everybody = world.people = [person for _, person in people]
    draw = Candidates(world)
    kinds: dict[str, list[Figures]] = defaultdict(list)
    for kind, person in people:
        seen = list(pasts(world, person, SIZE, "given"))
        kinds[kind].append(
            followed(world, person, draw, seen, momentum=MOMENTUM, kept=KEPT, decay=DECAY)
        )
    print(f"{len(people)} made-up people of real titles, 100 events each; partitions of {SIZE}.")
    print("AUC against others' items / own later items.\n")
    print(f"| memory | {' | '.join(kinds)} |\n|---|{'---|' * len(kinds)}")
    for name in names(kinds["stable"]):
        cells = [
            f"{cell(done, name, 'others', 'auc')} / {cell(done, name, 'later', 'auc')}"
            for done in kinds.values()
        ]
        print(f"| {name} | {' | '.join(cells)} |")
    return [figures for done in kinds.values() for figures in done]


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--part", choices=PARTS, required=True)
    parser.add_argument("--data", default="reddit", choices=("reddit", "til"))
    parser.add_argument("--calls", type=Path, help="log of calls, for the cost")
    parser.add_argument(
        "--seconds-a-token",
        type=float,
        default=359 / 12_945,
        help="for the cost; by default as 18 calls of memory_shifts.py took",
    )
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    world = World(asked.data, asked.home)
    print(provenance() + "\n", flush=True)
    if asked.part == "tune":
        tune(world)
        return
    if asked.part == "cost":
        cost(world, asked.calls or asked.home / "calls.jsonl", asked.seconds_a_token)
        return
    done = {
        "cascade": lambda: cascade(world, asked.data),
        "sizes": lambda: sizes(world, asked.data),
        "robust": lambda: robust(world),
    }[asked.part]()
    if asked.json:
        rows: list[Mapping[str, object]] = [
            {f"{name}|{kind}": dict(row) for (name, kind), row in figures.items()}
            for figures in done
        ]
        asked.json.write_text(json.dumps(rows))
    world.store.close()


if __name__ == "__main__":
    main()
