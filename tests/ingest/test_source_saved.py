"""Pocket, Raindrop, Pinboard and merged browser histories."""

from __future__ import annotations

import json

from tests.ingest.source_files import SEEDS, archive, column, read, table


def seed(name: str) -> bytes:
    return (SEEDS / name).read_bytes()


def test_pocket_says_the_same_in_its_three_formats() -> None:
    events = {
        kind: column(read(seed(f"pocket.{kind}")), "timestamp", "title", "text", "url", "action")
        for kind in ("csv", "html", "json")
    }
    chisel = "https://example.org/chisel"
    assert events["csv"] == [
        ("2022-04-15T05:20:00", "How to sharpen a chisel", "woodwork, tools", chisel, "save"),
        (
            "2022-04-15T05:21:40",
            *["https://example.org/no-title"] * 1,
            "",
            events["csv"][1][3],
            "save",
        ),
    ]
    assert events["html"] == [
        ("2022-04-15T05:20:00", "Chisels & planes", "woodwork, tools", f"{chisel}?a=1&b=2", "save"),
        ("2022-04-15T05:23:20", "Which glue?", "", "https://example.org/glue", "save"),
    ]
    assert events["json"] == [
        (
            "2022-04-15T05:20:00",
            "How to sharpen a chisel",
            "Start with the back.\ntools",
            chisel,
            "like",
        ),
        ("2022-04-15T05:23:20", "Which glue?", "", "https://example.org/glue", "save"),
    ]


def test_pocket_parts_are_one_log() -> None:
    header = "title,url,time_added,tags,status"
    parts = {
        f"part_{n:06}.csv": table(
            header, [f"Article {n}", f"https://e.org/{n}", 1_650_000_000 + n, "", "unread"]
        )
        for n in range(3)
    }
    assert [title for (title,) in column(read(archive(parts)), "title")] == [
        "Article 0",
        "Article 1",
        "Article 2",
    ]


def test_what_pocket_lists_without_a_time_is_counted() -> None:
    items = {
        "1": {"given_url": "https://e.org/1", "given_title": "One", "time_added": "1650000000"},
        "2": {"given_url": "https://e.org/2", "given_title": "Two"},
        "3": {"given_url": "https://e.org/3", "given_title": "Three", "time_added": "0"},
        "4": "gone",
        "5": {"time_added": "1650000000"},
    }
    log = read({"status": 1, "list": items})
    assert column(log, "title") == [("One",)]
    assert log.report.rejected_by_reason() == {"no time": 2, "no title": 1, "not a JSON object": 1}


def test_a_cut_answer_keeps_what_came_before() -> None:
    items = {
        str(n): {"given_url": f"https://e.org/{n}", "time_added": str(1_650_000_000 + n)}
        for n in range(50)
    }
    data = json.dumps({"list": items}).encode()
    log = read(data[: len(data) // 2])
    assert 20 <= len(log) <= 26
    assert log.report.rejected_by_reason() == {"the JSON is broken here": 1}


def test_raindrop() -> None:
    log = read(seed("raindrop.csv"))
    assert column(log, "timestamp", "title", "text", "action", "source") == [
        (
            "2023-04-05T06:07:08",
            "Sourdough timetable",
            "try at weekend\nA schedule for two loaves.\nbread, baking",
            "like",
            "raindrop",
        ),
        ("2023-04-06T06:07:08", "Proofing baskets", "", "save", "raindrop"),
    ]
    assert "Cooking" not in log.frame.to_csv()


def test_pinboard() -> None:
    log = read(seed("pinboard.json"))
    assert column(log, "timestamp", "title", "text", "flags") == [
        ("2019-08-07T06:05:04", "Ten useful knots", "for the boat\nsailing ropes", "private"),
        ("2019-08-08T06:05:04", "https://example.org/tides", "", ""),
    ]


def test_pinboard_with_broken_bookmarks() -> None:
    good = json.loads(seed("pinboard.json"))
    log = read([good[0], {**good[1], "time": "yesterday"}, 5, {**good[1], "href": None}, good[1]])
    assert len(log) == 2
    assert log.report.rejected_by_reason() == {
        "no title": 1,
        "not a JSON object": 1,
        "time not understood": 1,
    }


def test_merged_browser_history() -> None:
    events = [
        ("2020-09-13T12:26:40.500000", "Ten useful knots", "With drawings", "browser"),
        ("2020-09-13T12:27:40", "https://example.org/tides", "", "browser"),
    ]
    lines = seed("browser dump.jsonl")
    whole = [json.loads(line) for line in lines.splitlines()]
    for data in (lines, whole):
        assert column(read(data), "timestamp", "title", "text", "source") == events
