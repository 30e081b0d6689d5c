"""Ratings: a person's answers about a journey and its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Engine, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from journeys.store.engine import now, still_there
from journeys.store.schema import JourneyRow, Person, Rating, Run

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
    """An answer with what it is about, as it is exported.

    ``run_id`` is the run in which it was given; rank, events and ``active`` (false for a journey
    that an edit has emptied) are those of the journey in the run that was asked for.
    """

    run_id: int
    pseudonym: str
    journey_id: str
    rater: str
    answer: Answer
    journey_rank: int
    journey_events: int
    created_at: int
    updated_at: int
    active: bool = True


@dataclass(frozen=True)
class AnswerCount:
    """How many answers are alike.

    Attributes:
        identification, specificity: as in :class:`Answer`.
        level: of the name that was shown.
    """

    level: int
    identification: int | None
    specificity: str | None
    number: int


class RatingStore:
    """Save, change, read and take back answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, run_id: int, journey_id: str, answer: Answer, rater: str = LOCAL_RATER) -> None:
        """Keep an answer in place of the rater's earlier one; an empty one takes it back.

        An answer that stands from an earlier run of the log stays there as it was given: what
        takes it back, too, is kept, as an empty answer in this run.

        Raises:
            StoreError: there is no such journey in the run.
        """
        which = (
            (Rating.run_id == run_id) & (Rating.journey_id == journey_id) & (Rating.rater == rater)
        )
        at = now()
        with still_there("This journey"), self._engine.begin() as connection:
            if answer.empty and not _given_earlier(connection, run_id, journey_id, rater):
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
        """All answers given in a run, or those about one person's journeys; by person and rank.

        Over all runs of a log, this has every answer once.
        """
        return [
            record
            for record in self._records(run_id, person_id, carried=False)
            if not record.answer.empty
        ]

    def standing(self, run_id: int, person_id: int | None = None) -> Sequence[RatingRecord]:
        """What raters have said so far of the journeys that a run shows; by person and rank.

        For each rater and journey that is the newest answer in this run or an earlier one of the
        same log that has the same journey.
        """
        newest: dict[tuple[str, str, str], RatingRecord] = {}
        for record in self._records(run_id, person_id, carried=True):
            which = (record.pseudonym, record.journey_id, record.rater)
            if which not in newest or newest[which].run_id < record.run_id:
                newest[which] = record
        return [record for record in newest.values() if record.active and not record.answer.empty]

    def standing_counts(self, run_id: int, rater: str) -> Sequence[AnswerCount]:
        """What :meth:`standing` has of one rater, counted by the database."""
        shown, given = aliased(JourneyRow), aliased(JourneyRow)
        newest = func.row_number().over(
            partition_by=(shown.person_id, shown.id), order_by=Rating.run_id.desc()
        )
        each = (
            select(
                Rating.level,
                Rating.identification,
                Rating.specificity,
                Rating.own_words,
                newest.label("place"),
            )
            .join(given, (given.run_id == Rating.run_id) & (given.id == Rating.journey_id))
            .join(shown, (shown.person_id == given.person_id) & (shown.id == given.id))
            .where(shown.run_id == run_id, shown.active)
            .where(Rating.run_id <= run_id, Rating.rater == rater)
            .subquery()
        )
        alike = (each.c.level, each.c.identification, each.c.specificity)
        said = or_(
            each.c.identification.is_not(None),
            each.c.specificity.is_not(None),
            each.c.own_words != "",
        )
        query = (
            select(*alike, func.count())
            .where(each.c.place == 1, said)
            .group_by(*alike)
            .order_by(*alike)
        )
        with self._engine.connect() as connection:
            return [AnswerCount(*row) for row in connection.execute(query)]

    def number(self, log_id: int) -> int:
        """How many answers :meth:`of_run` has over all runs of a log."""
        said = or_(
            Rating.identification.is_not(None),
            Rating.specificity.is_not(None),
            Rating.own_words != "",
        )
        query = (
            select(func.count())
            .select_from(Rating)
            .join(Run, Run.id == Rating.run_id)
            .where(Run.log_id == log_id, said)
        )
        with self._engine.connect() as connection:
            return connection.scalar(query) or 0

    def _records(
        self, run_id: int, person_id: int | None, *, carried: bool
    ) -> Sequence[RatingRecord]:
        """Answers given in a run; with ``carried``, also those of earlier runs, about the
        journeys that it has."""
        shown, given = aliased(JourneyRow), aliased(JourneyRow)
        query = (
            select(Rating, Person.pseudonym, shown.rank, shown.n_events, shown.active)
            .join(given, (given.run_id == Rating.run_id) & (given.id == Rating.journey_id))
            .join(shown, (shown.person_id == given.person_id) & (shown.id == given.id))
            .join(Person, Person.id == shown.person_id)
            .where(shown.run_id == run_id)
            .where(Rating.run_id <= run_id if carried else Rating.run_id == run_id)
            .order_by(Person.pseudonym, shown.rank, Rating.rater)
        )
        if person_id is not None:
            query = query.where(shown.person_id == person_id)
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
                    active=active,
                )
                for rating, pseudonym, rank, events, active in session.execute(query)
            ]


def _given_earlier(connection: Connection, run_id: int, journey_id: str, rater: str) -> bool:
    """An earlier run of the same log has an answer of this rater about this journey."""
    shown, given = aliased(JourneyRow), aliased(JourneyRow)
    query = (
        select(Rating.id)
        .join(given, (given.run_id == Rating.run_id) & (given.id == Rating.journey_id))
        .join(shown, (shown.person_id == given.person_id) & (shown.id == given.id))
        .where(
            shown.run_id == run_id,
            Rating.journey_id == journey_id,
            Rating.rater == rater,
            Rating.run_id < run_id,
        )
        .limit(1)
    )
    return connection.scalar(query) is not None
