"""The file of links that a researcher downloads after inviting, once."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from journeys.spreadsheet import write_csv
from journeys.study.tokens import invitation_link

COLUMNS = ("person", "link", "expires", "reminders")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Link(Protocol):
    """As :class:`journeys.store.Link`."""

    @property
    def pseudonym(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def expires_at(self) -> int: ...


def links_csv(
    links: Sequence[Link], base: str, *, reminders: Sequence[int] = (), today: datetime
) -> str:
    """One row a link: pseudonym, address, last day, and the days on which to remind.

    Args:
        base: where participants reach the app.
        reminders: days after ``today``.
    """
    days = " ".join(f"{today + timedelta(days=day):%Y-%m-%d}" for day in reminders)
    target = io.StringIO(newline="")
    write_csv(
        target,
        COLUMNS,
        [
            (
                link.pseudonym,
                invitation_link(base, link.token),
                f"{_EPOCH + timedelta(microseconds=link.expires_at):%Y-%m-%d}",
                days,
            )
            for link in links
        ],
    )
    return target.getvalue()
