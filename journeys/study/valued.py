"""What participants say of their own journeys, beside the published survey.

The survey (Christakopoulou et al. 2023, arXiv 2305.15498) asked users of a video platform: 66%
recently pursued a valued journey, 70% of them hold 1 to 3 at once. Here a journey counts as valued
and going on when a participant identifies with a name of it very or extremely closely and says
that it goes on. How long it lasts is read from the log and not asked: 80% of the survey's journeys
had lasted more than a month, half of its users had one of more than a year. Of a whole log, also of
people who were asked nothing, :mod:`journeys.study.survey` has the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from journeys.study import estimates
from journeys.study.estimates import NAN, Estimate
from journeys.study.identification import CLOSE, SCORED, scored
from journeys.study.survey import MONTH_DAYS, YEAR_DAYS

if TYPE_CHECKING:
    import pandas as pd

VALUED, FEW = "people with a valued journey going on", "of these, people with 1 to 3 at once"
LONG, YEARS = "valued journeys of more than a month", "people with one of more than a year"

PUBLISHED = {VALUED: 0.66, FEW: 0.70, LONG: 0.80, YEARS: 0.50}

NOTE = (
    "The survey's shares are of users of one video platform, asked about that platform, and are "
    "read from accounts of the paper; its sample size is not known to us. Here only journeys that "
    "were shown can count, and a journey lasts from its first to its last event in the log, so the "
    "shares are lower bounds."
)


def valued(answers: pd.DataFrame) -> dict[str, tuple[Estimate, ...]]:
    """The study's shares, and the survey's without interval; empty where nothing was answered."""
    frame = scored(answers)
    frame = frame[frame["identification"].notna() & frame["ongoing"].notna()]
    if frame.empty:
        return {}
    hit = frame["ongoing"].astype(bool) & (frame["identification"] >= CLOSE).astype(bool)
    by_journey = hit.groupby([frame["participant"], frame["journey"]]).max()
    counts = by_journey.groupby(level=0).sum().to_numpy()
    having = counts[counts > 0]
    query = (
        f"{SCORED} where identification and ongoing are given; journeys of which any trial has "
        f"identification >= {CLOSE} and ongoing true, counted by participant"
    )
    own: tuple[Estimate, ...] = (
        estimates.share(counts > 0, np.ones(len(counts)), VALUED, f"{query}; share above 0"),
        estimates.share(having <= 3, np.ones(len(having)), FEW, f"{query}; of these share to 3"),
    )
    if frame["journey_days"].notna().any():
        own += _long(frame[hit], query)
    published = tuple(
        Estimate(name, share, NAN, NAN, 0, 0, NOTE, "published: arXiv 2305.15498")
        for name, share in PUBLISHED.items()
        if name in {each.name for each in own}
    )
    return {"This study": own, "Published survey": published}


def _long(valued_trials: pd.DataFrame, query: str) -> tuple[Estimate, ...]:
    """How long valued journeys last in the log."""
    frame = valued_trials[valued_trials["journey_days"].notna()]
    days = frame.groupby(["participant", "journey"])["journey_days"].max().astype(float)
    month = (days > MONTH_DAYS).astype(float).groupby(level=0)
    year = (days > YEAR_DAYS).groupby(level=0).max().to_numpy(dtype=float)
    return (
        estimates.share(
            month.sum().to_numpy(),
            month.size().to_numpy(dtype=float),
            LONG,
            f"{query}; of these the share with journey_days > {MONTH_DAYS:g} by participant, then "
            "mean over participants",
        ),
        estimates.share(
            year, np.ones(len(year)), YEARS, f"{query}; share with any journey_days > {YEAR_DAYS:g}"
        ),
    )
