"""A recommender's list with and without the person's journeys.

    python benchmarks/journey_rerank.py --home DIR [--data reddit|til] [--weight W]

Lists are the true next item among 49 items of other people at about that time, as in
memory_checks.py. The recommenders are plain and know what was told before the partition only. What
is added is weighed as is best for NDCG@10 on half of the people, and figures are of the others;
til_notes has too few people to choose on, so give ``--weight``. "Match": the mean, over the ten
items placed first, of the cosine with the nearest of the person's true groups in that partition.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import provenance
from memory_checks import SIZE, Figures, cell, fresh
from memory_following import (
    Candidates,
    Lists,
    Texts,
    both,
    crowd,
    of_evidence,
    of_items,
    of_names,
    pasts,
    scores,
)
from memory_worlds import Person, World, in_words

from journeys.evaluation.next_items import placed
from journeys.memory.reranking import SHARPNESS, Wanted, reranked, wanted

WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
PLAIN = "nothing"


@dataclass(frozen=True)
class Scored:
    """The lists of one partition of a person.

    Attributes:
        bases, added: name -> shape ``(lists, candidates)``.
        near: shape ``(lists, candidates)``, cosine with the nearest true group.
    """

    number: int
    bases: Mapping[str, np.ndarray]
    added: Mapping[str, np.ndarray]
    near: np.ndarray


def groups_now(person: Person, end: int) -> tuple[np.ndarray, Wanted]:
    """Mean directions of the true groups in the next partition, and their names."""
    own = person.groups[end : end + SIZE]
    names = [group for group in dict.fromkeys(own) if group]
    means = [
        person.vectors[[at for at, group in enumerate(person.groups) if group == name]].mean(axis=0)
        for name in names
    ]
    rows = np.array([mean / np.linalg.norm(mean) for mean in means])
    return rows, Wanted.of([(in_words(name), own.count(name)) for name in names])


def scored(world: World, person: Person, draw: Candidates) -> list[Scored]:
    """Every list of a person by every recommender and memory."""
    lists = draw.others(person, np.arange(SIZE, len(person)))
    everybody = (crowd(world, person)[None, :], np.ones(1))
    found = []
    for number, past in enumerate(pasts(world, person, SIZE), start=1):
        end, mask = past.known.end, lists.at // SIZE == number
        groups, names = groups_now(person, end)
        if not mask.any() or not len(groups):
            continue
        want = wanted(past.lives)
        abstract = of_names(world, want)
        episodic = of_items(person.vectors[end - 20 : end])
        texts: dict[str, Texts] = {
            "last 20 events (episodic)": episodic,
            "journeys in words (abstract)": abstract,
            "journeys by their events": (of_evidence(person, past.lives, want), want.weights),
            "journeys in words and last 20 events": both(abstract, episodic),
            "true groups of the next partition (bound)": of_names(world, names),
        }
        found.append(
            Scored(
                number,
                {
                    "what everybody does": by(everybody, lists, mask),
                    "like the last 5 events": by(
                        of_items(person.vectors[end - 5 : end]), lists, mask
                    ),
                },
                {name: by(one, lists, mask) for name, one in texts.items()},
                (lists.vectors[mask] @ groups.T).max(axis=2),
            )
        )
    return found


def by(texts: Texts, lists: Lists, mask: np.ndarray) -> np.ndarray:
    return scores(texts, lists, mask, SHARPNESS)


def ordered(one: Scored, base: str, name: str, weight: float) -> np.ndarray:
    """Scores of each list, reranked."""
    added = one.added.get(name, one.bases[base])
    return np.stack(
        [
            reranked(own, match, weight if name != PLAIN else 0.0)
            for own, match in zip(one.bases[base], added, strict=True)
        ]
    )


def best(people: Sequence[Sequence[Scored]], base: str, name: str) -> float:
    """The weight with the highest NDCG@10."""
    return max(
        WEIGHTS,
        key=lambda weight: np.mean(
            [
                np.concatenate(
                    [placed(ordered(one, base, name, weight)).ndcg for one in own]
                ).mean()
                for own in people
                if own
            ]
        ),
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--data", default="reddit", choices=("reddit", "til"))
    parser.add_argument("--weight", type=float, help="instead of choosing (til_notes)")
    asked = parser.parse_args()
    world = World(asked.data, asked.home)
    draw = Candidates(world)
    chosen, reported = world.halves() if asked.data == "reddit" else ([], world.people)
    on = [scored(world, person, draw) for person in chosen]
    off = [scored(world, person, draw) for person in reported]
    print(provenance() + f"\n\n{len(reported)} people; weights chosen on {len(chosen)} others.\n")
    print("| recommender | added | weight | MRR | NDCG@10 | AUC | match of the first ten |")
    print("|---|---|---|---|---|---|---|")
    first = next(own[0] for own in off if own)
    for base in first.bases:
        for name in (PLAIN, *first.added):
            weight = 0.0
            if name != PLAIN:
                weight = asked.weight if asked.weight is not None else best(on, base, name)
            people = [figures(own, base, name, weight) for own in off if own]
            cells = [cell(people, name, "others", key) for key in ("mrr", "ndcg", "auc", "match")]
            print(f"| {base} | {name} | {weight:g} | {' | '.join(cells)} |", flush=True)
    world.store.close()


def figures(own: Sequence[Scored], base: str, name: str, weight: float) -> Figures:
    """One person's figures, in the form that memory_checks.cell reads."""
    found = fresh()
    row = found[name, "others"]
    for one in own:
        values = ordered(one, base, name, weight)
        place = placed(values)
        first = np.argsort(-values, axis=1, kind="stable")[:, :10]
        row["auc"] += place.auc.tolist()
        row["mrr"] += place.mrr.tolist()
        row["ndcg"] += place.ndcg.tolist()
        row["match"] += np.take_along_axis(one.near, first, axis=1).mean(axis=1).tolist()
        row["partition"] += [one.number] * len(values)
    return found


if __name__ == "__main__":
    main()
