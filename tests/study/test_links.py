"""The file of links."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from journeys.store import Link
from journeys.study.links import links_csv
from journeys.study.tokens import invitation_link, new_token


def test_every_link_is_a_row_that_no_spreadsheet_runs() -> None:
    # A token may begin with a dash, which a spreadsheet would take for a formula.
    links = [Link(1, "=cmd|x", "-" * 43, 86_400_000_000), Link(2, "pabc", new_token(), 0)]
    today = datetime(2024, 2, 28, tzinfo=UTC)
    made = links_csv(links, "https://x.example/ ", reminders=(1, 7), today=today)
    first, second = csv.DictReader(io.StringIO(made))
    assert first == {
        "person": "'=cmd|x",
        "link": "https://x.example/participate?invitation=" + "-" * 43,
        "expires": "1970-01-02",
        "reminders": "2024-02-29 2024-03-06",
    }
    assert second["link"] == invitation_link("https://x.example", links[1].token)
