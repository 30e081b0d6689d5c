"""The tables of the agents' learner. Times are integers, microseconds since 1970-01-01 UTC.

agent_user ── agent_model_person ── agent_model   (agent_in_use names one of them)
agent_key

Users are known by the pseudonyms that logs have, so a person who is in a log and has an agent is
one person. All that is kept of a user is one row, and erasing it erases them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from journeys.store.schema import Base


class AgentUserRow(Base):
    """What an agent knows of one user."""

    __tablename__ = "agent_user"

    pseudonym: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    """Counts writes, so that nobody overwrites what they have not read."""
    model: Mapped[str] = mapped_column(String(40))
    """The shared weights beside which the user's own rows were learnt."""
    state: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[int] = mapped_column(BigInteger, index=True)


class AgentModelRow(Base):
    """A version of the shared weights. Number 0 knows nothing and always stays."""

    __tablename__ = "agent_model"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40))
    weights: Mapped[bytes] = mapped_column(LargeBinary)
    judged: Mapped[dict[str, Any]]
    since: Mapped[int] = mapped_column(BigInteger)


class AgentModelPersonRow(Base):
    """Whose feedback a version was fitted on, so that erasing them withdraws it."""

    __tablename__ = "agent_model_person"

    number: Mapped[int] = mapped_column(
        ForeignKey("agent_model.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    pseudonym: Mapped[str] = mapped_column(
        String(40),
        ForeignKey("agent_user.pseudonym", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    )


class AgentInUseRow(Base):
    """Which version is in use: the one row of this table."""

    __tablename__ = "agent_in_use"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    moved: Mapped[int] = mapped_column(BigInteger)
    """Counts every change, so that servers see that there was one."""


class AgentKeyRow(Base):
    """A key of an agent's: its hash, and what it may do for whom."""

    __tablename__ = "agent_key"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    hashed: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    scopes: Mapped[list[Any]]
    everybody: Mapped[bool] = mapped_column(Boolean)
    prefix: Mapped[str] = mapped_column(String(200))
    """Of the ids of users it may act for; '' where they are listed."""
    people: Mapped[list[Any]]
    """Pseudonyms of users it may act for."""
    per_minute: Mapped[int]
    user_per_minute: Mapped[int]
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)
