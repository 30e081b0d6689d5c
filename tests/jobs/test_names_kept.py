"""Which journeys are asked about: by the real worker's code, a real endpoint and the database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from journeys.discovery import DiscoveryConfig
from journeys.discovery.keeping import still_fits
from journeys.discovery.naming_stage import sharing_names
from journeys.embedding.fake import FakeEmbedder
from journeys.jobs.execute import execute
from journeys.journey import Names, UserJourneys
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.timeline import ActivityLog
from tests.discovery.test_naming_stage import Server
from tests.logs import make_log

TOPIC = "ukulele chords song lesson strumming"


class Place:
    """A log in the database and an endpoint on this machine."""

    def __init__(self, home: Path, server: Server) -> None:
        self.server = server
        self.settings = Settings.from_environment(
            {"JOURNEYS_HOME": str(home), "OPENAI_BASE_URL": server.url, "OPENAI_MODEL": "m"}
        )
        self.store: Store = open_store(self.settings)
        self.log_id = self.store.logs.add(make_log(users=2), "log")

    def run(self, **settings: object) -> tuple[int, int]:
        """A discovery; its id, and how many requests it took."""
        before = self.server.requests
        config = DiscoveryConfig(map="none", namer="openai").to_dict() | settings
        run_id = self.store.runs.create(self.log_id, config)
        assert self.store.runs.claim(run_id, "test")
        execute(self.store, self.settings, run_id, "test", make_embedder=lambda _: FakeEmbedder())
        assert self.store.runs.get(run_id).message == ""
        return run_id, self.server.requests - before

    def found(self, run_id: int) -> list[UserJourneys]:
        """What a run found, by person."""
        people = sorted(person.person_id for person in self.store.results.people(run_id))
        return [
            self.store.results.user(run_id, person, self.store.logs.timeline(person))
            for person in people
        ]

    def names(self, run_id: int) -> dict[str, tuple[str, ...]]:
        return {j.id: j.names.levels for found in self.found(run_id) for j in found.journeys}

    def add(self, number: int, start: str) -> None:
        """More events of one topic of one person."""
        frame = pd.DataFrame(
            {
                "user_id": "user0",
                "timestamp": pd.date_range(start, periods=number, freq="h", tz="UTC"),
                "title": [f"ukulele {TOPIC} new {at} of {number}" for at in range(number)],
                "item_id": [f"new{number}-{at}" for at in range(number)],
            }
        )
        self.store.logs.append(self.log_id, ActivityLog(frame))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    server = Server()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made = Place(tmp_path, server)
    yield made
    made.store.close()
    server.shutdown()
    server.server_close()


def test_new_events_rename_only_where_the_evidence_really_changed(place: Place) -> None:
    first, asked = place.run()
    before = place.names(first)
    assert asked >= len(before) > 2
    place.add(2, "2025-06-01")
    second, asked = place.run()
    assert asked == 0
    assert place.names(second) == before
    place.add(60, "2025-07-01")
    _, asked = place.run()
    assert asked >= 1


def test_other_prompts_or_another_language_are_asked_for_anew(place: Place) -> None:
    _, asked = place.run()
    assert place.run()[1] == 0
    assert place.run(language="Welsh")[1] >= asked / 2


@pytest.mark.parametrize(
    ("shown", "now", "fits"),
    [
        ("abcdef", "abcdef", True),
        ("abcdef", "abcxyz", True),  # the recent half is new, the central one is not
        ("abcdef", "abuvwxyz", False),
        ("", "abc", False),
        ("abc", "", False),
    ],
)
def test_names_stand_while_a_third_of_what_is_shown_is_the_same(
    shown: str, now: str, fits: bool
) -> None:
    names = Names(("a",) * 5, "llm:m", shown=tuple(shown))  # type: ignore[arg-type]
    assert still_fits(names, "llm:m", tuple(now)) is fits
    assert not still_fits(names, "llm:other", tuple(now))


def test_no_two_journeys_of_a_person_share_a_name_below_the_field(place: Place) -> None:
    run_id, _ = place.run()
    found = place.found(run_id)
    assert [sharing_names(one) for one in found] == [[]] * len(found)
