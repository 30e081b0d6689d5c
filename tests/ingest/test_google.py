"""Google Takeout: YouTube, My Activity and Chrome, in JSON and HTML and many languages."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from journeys.errors import InputError
from journeys.ingest import preview_log, read_log
from journeys.ingest.sources.google_records import Entry, EntryReader
from journeys.ingest.sources.google_verbs import VERBS, Deed, VerbReader
from journeys.timeline import ActivityLog

SAMPLES = "export_samples"
TAKEOUT = f"{SAMPLES}/format_examples/google_takeout/Takeout"
HISTORY = f"{TAKEOUT}/YouTube and YouTube Music/history"


def entry(
    title: str, url: str = "https://www.youtube.com/watch?v=AAAAAAAAAAA"
) -> dict[str, object]:
    return {
        "header": "YouTube",
        "title": title,
        "titleUrl": url,
        "time": "2024-01-01T00:00:00Z",
        "products": ["YouTube"],
    }


def log_of(*entries: dict[str, object]) -> ActivityLog:
    timed = [
        {**one, "time": f"2024-01-01T00:{n // 60:02}:{n % 60:02}Z"} for n, one in enumerate(entries)
    ]
    return read_log(io.BytesIO(json.dumps(timed, ensure_ascii=False).encode()))


def block(body: str, header: str = "YouTube", caption: str = "") -> str:
    return (
        '<div class="outer-cell mdl-cell"><div class="mdl-grid"><div class="header-cell mdl-cell">'
        f'<p class="mdl-typography--title">{header}<br></p></div>'
        f'<div class="content-cell mdl-cell mdl-typography--body-1">{body}</div>'
        '<div class="content-cell mdl-cell mdl-typography--body-1 mdl-typography--text-right">'
        f'</div><div class="content-cell mdl-cell mdl-typography--caption">{caption}</div></div>'
        "</div>"
    )


def page(*blocks: str) -> io.BytesIO:
    text = f"<html><head><style>x</style></head><body><div>{''.join(blocks)}</div></body></html>"
    return io.BytesIO(text.encode())


def rows(frame: pd.DataFrame, *names: str) -> list[tuple[str, ...]]:
    return [tuple(map(str, row)) for row in frame[list(names)].itertuples(index=False)]


# --- the samples, counted by hand ---


@pytest.mark.shared
def test_the_watch_history_in_json(shared_data: Path) -> None:
    # Four entries: one video of YouTube Music, one advert, one without a title, one plain.
    log = read_log(shared_data / HISTORY / "watch-history.json")
    assert log.report.format == "youtube history (json)"
    assert rows(log.frame, "title", "item_id", "text", "source", "flags") == [
        ("Example Song", "AAAAAAAAAA4", "Example Artist", "youtube music", ""),
        ("An advert", "AAAAAAAAAA3", "", "youtube", "ad"),
        ("https://www.youtube.com/watch?v=AAAAAAAAAA2", "AAAAAAAAAA2", "", "youtube", "removed"),
        ("How to sharpen a hand plane iron", "AAAAAAAAAA1", "Example Woodshop", "youtube", ""),
    ]
    assert set(log.frame["action"]) == {"watch"}
    assert log.report.rejected == ()


@pytest.mark.shared
def test_the_watch_history_in_html(shared_data: Path) -> None:
    # Two blocks; the first is in British summer time, the second has no title.
    log = read_log(shared_data / HISTORY / "watch-history.html")
    assert log.report.format == "youtube history (html)"
    assert rows(log.frame, "timestamp", "title", "text", "flags") == [
        ("2022-04-10 09:15:24+00:00", "https://www.youtube.com/watch?v=AAAAAAAAAA2", "", "removed"),
        ("2022-04-11 20:15:24+00:00", "How to sharpen a hand plane iron", "Example Woodshop", ""),
    ]


@pytest.mark.shared
def test_the_search_history(shared_data: Path) -> None:
    log = read_log(shared_data / HISTORY / "search-history.json")
    assert rows(log.frame, "title", "action", "source") == [
        ("dovetail jig plans", "search", "youtube")
    ]


@pytest.mark.shared
def test_my_activity_in_json(shared_data: Path) -> None:
    log = read_log(shared_data / TAKEOUT / "My Activity" / "Search" / "MyActivity.json")
    assert rows(log.frame, "title", "text", "url", "action", "source") == [
        ("7 cards in your feed", "Computer programming; PostgreSQL", "", "view", "google discover"),
        (
            "how to prune tomato plants",
            "",
            "https://www.google.com/search?q=how+to+prune+tomato+plants",
            "search",
            "google search",
        ),
        (
            "Pruning tomatoes - Example Garden",
            "",
            "https://example.org/prune",
            "visit",
            "google search",
        ),
    ]


@pytest.mark.shared
def test_my_activity_in_html(shared_data: Path) -> None:
    path = f"{SAMPLES}/real_fixtures/google_takeout_parser/MyActivity_Chrome.html"
    log = read_log(shared_data / path, timezone="America/New_York")
    # Three blocks of 2017 and 2018, whose times do not say their zone.
    assert rows(log.frame, "timestamp", "title", "action") == [
        ("2017-02-08 05:32:36+00:00", "adobe creative cloud", "search"),
        ("2017-02-08 05:32:39+00:00", "http://www.adobe.com/creativecloud.html", "visit"),
        ("2018-02-01 03:54:50+00:00", "https://productforums.google.com/forum/", "visit"),
    ]
    assert log.frame["url"][1] == "http://www.adobe.com/creativecloud.html"
    assert any("3 times" in note and "America/New_York" in note for note in log.report.notes)


@pytest.mark.shared
def test_chrome_in_takeout(shared_data: Path) -> None:
    log = read_log(shared_data / TAKEOUT / "Chrome" / "History.json")
    assert rows(log.frame, "timestamp", "title", "source") == [
        ("2024-06-03 07:33:20.123456+00:00", "Beginner sourdough guide", "chrome")
    ]


@pytest.mark.shared
def test_the_whole_takeout_in_a_zip_under_german_names(shared_data: Path) -> None:
    tree = f"{SAMPLES}/real_fixtures/google_takeout_parser/RecentTakeout_ger_file_tree.txt"
    names = [line for line in (shared_data / tree).read_text().splitlines() if line]
    renamed = {
        "Chrome/Verlauf.json": f"{TAKEOUT}/Chrome/History.json",
        "Verlauf/Wiedergabeverlauf.html": f"{HISTORY}/watch-history.html",
        "Verlauf/Suchverlauf.html": f"{HISTORY}/search-history.json",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            sample = next((path for end, path in renamed.items() if name.endswith(end)), None)
            archive.writestr(name, (shared_data / sample).read_bytes() if sample else b"{}")
    log = read_log(out)
    assert len(log) == 1 + 2 + 1
    assert log.frame.groupby("source").size().to_dict() == {"chrome": 1, "youtube": 3}
    (note,) = log.report.notes
    assert note.startswith(f"{len(names) - 3} files of the archive are no logs and were left out")


# --- languages and forms ---


@pytest.mark.parametrize("language", sorted(VERBS["watch"]))
def test_the_verb_of_watching_in_every_language(language: str) -> None:
    for verb in VERBS["watch"][language]:
        titles = ["Carving a spoon", "Watched dogs", "Ein Löffel", "スプーン"]
        log = log_of(*[entry(verb.replace("*", title)) for title in titles])
        assert log.frame["title"].tolist() == titles
        assert set(log.frame["action"]) == {"watch"}


def test_a_no_break_space_behind_the_verb() -> None:
    log = log_of(entry("Watched\u00a0Carving a\u202fspoon"), entry("Has visto\u00a0Una cuchara"))
    assert log.frame["title"].tolist() == ["Carving a spoon", "Una cuchara"]


def test_the_language_of_the_file_decides() -> None:
    reader = VerbReader()
    assert reader.read("Löffel schnitzen angesehen") == Deed("Löffel schnitzen", "watch")
    assert reader.read("Watched dogs angesehen") == Deed("Watched dogs", "watch")
    assert reader.language == "de"


def test_an_unknown_verb_leaves_the_title_whole() -> None:
    log = log_of(entry("Gwyliwyd Cerfio llwy"), entry("Gwyliwyd Pobi bara"))
    assert log.frame["title"].tolist() == ["Gwyliwyd Cerfio llwy", "Gwyliwyd Pobi bara"]
    assert set(log.frame["action"]) == {"watch"}  # the address is a video's
    assert any("The verb in 2 titles" in note for note in log.report.notes)


@pytest.mark.parametrize(
    "title", ["Nach „birkenlöffel“ gesucht", "birkenlöffel haku", "Chwiliwyd am birkenlöffel"]
)
def test_a_search_is_known_by_its_address(title: str) -> None:
    url = "https://www.youtube.com/results?search_query=birkenl%C3%B6ffel"
    log = log_of(entry(title, url))
    assert rows(log.frame, "title", "action") == [("birkenlöffel", "search")]


@pytest.mark.parametrize(
    ("title", "flags"),
    [
        ("Watched a video that has been removed", "removed"),
        ("Ein Video angesehen, das entfernt wurde", "removed"),
        ("Has visto un vídeo que se ha eliminado", "removed"),
        ("Watched a private video", "private"),
        ("Watched https://www.youtube.com/watch?v=AAAAAAAAAAA", "removed"),
        ("Watched How a private video is made", ""),
    ],
)
def test_videos_that_are_gone(title: str, flags: str) -> None:
    one = entry(title)
    if "https" not in title and flags:
        del one["titleUrl"]
    assert log_of(one).frame["flags"].tolist() == [flags]


@pytest.mark.parametrize("name", ["From Google Ads", "Von Google Anzeigen", "Google 広告から"])
def test_ads_are_marked(name: str) -> None:
    log = log_of({**entry("Watched Knives"), "details": [{"name": name}]}, entry("Watched Spoons"))
    assert log.frame["flags"].tolist() == ["ad", ""]


def test_html_in_german_with_day_first_dates() -> None:
    link = '<a href="https://www.youtube.com/watch?v=AAAAAAAAAAA">Brot &amp; Butter</a>'
    channel = '<a href="https://www.youtube.com/channel/UC1">Backstube</a>'
    log = read_log(
        page(
            block(f"{link} angesehen<br>{channel}<br>05.01.2024, 13:05:22 MEZ"),
            block(
                f"{link} angesehen<br>15.07.2024, 13:05:22 MESZ",
                caption="<b>Details:</b><br>&emsp;Von Google Anzeigen<br>",
            ),
        )
    )
    assert rows(log.frame, "timestamp", "title", "text", "action", "flags") == [
        ("2024-01-05 12:05:22+00:00", "Brot & Butter", "Backstube", "watch", ""),
        ("2024-07-15 11:05:22+00:00", "Brot & Butter", "", "watch", "ad"),
    ]
    assert log.report.notes == ()


def test_a_broken_block_costs_itself() -> None:
    good = block(
        'Watched <a href="https://youtu.be/AAAAAAAAAAA">Bread</a><br>Jan 5, 2024, 3:04:05 PM UTC'
    )
    late = block('Watched <a href="https://youtu.be/BBBBBBBBBBB">Rye</a><br>some day')
    other = good.replace("AAAAAAAAAAA", "CCCCCCCCCCC").replace("Bread", "Oat")
    data = page(good, good[: len(good) // 2], late, block("<div>" * 9_000), other)
    log = read_log(data)
    assert sorted(log.frame["title"]) == ["Bread", "Oat"]
    assert log.report.rejected_by_reason() == {
        "not an entry of an activity log": 2,
        "time not understood": 1,
    }


def test_a_block_may_lie_across_any_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [
        block(
            f'Watched <a href="https://youtu.be/{n:011}">Loaf {n}</a><br>'
            f"Jan 5, 2024, 3:04:0{n} PM UTC"
        )
        for n in range(9)
    ]
    for size in (1, 7, 64, 1_000):
        monkeypatch.setattr("journeys.ingest.sources.google_html._BLOCK", size)
        assert read_log(page(*blocks)).frame["title"].tolist() == [f"Loaf {n}" for n in range(9)]


def test_the_reader_keeps_redirects_out_of_addresses() -> None:
    url = "https://www.google.com/url?q=https://example.org/a&usg=x"
    event = EntryReader().event(Entry("Search", "Visited A page", url, "2024-01-01"))
    assert event["url"] == "https://example.org/a"
    harmful = EntryReader().event(
        Entry("Search", "Visited B", url.replace("https://ex", "js:ex"), "")
    )
    assert harmful["url"] == url.replace("https://ex", "js:ex")


def test_old_and_new_forms_of_chrome() -> None:
    visits = [
        {"title": "Rye", "url": "https://example.org/rye", "time_usec": 1_717_400_000_123_456},
        {"title": "", "url": "https://example.org/oat", "time_usec": 1_717_400_060_000_000},
        {"title": "Settings", "url": "chrome://settings", "time_usec": 1_717_400_120_000_000},
        {"title": "No time", "url": "https://example.org/x", "time_usec": "soon"},
        {"title": "No address", "time_usec": 1_717_400_120_000_000},
    ]
    old = {"Browser History": visits}
    new = {"Typed Url": [{"title": "x", "url": "https://x.org"}], "Browser History": visits}
    for shape in (old, new, {**old, "Session": []}):
        log = read_log(io.BytesIO(json.dumps(shape).encode()))
        assert log.frame["title"].tolist() == ["Rye", "https://example.org/oat"]
        assert log.report.rejected_by_reason() == {
            "a page of the browser itself": 1,
            "not a visit to a page": 1,
            "time not understood": 1,
        }
        assert any("1 visits have no title" in note for note in log.report.notes)


def test_a_mapping_reads_it_as_a_table() -> None:
    data = io.BytesIO(json.dumps([entry("Watched Bread")]).encode())
    assert read_log(data, mapping={"title": "title"}).frame["title"].tolist() == ["Watched Bread"]
    assert read_log(data, mapping={"user_id": ""}).frame["title"].tolist() == ["Bread"]


def test_a_preview_shows_events_and_no_columns_to_correct() -> None:
    data = io.BytesIO(json.dumps([entry("Watched Bread"), entry("Watched Rye")]).encode())
    preview = preview_log(data, rows=1)
    assert preview.known
    assert (preview.matches, preview.missing) == ({}, ())
    assert preview.sources == {"youtube": 2}
    assert preview.parts == (("the file", "youtube history (json)"),)
    assert preview.rows[0][preview.columns.index("title")] == "Bread"
    assert len(preview.rows) == 1
    assert (preview.records, preview.readable) == (2, 2)


def test_an_empty_history_is_refused() -> None:
    with pytest.raises(InputError):
        read_log(io.BytesIO(b"[]"))
