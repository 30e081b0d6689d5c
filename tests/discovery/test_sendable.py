"""Nothing personal reaches a namer, however it is written."""

from __future__ import annotations

from contextlib import contextmanager

import pandas as pd
import pytest

from journeys.discovery import DiscoveryConfig, Tools, discover
from journeys.discovery.sendable import sendable, sendable_phrases
from journeys.embedding import MemoryVectorCache
from journeys.embedding.fake import FakeEmbedder
from journeys.naming.fake import FakeChat
from journeys.naming.ladder import LadderNamer
from journeys.redaction import redact
from journeys.timeline import ActivityLog
from tests.logs import make_log


@pytest.mark.parametrize(
    ("title", "gone"),
    [
        ("ask ann@example.org", "ann@"),
        ("ask ann<b>@</b>example.org", "example.org"),
        ("ask ann&#64;example.org", "example.org"),
        ("ask ann＠example.org", "ann"),
        ("ask ann\u200b@example.org", "ann"),
        ("ann@example.com-Inbox", "ann@"),
        ("ann%2Bx@example.org", "example.org"),
        ("mail@xn--e1afmkfd.xn--p1ai", "xn--"),
        ("tulips <b>+1 <i>212</i></b> 555 0147", "555 0147"),
        ("call +49\u200b170 9012345", "9012345"),
        ("example.com/login?token=abcdef123456", "abcdef123456"),
    ],
)
def test_what_is_resolved_first_is_redacted_after(title: str, gone: str) -> None:
    assert gone not in sendable(title)


@pytest.mark.parametrize(
    "title",
    ["Route 66, 2,448 miles", "a < b and c > d", "iPhone 15 Pro", "Café número 3", "=1+1", ""],
)
def test_ordinary_titles_stay_as_they_are(title: str) -> None:
    assert sendable(title) == title


def test_keyphrases_from_an_address_are_left_out() -> None:
    titles = ["Mail from ann.smith@example.org about the garden", "Garden beds"]
    phrases = ["garden", "ann.smith example.org", "smith", "garden beds"]
    assert sendable_phrases(phrases, titles) == ("garden", "garden beds")


def test_no_prompt_holds_an_address_that_stands_in_every_title() -> None:
    log = make_log(users=2)
    frame = log.frame.copy()
    frame["title"] = frame["title"] + " jane.doe@example.org"
    seen: list[str] = []

    class Listening(FakeChat):
        def complete(self, messages, **options):  # type: ignore[no-untyped-def]
            seen.extend(message["content"] for message in messages)
            return super().complete(messages, **options)

    @contextmanager
    def opened():  # type: ignore[no-untyped-def]
        yield LadderNamer(Listening())

    tools = Tools(FakeEmbedder(), MemoryVectorCache(), _Maps(), b"k" * 32, opened)
    discover(ActivityLog(pd.DataFrame(frame)), DiscoveryConfig(map="none"), tools=tools)
    assert len(seen) > 10
    text = " ".join(seen).lower()
    assert "[email]" in text
    for part in ("jane", "doe@", "example.org"):
        assert part not in text
    assert redact("jane.doe@example.org") == "[email]"


class _Maps(dict):  # type: ignore[type-arg]
    def put(self, key, points):  # type: ignore[no-untyped-def]
        self[key] = points
