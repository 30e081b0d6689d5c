"""SIMULATION: do the analysis's 95% intervals hold the truth in 95% of studies?

Nobody answered anything here. Ratings come from a cumulative logit with random people and journeys.
The functions are those that the analysis calls. "Nominal" says whether the exact 99% interval
(Clopper & Pearson) of the coverage contains .95. ``python benchmarks/study_coverage.py``
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from common import provenance
from scipy.stats import beta

from journeys.study import estimates
from journeys.study.latent import Components, ratings, truth

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]
MEANS: dict[str, Callable[[np.ndarray], Rows]] = {
    "studentised bootstrap (used)": estimates.bootstrap_t_rows,
    "Student's t": estimates.t_rows,
    "percentile bootstrap": estimates.percentile_rows,
}


def exact(hits: int, n: int) -> tuple[float, float]:
    """Clopper and Pearson's 99 % interval."""
    low = 0.0 if hits == 0 else float(beta.ppf(0.005, hits, n - hits + 1))
    high = 1.0 if hits == n else float(beta.ppf(0.995, hits + 1, n - hits))
    return low, high


def told(what: str, method: str, covered: np.ndarray) -> None:
    """A row of the table."""
    hits, n = int(covered.sum()), len(covered)
    low, high = exact(hits, n)
    nominal = "yes" if low <= 0.95 <= high else "no"
    print(
        f"| {what} | {method} | {hits / n:.2%} | {low:.2%} to {high:.2%} | {nominal} |", flush=True
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=2)
    asked = parser.parse_args()
    print("SIMULATION, no person answered. " + provenance())
    parts = Components()
    for people, journeys in ((12, 5), (20, 5), (40, 10), (80, 5)):
        rng = np.random.default_rng(asked.seed)
        print(f"\n### {asked.studies} studies of {people} people with {journeys} journeys\n")
        print("| figure | interval | coverage | exact 99% interval of it | nominal |")
        print("|---|---|---|---|---|")
        given = ratings((asked.studies, people, journeys), 0.6, parts, rng)
        shares = truth(0.6, parts)
        means = shares @ np.arange(1, 6)
        for name, rows in MEANS.items():
            _, low, high = rows(given[..., 1].mean(axis=2))
            told("mean identification", name, (low <= means[1]) & (means[1] <= high))
        totals = np.full((asked.studies, people), journeys)
        for what, least, condition in (("share at 4 or 5", 4, 1), ("rare share, at 5", 5, 0)):
            hits = (given[..., condition] >= least).sum(axis=2)
            true = shares[condition, least - 1 :].sum()
            _, low, high = estimates.share_rows(hits, totals)
            told(
                f"{what} ({true:.0%})", "Wilson, effective n (used)", (low <= true) & (true <= high)
            )
            _, low, high = estimates.t_rows(hits / totals)
            told(f"{what} ({true:.0%})", "Student's t", (low <= true) & (true <= high))
        unequal = uneven(given, rng)
        _, low, high, _ = estimates.paired_rows(unequal)
        gap = means[1] - means[0]
        told(
            "difference, paired, answers missing",
            "Student's t (used)",
            (low <= gap) & (gap <= high),
        )
        for name in ("studentised bootstrap (used)", "percentile bootstrap"):
            _, low, high = MEANS[name](unequal)
            told("difference, paired, answers missing", name.replace(" (used)", ""),
                 (low <= gap) & (gap <= high))  # fmt: skip
        same = uneven(ratings((asked.studies, people, journeys), 0.0, parts, rng), rng)
        _, _, _, p = estimates.paired_rows(same)
        low, high = exact(int((p < 0.05).sum()), len(p))
        print(f"\nFalse positives under no difference: {np.mean(p < 0.05):.2%} "
              f"(exact 99% interval {low:.2%} to {high:.2%})")  # fmt: skip


def uneven(given: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Own differences of people who left out a fifth of the trials, at least one of each kept."""
    kept = rng.random(given.shape) < 0.8
    kept[:, :, 0, :] |= ~kept.any(axis=2)
    sums = (given * kept).sum(axis=2) / kept.sum(axis=2)
    return np.asarray(sums[..., 1] - sums[..., 0])


if __name__ == "__main__":
    main()
