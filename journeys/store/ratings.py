"""Ratings: a person's answers about a journey and its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.orm import Session

from journeys.store.engine import now, still_there
from journeys.store.schema import JourneyRow, Person, Rating

#: Who rates where there are no invitations: the person at the keyboard.
LOCAL_RATER = "local"

#: Answers to "how closely does this describe something you are pursuing?", 1 to 5.
IDENTIFICATION = (
    "Not at all closely",
    "Slightly closely",
    "Moderately closely",
    "Very closely",
    "Extremely closely",
)

#: Answers about how specific the name is.
SPECIFICITY = {"broad": "Too broad", "right": "Right", "specific": "Too specific"}


@dataclass(frozen=True)
class Answer:
    """What a rater said of one journey.

    Attributes:
        identification: 1 (not at all closely) to 5 (extremely closely), None if not answered.
        specificity: a key of :data:`SPECIFICITY`, None if not answered.
        own_words: what the rater would say instead; '' if nothing.
        level: level of specificity of the name that was shown, 1 to 5.
        name_shown: that name.
        namer: what had made it.
    """

    identification: int | None
    specificity: str | None
    own_words: str
    level: int
    name_shown: str
    namer: str

    def __post_init__(self) -> None:
        if self.identification is not None and not 1 <= self.identification <= 5:
            raise ValueError(f"identification must be 1 to 5, not {self.identification}")
        if self.specificity is not None and self.specificity not in SPECIFICITY:
            raise ValueError(
                f"specificity must be one of {', '.join(SPECIFICITY)}, not {self.specificity!r}"
            )

    @property
    def empty(self) -> bool:
        """Nothing was answered."""
        return self.identification is None and self.specificity is None and not self.own_words


@dataclass(frozen=True)
class RatingRecord:
    """An answer with what it is about, as it is exported."""

    run_id: int
    pseudonym: str
    journey_id: str
    rater: str
    answer: Answer
    journey_rank: int
    journey_events: int
    created_at: int
    updated_at: int


class RatingStore:
    """Save, change, read and take back answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, run_id: int, journey_id: str, answer: Answer, rater: str = LOCAL_RATER) -> None:
        """Keep an answer in place of the rater's earlier one; an empty one takes it back.

        Raises:
            StoreError: there is no such journey in the run.
        """
        which = (
            (Rating.run_id == run_id) & (Rating.journey_id == journey_id) & (Rating.rater == rater)
        )
        at = now()
        with still_there("This journey"), self._engine.begin() as connection:
            if answer.empty:
                connection.execute(delete(Rating).where(which))
                return
            values = asdict(answer) | {"updated_at": at}
            if not connection.execute(update(Rating).where(which).values(**values)).rowcount:
                connection.execute(
                    insert(Rating),
                    values
                    | {
                        "run_id": run_id,
                        "journey_id": journey_id,
                        "rater": rater,
                        "created_at": at,
                    },
                )

    def of_run(self, run_id: int, person_id: int | None = None) -> Sequence[RatingRecord]:
        """All answers in a run, or those about one person's journeys; by person and rank."""
        query = (
            select(Rating, Person.pseudonym, JourneyRow.rank, JourneyRow.n_events)
            .join(
                JourneyRow,
                (JourneyRow.run_id == Rating.run_id) & (JourneyRow.id == Rating.journey_id),
            )
            .join(Person, Person.id == JourneyRow.person_id)
            .where(Rating.run_id == run_id)
            .order_by(Person.pseudonym, JourneyRow.rank, Rating.rater)
        )
        if person_id is not None:
            query = query.where(JourneyRow.person_id == person_id)
        with Session(self._engine) as session:
            return [
                RatingRecord(
                    run_id=rating.run_id,
                    pseudonym=pseudonym,
                    journey_id=rating.journey_id,
                    rater=rating.rater,
                    answer=Answer(
                        rating.identification,
                        rating.specificity,
                        rating.own_words,
                        rating.level,
                        rating.name_shown,
                        rating.namer,
                    ),
                    journey_rank=rank,
                    journey_events=events,
                    created_at=rating.created_at,
                    updated_at=rating.updated_at,
                )
                for rating, pseudonym, rank, events in session.execute(query)
            ]
