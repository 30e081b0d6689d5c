"""SIMULATION: do the analysis's 95% intervals hold the truth in 95% of studies?

Nobody answered anything here. Ratings come from a cumulative logit with random people and journeys.
The functions are those that the analysis calls. "Nominal" says whether the exact 99% interval
(Clopper & Pearson) of the coverage contains .95; false positives should be between 3% and 7%.
``python benchmarks/study_coverage.py`` (20 seconds); ``--mixed 2000`` adds the mixed model
(10 minutes).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from common import provenance
from scipy.stats import beta, t

from journeys.study import estimates
from journeys.study.latent import Components, ratings, truth

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]
MEANS: dict[str, Callable[[np.ndarray], Rows]] = {
    "studentised bootstrap (used)": estimates.bootstrap_t_rows,
    "Student's t": estimates.t_rows,
    "percentile bootstrap": estimates.percentile_rows,
}
#: What a share is of, the least rating that counts, and the condition.
SHARES = (
    ("share at 4 or 5", 4, 1),
    ("rare share, at 5", 5, 0),
    ("extreme share, at 2 or more", 2, 1),
)
MIXED = ((12, 10), (20, 10), (40, 5))


def exact(hits: int, n: int) -> tuple[float, float]:
    """Clopper and Pearson's 99 % interval."""
    low = 0.0 if hits == 0 else float(beta.ppf(0.005, hits, n - hits + 1))
    high = 1.0 if hits == n else float(beta.ppf(0.995, hits + 1, n - hits))
    return low, high


def told(what: str, method: str, covered: np.ndarray, width: np.ndarray) -> None:
    """A row of the table."""
    hits, n = int(covered.sum()), len(covered)
    low, high = exact(hits, n)
    nominal = "yes" if low <= 0.95 <= high else "no"
    print(
        f"| {what} | {method} | {hits / n:.2%} | {low:.2%} to {high:.2%} | {nominal} "
        f"| {width.mean():.3f} |",
        flush=True,
    )


def checked(what: str, method: str, true: float, low: np.ndarray, high: np.ndarray) -> None:
    """:func:`told` of intervals around a truth."""
    told(what, method, (low <= true) & (true <= high), high - low)


def false_positives(what: str, p: np.ndarray) -> None:
    """A row of the table of tests."""
    wrong = int((p < 0.05).sum())
    low, high = exact(wrong, len(p))
    within = "yes" if 0.03 <= wrong / len(p) <= 0.07 else "no"
    print(f"| {what} | {len(p):,} | {wrong / len(p):.2%} | {low:.2%} to {high:.2%} | {within} |",
          flush=True)  # fmt: skip


def wilson_rows(hits: np.ndarray, totals: np.ndarray) -> Rows:
    """What was used before: Wilson's on an effective number of answers, held below the whole."""
    n = hits.shape[1]
    own = hits / totals
    value, variance = own.mean(axis=1), own.var(axis=1, ddof=1) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = value * (1 - value) / variance
    worth = np.where(variance > 0, np.clip(worth, 1.0, totals.sum(axis=1)), float(n))
    z = float(t.ppf(0.975, n - 1))
    middle = (value + z**2 / (2 * worth)) / (1 + z**2 / worth)
    half = z / (1 + z**2 / worth) * np.sqrt(value * (1 - value) / worth + z**2 / (4 * worth**2))
    return value, middle - half, middle + half


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=4000)
    parser.add_argument("--mixed", type=int, default=0, help="studies to fit the mixed model to")
    parser.add_argument("--seed", type=int, default=2)
    asked = parser.parse_args()
    print("SIMULATION, no person answered. " + provenance())
    parts = Components()
    for people, journeys in ((12, 5), (20, 5), (40, 10), (80, 5)):
        coverage(asked.studies, people, journeys, parts, np.random.default_rng(asked.seed))
    single_answers(asked.studies, np.random.default_rng(asked.seed + 1))
    print("\n### False positives of every test, under no difference\n")
    print("| test | studies | p < .05 | exact 99% interval of it | between 3% and 7% |")
    print("|---|---|---|---|---|")
    for people, journeys in ((12, 5), (20, 5), (40, 10), (80, 5)):
        tests(asked.studies, people, journeys, parts, np.random.default_rng(asked.seed + 2))
    if asked.mixed:
        for people, journeys in MIXED:
            mixed(asked.mixed, people, journeys, parts, np.random.default_rng(asked.seed + 3))


def coverage(
    studies: int, people: int, journeys: int, parts: Components, rng: np.random.Generator
) -> None:
    """Means, shares and differences."""
    print(f"\n### Coverage: {studies} studies of {people} people with {journeys} journeys\n")
    print("| figure | interval | coverage | exact 99% interval of it | nominal | mean width |")
    print("|---|---|---|---|---|---|")
    given = ratings((studies, people, journeys), 0.6, parts, rng)
    shares = truth(0.6, parts)
    means = shares @ np.arange(1, 6)
    for name, rows in MEANS.items():
        checked("mean identification", name, means[1], *rows(given[..., 1].mean(axis=2))[1:])
    kept = rng.random((studies, people, journeys)) < 0.8
    kept[:, :, 0] |= ~kept.any(axis=2)
    for what, least, condition in SHARES:
        true = float(shares[condition, least - 1 :].sum())
        hit = given[..., condition] >= least
        for words, counted in (("", np.ones_like(kept)), (", answers missing", kept)):
            hits, totals = (hit & counted).sum(axis=2), counted.sum(axis=2)
            name = f"{what} ({true:.0%}){words}"
            checked(name, "Agresti-Coull, effective n (used)", true,
                    *estimates.share_rows(hits, totals)[1:])  # fmt: skip
            if not words:
                checked(name, "Wilson, effective n", true, *wilson_rows(hits, totals)[1:])
                checked(name, "Student's t", true, *estimates.t_rows(hits / totals)[1:])
                if least == 2:
                    none = float(np.mean(hits.sum(axis=1) == totals.sum(axis=1)))
                    print(f"| | in {none:.1%} of studies all answers are hits | | | | |")
    unequal, gap = uneven(given, rng), float(means[1] - means[0])
    name = "difference, paired, answers missing"
    checked(name, "Student's t (used)", gap, *estimates.paired_rows(unequal)[1:3])
    checked(name, "studentised bootstrap", gap, *estimates.bootstrap_t_rows(unequal)[1:])
    checked(name, "percentile bootstrap", gap, *estimates.percentile_rows(unequal)[1:])


def single_answers(studies: int, rng: np.random.Generator) -> None:
    """Shares of people, one answer each: exact coverage as the true share goes from .05 to .95.

    A number of hits is whole, so coverage is a step function of the share, and no interval that
    depends on the hits alone is at .95 everywhere (Brown, Cai & DasGupta 2001).
    """
    from scipy.stats import binom

    print("\n### Shares of people, one answer each: coverage, exact, over true shares 5% to 95%\n")
    print(
        "| people | Agresti-Coull (used): mean | least to most | Wilson, t: mean | least to most |"
    )
    print("|---|---|---|---|---|")
    for people in (12, 20, 40, 80):
        hits = (np.arange(people)[None, :] < np.arange(people + 1)[:, None]).astype(float)
        cells = []
        for rows in (estimates.share_rows, wilson_rows):
            _, low, high = rows(hits, np.ones_like(hits))
            grid = np.linspace(0.05, 0.95, 1801)
            holds = (low[:, None] <= grid) & (grid <= high[:, None])
            found = (holds * binom.pmf(np.arange(people + 1)[:, None], people, grid)).sum(axis=0)
            cells.append(f"{found.mean():.2%} | {found.min():.1%} to {found.max():.1%}")
        print(f"| {people} | " + " | ".join(cells) + " |")


def tests(
    studies: int, people: int, journeys: int, parts: Components, rng: np.random.Generator
) -> None:
    """Every test but the mixed model's."""
    from scipy.stats import ttest_ind

    of = f"{people} people, {journeys} journeys"
    given = ratings((studies, people, journeys), 0.0, parts, rng)
    false_positives(f"two conditions within people, {of}",
                    estimates.paired_rows(uneven(given, rng))[3])  # fmt: skip
    own = given[..., 0].mean(axis=2)
    one, other = own[:, : people // 2], own[:, people // 2 :]
    false_positives(f"two conditions between people, {of}",
                    ttest_ind(one, other, axis=1, equal_var=False).pvalue)  # fmt: skip
    items = ratings((studies, people, 2), 0.0, parts, rng).mean(axis=2)
    false_positives(f"change in a mean of two items, {people} people",
                    estimates.paired_rows(items[..., 1] - items[..., 0])[3])  # fmt: skip
    three = np.stack(
        [given[..., 0], given[..., 1], ratings(given.shape[:3], 0.0, parts, rng)[..., 1]]
    )
    three = three.mean(axis=3)
    pairs = [estimates.paired_rows(three[b] - three[a])[3] for a, b in ((0, 1), (0, 2), (1, 2))]
    least = np.array([np.nanmin(estimates.holm(p)) for p in np.stack(pairs, axis=1).tolist()])
    false_positives(f"any of three conditions' pairs, Holm, {of}", least)


def mixed(
    studies: int, people: int, journeys: int, parts: Components, rng: np.random.Generator
) -> None:
    """The mixed model's tests, on studies as the app makes them: each journey rated once."""
    import pandas as pd

    from journeys.study.mixed import mixed_model

    who = np.repeat(np.arange(people), journeys)
    trial = np.tile(np.arange(journeys), people)
    frame = pd.DataFrame(
        {"participant": [f"p{at}" for at in who],
         "journey": [f"p{at}j{trial}" for at, trial in zip(who, trial, strict=True)],
         "trial": trial + 1, "condition": np.array(["a", "b"])[(trial + who) % 2],
         "level": 1 + (trial + trial // 2 + who) % 5, "is_foil": pd.array([False] * len(who)),
         "repeat_of": pd.array([None] * len(who), dtype="Int64")}
    )  # fmt: skip
    condition, level, failed = [], [], 0
    for _ in range(studies):
        given = ratings((1, people, journeys), 0.0, parts, rng)[0]
        chosen = np.where(frame["condition"].eq("b"), given[..., 1].ravel(), given[..., 0].ravel())
        kept = rng.random(len(frame)) < 0.9
        fitted = mixed_model(frame.assign(identification=chosen.astype(float))[kept])
        failed += not fitted.effects
        for effect in fitted.effects:
            if effect.name == "condition b":
                condition.append(effect.p)
            elif effect.name == "level 3":
                level.append(effect.p)
    of = f"{people} people, {journeys} journeys, a tenth missing"
    false_positives(f"mixed model, condition, {of}", np.array(condition))
    false_positives(f"mixed model, a level, {of}", np.array(level))
    if failed:
        print(f"| of these, could not be fitted: {failed} | | | | |")


def uneven(given: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Own differences of people who left out a fifth of the trials, at least one of each kept."""
    kept = rng.random(given.shape) < 0.8
    kept[:, :, 0, :] |= ~kept.any(axis=2)
    sums = (given * kept).sum(axis=2) / kept.sum(axis=2)
    return np.asarray(sums[..., 1] - sums[..., 0])


if __name__ == "__main__":
    main()
