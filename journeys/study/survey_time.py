"""How long the study took people, as medians, since a few leave a page open overnight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journeys.study import estimates
from journeys.study.estimates import Estimate
from journeys.study.identification import SCORED, scored

if TYPE_CHECKING:
    import pandas as pd


def whole(participants: pd.DataFrame) -> list[Estimate]:
    """Minutes from consent to the end, of those who came to it."""
    done = participants[participants["finished_at"].notna()]
    return [
        estimates.median(
            done[column].dropna().to_numpy(dtype=float) / 60,
            words,
            f"participants where finished_at is given; median of {column} / 60",
        )
        for column, words in (
            ("total_seconds", "from consent to the end"),
            ("active_seconds", "without pauses of more than ten minutes"),
        )
    ]


def of_a_rating(answers: pd.DataFrame) -> list[Estimate]:
    """Seconds that a name was looked at before it was rated."""
    frame = scored(answers)
    frame = frame[frame["response_ms"].notna()]
    own = frame.groupby("participant")["response_ms"].median().to_numpy(dtype=float) / 1000
    query = f"{SCORED}; median of response_ms / 1000 by participant, then median over participants"
    return [estimates.median(own, "until a name was rated", query, answers=len(frame))]
