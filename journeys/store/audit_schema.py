"""The table of who saw which raw data. Times are microseconds since 1970-01-01 UTC."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from journeys.store.schema import Base, BigKey


class LookRow(Base):
    """One reader's looks at one thing within one visit.

    Nothing here refers to a row: a record outlives the log and the person it tells of.
    """

    __tablename__ = "look"
    __table_args__ = (
        UniqueConstraint("who", "way", "place", "log_id", "person", "visit", name="uq_look_visit"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[int] = mapped_column(BigInteger, index=True)
    who: Mapped[str] = mapped_column(String(320))
    way: Mapped[str] = mapped_column(String(20))
    place: Mapped[str] = mapped_column(String(60))
    log_id: Mapped[int] = mapped_column(Integer)
    """0: of no log. A deleted log's is negative, since databases give numbers out again."""
    person: Mapped[str] = mapped_column(String(40), index=True)
    looks: Mapped[int]
    visit: Mapped[int] = mapped_column(BigInteger)
    """Its number; of an anonymised record its own id with a minus, so that it stays unique."""
