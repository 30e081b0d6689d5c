"""SIMULATION: how fast the adaptive design finds a preferred level, beside a fixed design.

No person answered anything here. Both designs use the same estimator and the same group prior;
they differ only in the level that is shown next. The oracle knows the preference and
shows about how much adapting could gain at best. ``python benchmarks/study_adaptive.py`` prints the
table of docs/results-study.md.
"""

from __future__ import annotations

import argparse

import numpy as np
from common import provenance

from journeys.study.adaptive import Prior, start
from journeys.study.simulation import Course, Design, Kind, follow, people, taught

KINDS = {
    "steady": Kind(),
    "steady, preferences even over 1 to 5": Kind(uniform=True),
    "sharp judgement": Kind(sigma=0.25),
    "drift of 0.02 a rating": Kind(drift=0.02),
    "lapses, 15% of answers": Kind(lapse=0.15),
    "lapses, 30% of answers": Kind(lapse=0.30),
    "15% of people answer at random": Kind(random=0.15),
}


def needed(course: Course, share: float) -> float:
    """Ratings until that share of people is within 0.5 and stays so; between trials by line."""
    near = np.mean(np.abs(course.error[:, ~course.at_random]) <= 0.5, axis=1)
    stays = np.minimum.accumulate(near[::-1])[::-1]
    if stays[-1] < share:
        return float("nan")
    at = int(np.argmax(stays >= share))
    if at == 0:
        return 0.0
    return float(at - 1 + (share - stays[at - 1]) / (stays[at] - stays[at - 1]))


def settled(course: Course) -> np.ndarray:
    """Of each person, the rating after which the estimate stays within 0.5; shape ``(n,)``."""
    far = np.abs(course.error[:, ~course.at_random]) > 0.5
    last = len(far) - np.argmax(far[::-1], axis=0)
    return np.where(far.any(axis=0), last, 0)


def stopped(course: Course, sure: float) -> tuple[float, float]:
    """Mean ratings where each person stops once ``sure``, and the share within 0.5 then."""
    known = ~course.at_random
    reached = course.sure[:, known] >= sure
    at = np.where(reached.any(axis=0), np.argmax(reached, axis=0), len(reached) - 1)
    error = np.abs(course.error[:, known][at, np.arange(len(at))])
    return float(at.mean()), float(np.mean(error <= 0.5))


def threshold(course: Course, share: float) -> float:
    """The least certainty at which to stop that leaves ``share`` of people within 0.5."""
    for sure in np.arange(0.60, 0.991, 0.01):
        if stopped(course, float(sure))[1] >= share:
            return float(sure)
    return float("nan")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print("SIMULATION, no person answered. " + provenance() + "\n")
    for title, learn in (("group prior from 30 earlier participants", True), ("no group", False)):
        print(f"\n### {title}\n")
        print(
            "| people | design | ratings until 50 / 80 / 90% within 0.5 | settled: median, mean | "
            "of the fixed's | with stopping: ratings, within 0.5 | RMSE after 8 | 95% holds |"
        )
        print("|---|---|---|---|---|---|---|---|")
        for name, kind in KINDS.items():
            prior = taught(kind, 30, 10, asked.seed + 7) if learn else start()
            row(name, kind, prior, asked)
    print("\n### A length fixed beforehand, against stopping when sure\n")
    print("| people | of them within 0.5 | fixed levels and length | adaptive, stopping | ratio |")
    print("|---|---|---|---|---|")
    for name, kind in KINDS.items():
        stopping_rows(name, kind, taught(kind, 30, 10, asked.seed + 7), asked)


def stopping_rows(name: str, kind: Kind, prior: Prior, asked: argparse.Namespace) -> None:
    """Mean ratings a person for equal accuracy.

    When to stop, and how long the fixed design must be, are set on other simulated people.
    """
    trials = min(asked.trials, 25) if kind.drift else asked.trials

    def course(design: Design, seed: int) -> Course:
        return follow(people(asked.people, kind, seed), design, trials, prior, seed=seed)

    trained = {design: course(design, asked.seed + 100) for design in ("adaptive", "fixed")}
    judged = {design: course(design, asked.seed) for design in ("adaptive", "fixed")}
    for share in (0.8, 0.9, 0.95):
        sure, length = threshold(trained["adaptive"], share), needed(trained["fixed"], share)
        if np.isnan(sure) or np.isnan(length):
            print(f"| {name} | {share:.0%} | not reached in {trials} | | |", flush=True)
            continue
        ratings, reached = stopped(judged["adaptive"], sure)
        known = ~judged["fixed"].at_random
        fixed = float(np.mean(np.abs(judged["fixed"].error[int(np.ceil(length)), known]) <= 0.5))
        print(
            f"| {name} | {share:.0%} | {length:.1f} ratings, {fixed:.0%} | {ratings:.1f} ratings, "
            f"{reached:.0%} | {ratings / length:.2f} |",
            flush=True,
        )


def row(name: str, kind: Kind, prior: Prior, asked: argparse.Namespace) -> None:
    """One kind of people under both designs."""
    courses: dict[str, Course] = {}
    designs: tuple[Design, ...] = ("adaptive", "fixed", "oracle")
    for design in designs:
        group = people(asked.people, kind, asked.seed)
        # A preference that drifts is followed for a session of 25 ratings.
        trials = min(asked.trials, 25) if kind.drift else asked.trials
        courses[design] = follow(group, design, trials, prior, seed=asked.seed)
    for design, course in courses.items():
        until = " / ".join(f"{needed(course, share):.1f}" for share in (0.5, 0.8, 0.9))
        when = settled(course)
        mean, share = stopped(course, 0.8)
        known = ~course.at_random
        rmse = float(np.sqrt(np.mean(course.error[8, known] ** 2)))
        ratio = " / ".join(
            f"{needed(course, share) / max(needed(courses['fixed'], share), 1e-9):.2f}"
            for share in (0.5, 0.8, 0.9)
        )
        print(
            f"| {name} | {design} | {until} | {np.median(when):.0f}, {when.mean():.1f} | {ratio} | "
            f"{mean:.1f}, {share:.0%} | {rmse:.2f} | {course.covered[8, known].mean():.1%} |",
            flush=True,
        )
    if kind.random:
        wild = courses["adaptive"].suspected > 0.5
        at_random = courses["adaptive"].at_random
        print(
            f"| | | at random and suspected: {wild[at_random].mean():.0%}; steady and suspected: "
            f"{wild[~at_random].mean():.1%} | | | | | |"
        )


if __name__ == "__main__":
    main()
