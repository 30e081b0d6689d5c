"""What is left out, what is kept, and that the counts add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.errors import InputError
from journeys.ingest.cleaning import title_id
from journeys.ingest.preparing import SAME, TOPICS, Prepared, nothing_left, prepare
from journeys.ingest.provenance import SourceFile
from journeys.ingest.reviewing import Review
from journeys.ingest.rules import RULES, ImportRules, domains_of
from journeys.ingest.searching import events_with, without_excerpts
from journeys.redaction import redact
from journeys.timeline import ActivityLog, ReadReport, Rejected

SWITCHES = [rule.name for rule in RULES if not rule.chosen]
NOTHING = ImportRules(**dict.fromkeys([*SWITCHES, "redact", "flag_topics"], False))


def log_of(*rows: dict[str, object]) -> ActivityLog:
    """A log of one person; times in seconds unless given, items by title."""
    made = [
        {"user_id": "ann", "seconds": 1000 * at, "title": "Knitting", "url": "", "flags": "", **row}
        for at, row in enumerate(rows)
    ]
    frame = pd.DataFrame(made)
    seconds = frame.pop("seconds").astype("int64") + 1_700_000_000
    frame["timestamp"] = pd.to_datetime(seconds, unit="s", utc=True)
    if "item_id" not in frame:
        frame["item_id"] = [url or title for url, title in zip(frame.url, frame.title, strict=True)]
    return ActivityLog(frame)


def only(name: str, **settings: object) -> ImportRules:
    """One rule on, all others off."""
    return ImportRules(**{**NOTHING.to_dict(), name: True, "domains": (), **settings})


def titles(prepared: Prepared) -> list[str]:
    return prepared.log.frame["title"].tolist()


@pytest.mark.parametrize(
    ("rule", "flag"),
    [
        ("ads", "ad"),
        ("removed", "removed"),
        ("private", "private"),
        ("trailers", "trailer"),
        ("autoplay", "autoplay"),
    ],
)
def test_what_the_source_marks_is_left_out_by_its_own_rule(rule: str, flag: str) -> None:
    log = log_of({"title": "a"}, {"title": "b", "flags": flag}, {"title": "c", "flags": "other"})
    assert titles(prepare(log, only(rule))) == ["a", "c"]
    assert titles(prepare(log, NOTHING)) == ["a", "b", "c"]
    both = log_of({"title": "b", "flags": f"other,{flag}"}, {"title": "c", "flags": f"{flag}ed"})
    assert titles(prepare(both, only(rule))) == ["c"]


def test_a_rule_that_is_off_says_what_it_would_leave_out() -> None:
    log = log_of({"title": "a"}, {"title": "b", "flags": "ad"})
    (ads,) = [d for d in prepare(log, NOTHING).report.dropped if d.rule == "ads"]
    assert (ads.on, ads.events, ads.examples) == (False, 1, ("b",))


def test_the_same_within_seconds_is_kept_once() -> None:
    log = log_of(
        {"seconds": 0, "title": "a"},
        {"seconds": 4, "title": "a"},
        {"seconds": 5, "title": "b"},
        {"seconds": 8, "title": "a"},  # four seconds after the last time: still the same load
        {"seconds": 20, "title": "a"},
        {"seconds": 21, "title": "a", "action": "like"},
    ).frame
    log = ActivityLog(log.assign(action=["view"] * 5 + ["like"]))
    prepared = prepare(log, only("repeats"))
    assert titles(prepared) == ["a", "b", "a", "a"]
    assert len(prepare(log, only("repeats", repeat_seconds=3)).log) == 6


def test_a_page_that_polls_is_kept_once_a_run_and_a_habit_stays() -> None:
    polled = [{"seconds": 60 * at + at % 2, "title": "Scores"} for at in range(25)]
    habit = [{"seconds": 86_400 * (at + 2), "title": "News"} for at in range(40)]
    few = [{"seconds": 10_000 + 60 * at, "title": "Mailbox"} for at in range(19)]
    uneven = [{"seconds": 20_000 + 60 * at * at, "title": "Chess"} for at in range(30)]
    log = log_of(*polled, *habit, *few, *uneven)
    kept = titles(prepare(log, only("polling")))
    assert {title: kept.count(title) for title in set(kept)} == {
        "Scores": 1,
        "News": 40,
        "Mailbox": 19,
        "Chess": 30,
    }
    assert kept.count("Scores") == 1
    again = titles(prepare(log, only("polling", polling_times=19)))
    assert again.count("Mailbox") == 1


@pytest.mark.parametrize(
    "title",
    ["Home", "New Tab", "Inbox (3)", "(12) YouTube", "Inbox (1,204) - ann@x.org - Gmail",
     "Posteingang", "Iniciar sesión", "Page introuvable", "404 Not Found", "Login | Slack",
     "受信トレイ", "UNTITLED"],
)  # fmt: skip
def test_titles_without_a_subject_go(title: str) -> None:
    assert titles(prepare(log_of({"title": title}, {}), only("boilerplate"))) == ["Knitting"]


@pytest.mark.parametrize(
    "title",
    ["Home brewing", "Home | How houses are built", "Search engines explained", "Inbox zero",
     "The Dashboard of a Porsche", "Contact (1997 film)", "Settings of a novel - an essay"],
)  # fmt: skip
def test_titles_that_only_begin_so_stay(title: str) -> None:
    assert titles(prepare(log_of({"title": title}), only("boilerplate"))) == [title]


def test_a_title_that_is_much_of_a_log_and_at_a_front_door_goes() -> None:
    door = [{"title": "Daily Planet", "url": "https://planet.org/"} for _ in range(12)]
    story = [{"title": "Kryptonite", "url": "https://planet.org/kryptonite"} for _ in range(12)]
    log = log_of(*door, *story, {"title": "Once", "url": "https://once.org/"})
    kept = titles(prepare(log, only("boilerplate")))
    assert sorted(set(kept)) == ["Kryptonite", "Once"]


def test_bare_addresses_go_and_telling_ones_and_names_stay() -> None:
    rows = [
        {"title": "https://example.org/"},
        {"title": "https://www.youtube.com/watch?v=dQw4w9WgXcQ"},
        {"title": "planet.org", "url": "https://planet.org/a"},
        {"title": "https://example.org/how-to-prune-tomatoes"},
        {"title": "Node.js", "url": "https://en.wikipedia.org/wiki/JavaScript"},
    ]
    kept = titles(prepare(log_of(*rows), only("addresses")))
    assert kept == ["https://example.org/how-to-prune-tomatoes", "Node.js"]


def test_without_a_title_an_event_goes_or_is_called_by_its_item() -> None:
    log = log_of({"title": "", "item_id": "item7"}, {"title": "", "text": "words", "item_id": "x"})
    assert prepare(log).log.frame["text"].tolist() == ["words"]
    assert titles(prepare(log, NOTHING)) == ["item7", "x"]


def test_domains_are_left_out_with_their_subdomains_only() -> None:
    urls = ["https://clinic.org/a", "http://www.clinic.org", "https://my.clinic.org:8080/x",
            "https://clinic.organic.com/", "https://notclinic.org/", "https://a.org/?u=clinic.org",
            "https://u:p@clinic.org/", "clinic.org/path"]  # fmt: skip
    log = log_of(*({"title": f"t{at}", "url": url} for at, url in enumerate(urls)))
    rules = ImportRules(**{**NOTHING.to_dict(), "domains": ("https://www.Clinic.org/",)})
    assert titles(prepare(log, rules)) == ["t3", "t4", "t5"]


def test_time_ranges_include_both_days() -> None:
    days = ["2023-12-31T23:59:59", "2024-01-01T00:00:00", "2024-01-31T23:59:59", "2024-02-01"]
    frame = pd.DataFrame({"user_id": "a", "title": days, "timestamp": pd.to_datetime(
        days, format="ISO8601", utc=True)})  # fmt: skip
    range_ = {"start": date(2024, 1, 1), "end": date(2024, 1, 31)}
    rules = ImportRules(**{**NOTHING.to_dict(), **range_})
    assert titles(prepare(ActivityLog(frame), rules)) == days[1:3]


def test_actions_sources_and_topics_are_left_out_when_asked() -> None:
    log = log_of({"title": "Diabetes"}, {"title": "Rust"}, {"title": "Bread"}).frame
    log = ActivityLog(log.assign(action=["view", "search", "view"], source=["a", "a", "b"]))
    base = NOTHING.to_dict()
    for chosen, kept in (
        ({"actions": ["search"]}, ["Diabetes", "Bread"]),
        ({"sources": ["a"]}, ["Bread"]),
        ({"topics": ["health"]}, ["Rust", "Bread"]),
    ):
        assert titles(prepare(log, ImportRules.from_dict({**base, **chosen}))) == kept
    with pytest.raises(InputError, match="no topic 'weather'"):
        prepare(log, ImportRules.from_dict({**base, "topics": ["weather"]}))


def test_details_are_gone_from_every_column_that_is_stored() -> None:
    mail, token = "ann.smith@example.org", "9f8e7d6c5b4a"
    rows = [
        {"title": f"Write to {mail}", "text": f"or {mail}", "item_id": title_id(f"Write to {mail}"),
         "note": f"see {mail}"},
        {"title": "Reset", "url": f"https://a.org/reset/{token}",
         "item_id": f"https://a.org/reset/{token}"},
        {"title": "By id", "item_id": mail},
        {"title": "A number", "item_id": "4111111111111111"},
    ]  # fmt: skip
    log = log_of(*({"note": "", "text": "", **row} for row in rows))
    log = ActivityLog(log.frame, _with_excerpt(log.report, f"broken {mail}"), sorted_=True)
    prepared = prepare(log)
    everything = prepared.log.frame.astype("str").to_csv() + str(prepared.log.report.rejected)
    assert mail not in everything
    assert token not in everything
    items = prepared.log.frame["item_id"].tolist()
    assert items[0] == title_id("Write to [email]")
    assert items[1] == prepared.log.frame["url"].tolist()[1]
    assert items[3] == "4111111111111111"  # an id, and no card
    assert prepared.report.redacted == {"email": 3, "secret": 1}
    assert prepared.report.redacted_columns == {"title": 1, "text": 1, "note": 1, "url": 1}
    shown = [example.before for example in prepared.report.redactions.examples]
    assert not any(mail in text or token in text for text in shown)
    assert "Write to a••@••.org" in shown
    assert mail in prepare(log, NOTHING).log.frame.to_csv()


def _with_excerpt(report: ReadReport, excerpt: str) -> ReadReport:
    return ReadReport("csv", {}, (Rejected(9, "no time", excerpt),), report.record_event,
                      report.record_row)  # fmt: skip


def test_events_that_only_a_token_told_apart_become_one() -> None:
    log = log_of(
        {"seconds": 0, "title": "a", "url": "https://a.org/?token=abc123"},
        {"seconds": 0, "title": "a", "url": "https://a.org/?token=def456"},
    )
    prepared = prepare(log, only("redact"))
    assert len(prepared.log) == 1
    assert prepared.report.left_out == {SAME: 1}


def test_topics_are_an_attribute_and_drop_nothing() -> None:
    log = log_of({"title": "Living with diabetes"}, {"title": "Voting and diabetes"}, {})
    prepared = prepare(log, only("flag_topics"))
    assert prepared.log.frame[TOPICS].tolist() == ["health", "health,politics", ""]
    assert {count.topic: count.events for count in prepared.report.topics} == {
        "health": 2,
        "politics": 1,
    }


def test_what_is_deleted_by_hand_is_gone_and_counted() -> None:
    log = log_of({"title": "Clinic visit"}, {"title": "Rust"}, {"title": "My CLINIC bill"})
    log = ActivityLog(log.frame, _with_excerpt(log.report, "a Clinic, no time"), sorted_=True)
    prepared = prepare(log)
    found = events_with(prepared.log, "clinic")
    deleted = np.zeros(len(log), dtype=bool)
    deleted[prepared.rows[found]] = True
    left = prepared.without(deleted)
    assert titles(left) == ["Rust"]
    assert (left.report.kept, left.report.deleted) == (1, 2)
    assert len(left.log.report.record_event) == 1
    clean = without_excerpts(left.log, ["clinic"])
    assert clean.report.rejected[0].excerpt == ""
    assert without_excerpts(left.log, ["  "]).report.rejected[0].excerpt == "a Clinic, no time"


def test_a_search_needs_every_word_and_takes_signs_as_they_are() -> None:
    log = log_of({"title": "C++ (advanced)"}, {"title": "advanced knots"}, {"title": "100% wool"})
    assert events_with(log, "ADVANCED c++").tolist() == [0]
    assert events_with(log, "(advanced").tolist() == [0]
    assert events_with(log, "100%").tolist() == [2]
    assert events_with(log, "").tolist() == [0, 1, 2]


def test_nothing_left_names_the_rule() -> None:
    prepared = prepare(log_of({"title": "Home"}, {"title": "New Tab"}))
    assert not len(prepared.log)
    assert "'boilerplate' leaves out most (2)" in str(nothing_left(prepared))


def test_rules_come_back_from_json_and_say_what_is_wrong() -> None:
    rules = ImportRules(ads=False, domains=("a.org",), start=date(2024, 1, 1), topics=("health",))
    assert ImportRules.from_dict(rules.to_dict()) == rules
    assert not rules.switched("redact", False).redact
    for values, message in (
        ({"adverts": True}, "no rule 'adverts'"),
        ({"ads": "yes"}, "cannot be 'yes'"),
        ({"repeat_seconds": True}, "cannot be True"),
        ({"start": "soon"}, "no date"),
        ({"start": "2024-02-01", "end": "2024-01-01"}, "before the first"),
        ({"domains": ["not a domain!"]}, "no domain"),
        ({"polling_times": 1}, "3 or more"),
    ):
        with pytest.raises(InputError, match=message):
            ImportRules.from_dict(values)
    with pytest.raises(InputError, match="the rules are ads"):
        rules.switched("repeat_seconds", True)
    assert domains_of("www.a.org, https://b.org/x\n.c.org") == ("a.org", "b.org", "c.org")


TITLES = st.sampled_from(
    ["Home", "Rust async", "rust async", "", "Diabetes diet", "ann@example.org", "Inbox (2)",
     "https://a.org/", "call +1 212 555 0147", "Knitting"]
)  # fmt: skip
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "user_id": st.sampled_from(["ann", "bob"]),
            "seconds": st.integers(0, 60),
            "title": TITLES,
            "url": st.sampled_from(["", "https://a.org/", "https://b.org/?token=abc123", "x"]),
            "flags": st.sampled_from(["", "ad", "removed,ad", "private", "autoplay"]),
        }
    ),
    min_size=1,
    max_size=40,
)
CHOSEN = st.fixed_dictionaries(
    {name: st.booleans() for name in [*SWITCHES, "redact", "flag_topics"]}
    | {
        "domains": st.sampled_from([[], ["a.org"]]),
        "topics": st.sampled_from([[], ["health"]]),
        "polling_times": st.integers(3, 5),
    }
)


@settings(max_examples=60, deadline=None)
@given(EVENTS, CHOSEN)
def test_every_event_is_kept_or_counted_once(rows: list[dict[str, object]], chosen: dict) -> None:
    log = log_of(*rows)
    before = log.frame.copy()
    prepared = prepare(log, ImportRules.from_dict(chosen))
    report = prepared.report
    assert report.read == len(log) == report.kept + sum(report.left_out.values())
    assert report.kept == len(prepared.log) == len(prepared.rows)
    assert (np.diff(prepared.rows) > 0).all()
    pd.testing.assert_frame_equal(log.frame, before)  # nothing is changed in place
    # What is kept is what was there, apart from what is redacted.
    was = log.frame.iloc[prepared.rows]
    for name in ("title", "url"):
        for old, new in zip(was[name], prepared.log.frame[name], strict=True):
            assert new in (old, redact(old)) or (not old and not chosen["empty_titles"])
    if chosen["redact"]:
        assert "ann@example.org" not in prepared.log.frame.to_csv()
    # Only rules that are on leave anything out.
    assert all(chosen.get(name, True) for name in report.left_out if name != SAME)


@settings(max_examples=40, deadline=None)
@given(EVENTS, st.sampled_from(SWITCHES))
def test_a_rule_drops_nothing_that_it_does_not_name(rows: list[dict], name: str) -> None:
    log = log_of(*rows)
    prepared = prepare(log, only(name))
    (rule,) = [rule for rule in RULES if rule.name == name]
    named = rule.find(log.frame, only(name), np.ones(len(log), dtype=bool))
    gone = np.setdiff1d(np.arange(len(log)), prepared.rows)
    again = log.frame.duplicated(["user_id", "timestamp", "item_id"]).to_numpy()
    assert set(gone) <= set(np.flatnonzero(named | again))


def test_what_is_left_out_by_choice_does_not_come_back_in_excerpts() -> None:
    log = log_of({"title": "a", "url": "https://clinic.example/1"}, {"title": "b"})
    redirect = Rejected(3, "a redirect", "https://clinic.example/results")
    log = ActivityLog(log.frame, replace(log.report, rejected=(redirect,)), sorted_=True)
    review = Review(log, SourceFile(log.report, 100))
    kept = review.to_store(review.prepared(ImportRules()))
    assert kept.report.rejected[0].excerpt == redirect.excerpt
    kept = review.to_store(review.prepared(ImportRules(domains=("clinic.example",))))
    assert kept.report.rejected[0].excerpt == ""
    assert kept.report.rejected[0].reason == "a redirect"
    prepared = review.prepared(ImportRules())
    review.delete(prepared, np.array([0]))
    assert review.to_store(prepared).report.rejected[0].excerpt == ""


def test_half_a_detail_at_the_end_of_a_cut_excerpt_goes() -> None:
    whole = (
        "a record that could not be read, from " + "x" * 20 + " by jane.doe.private@clinic.example"
    )
    log = log_of({"title": "a"})
    cut = Rejected(2, "no time", whole[:80])
    log = ActivityLog(log.frame, replace(log.report, rejected=(cut,)), sorted_=True)
    assert "jane" not in prepare(log, ImportRules()).log.report.rejected[0].excerpt


def test_details_in_actions_sources_and_ids_are_replaced() -> None:
    log = log_of(
        {
            "title": "a",
            "action": "call +49 170 1234567",
            "source": "Chat with jane@example.org",
            "item_id": "note for jane@example.org",
        }
    )
    frame = prepare(log, ImportRules()).log.frame
    assert frame["action"].tolist() == ["call [phone]"]
    assert frame["source"].tolist() == ["Chat with [email]"]
    assert "jane" not in frame["item_id"][0]
