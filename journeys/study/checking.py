"""How far the answers can be trusted, how journeys failed, and what the study did to people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from journeys.study import estimates
from journeys.study.estimates import Estimate
from journeys.study.identification import CLOSE, SCORED, scored, share_of

if TYPE_CHECKING:
    import pandas as pd

#: "Not at all" and "slightly": with no memory of the items, signs of a sporadic cluster.
LOW = 2

#: The steps of the path with the column of their time, in order.
STEPS = (
    ("invited", "invited_at"),
    ("opened the link", "opened_at"),
    ("consented", "consented_at"),
    ("said their journeys", "stated_at"),
    ("confirmed their log", "log_at"),
    ("rated a first name", "rated_at"),
    ("finished", "finished_at"),
)


@dataclass(frozen=True)
class Step:
    """How many came to a step, or to one after it.

    Attributes:
        of_all, of_before: as a share of the first step's and of the step's before; NaN of none.
    """

    name: str
    people: int
    of_all: float = 1.0
    of_before: float = 1.0


def steps(counts: Sequence[tuple[str, int]]) -> list[Step]:
    """Steps with their shares, from each one's name and people."""
    made = []
    for at, (name, people) in enumerate(counts):
        first, before = counts[0][1], counts[max(at - 1, 0)][1]
        made.append(
            Step(
                name,
                people,
                people / first if first else estimates.NAN,
                people / before if before else estimates.NAN,
            )
        )
    return made


def counted(funnel: pd.DataFrame) -> list[Step]:
    """The steps of the table ``funnel``."""
    return steps(
        [(str(step), int(n)) for step, n in zip(funnel["step"], funnel["people"], strict=True)]
    )


def funnel(participants: pd.DataFrame) -> list[Step]:
    """How many participants came how far; who came to a later step has passed the earlier."""
    reached = np.stack([participants[column].notna().to_numpy() for _, column in STEPS], axis=1)
    beyond = np.flip(np.logical_or.accumulate(np.flip(reached, 1), axis=1), 1)
    return steps(
        [(name, int(count)) for (name, _), count in zip(STEPS, beyond.sum(axis=0), strict=True)]
    )


def foil_acceptance(answers: pd.DataFrame) -> Estimate:
    """Share of made-up journeys that people say describe them very or extremely closely."""
    frame = answers[answers["is_foil"].fillna(False)]
    rating = frame["identification"]
    return share_of(
        frame,
        (rating >= CLOSE).where(rating.notna()),
        "made-up journeys accepted",
        "answers where is_foil is true",
        "identification >= 4",
    )


def consistency(answers: pd.DataFrame) -> list[Estimate]:
    """How repeated trials compare with the trials they repeat."""
    pairs = repeated(answers)
    query = "answers where repeat_of is given, joined to the trial it names by participant"
    given = pairs[pairs["identification"].notna() & pairs["identification_first"].notna()]
    apart = (given["identification"] - given["identification_first"]).abs()
    same = share_of(given, apart == 0, "repeats answered the same", query, "equal identification")
    near = share_of(given, apart <= 1, "repeats within one point", query, "identification within 1")
    return [same, near]


def repeated(answers: pd.DataFrame) -> pd.DataFrame:
    """Repeats beside the trials they repeat, whose columns end in ``_first``."""
    again = answers[answers["repeat_of"].notna()]
    # One that repeats nothing that was answered would be compared with itself.
    again = again[again["repeat_of"] != again["trial"]]
    return again.merge(
        answers,
        left_on=["participant", "repeat_of"],
        right_on=["participant", "trial"],
        suffixes=("", "_first"),
    )


def failures(answers: pd.DataFrame, stated: pd.DataFrame) -> list[Estimate]:
    """The published ways in which discovered journeys fail, each as a share."""
    frame = scored(answers)
    first = frame.sort_values("trial").drop_duplicates(["participant", "journey"])
    forgotten = (~first["remembers"] & (first["identification"] <= LOW)).where(
        first["remembers"].notna() & first["identification"].notna()
    )
    journeys = f"{SCORED}, the first trial of each journey"
    marked = frame[frame["items_shown"].notna() & (frame["items_shown"] > 0)]
    by_person = marked.groupby("participant")[["items_marked", "items_shown"]].sum()
    missing = stated[(stated["when"] == "missing").fillna(False)]
    added = missing.groupby("participant").size()
    shown = first.groupby("participant").size()
    named = added.reindex(shown.index).fillna(0).astype(float)
    return [
        estimates.share(
            named.to_numpy(),
            (named + shown).to_numpy(dtype=float),
            "missed",
            "stated where when = missing, by participant, of these and the journeys shown",
        ),
        share_of(first, forgotten, "sporadic", journeys,
                 f"remembers is false and identification <= {LOW}"),
        share_of(first, (~first["ongoing"]).where(first["ongoing"].notna()), "outdated", journeys,
                 "ongoing is false"),
        share_of(_merged(frame), _merged(frame)["merged"], "repeated", SCORED,
                 "journeys of which any trial has merged_with, or that one names"),
        estimates.share(
            by_person["items_marked"].to_numpy(dtype=float),
            by_person["items_shown"].to_numpy(dtype=float),
            "items that do not belong",
            f"{SCORED}; items_marked of items_shown by participant",
        ),
    ]  # fmt: skip


def _merged(frame: pd.DataFrame) -> pd.DataFrame:
    own = frame[["participant", "journey"]].drop_duplicates()
    pairs = frame[frame["merged_with"].notna()][["participant", "journey", "merged_with"]]
    both = {(who, one) for who, one, _ in pairs.itertuples(index=False, name=None)}
    for who, _, others in pairs.itertuples(index=False, name=None):
        both |= {(who, other) for other in str(others).split()}
    hit = [key in both for key in own.itertuples(index=False, name=None)]
    return own.assign(merged=np.array(hit, dtype=bool))


def changes(participants: pd.DataFrame) -> list[Estimate]:
    """Change in trust and in perceived risk, after less before."""
    made = []
    for column, words in (("trust", "trust"), ("risk", "perceived risk to privacy")):
        difference = (participants[f"{column}_after"] - participants[f"{column}_before"]).dropna()
        made.append(
            estimates.paired(
                difference.to_numpy(dtype=float),
                f"change in {words}",
                f"participants; {column}_after less {column}_before, of those who answered both",
                answers=2 * len(difference),
            )
        )
    return made
