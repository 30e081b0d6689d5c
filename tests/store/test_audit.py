"""Who saw which raw data: noted before it is given, never with a title, forgotten with a person."""

from __future__ import annotations

import csv
import inspect
import io
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

import journeys.store as the_store
from journeys.audit import ERASED, HEADER, LOOK, VISIT, Look, Reader, Way, audit_csv, table
from journeys.errors import StoreError
from journeys.store import Store
from journeys.store.audit import AuditStore, Subject
from journeys.store.witness import RAW
from journeys.timeline import ActivityLog
from tests.study_world import StudyWorld, open_study

OLIVE = Reader("olive@lab.example", Way.PAGE, "journeys")
ANA = Reader("ana@lab.example", Way.PAGE, "journeys")
DAY = 86_400_000_000

#: Methods that give no title, no name made from titles and nobody's words, and why not.
HARMLESS = {
    "logs": "add append count delete get list people rename",  # pseudonyms and numbers
    "runs": "*",  # settings and progress
    "results": "add_names counts finished_people map_points people save_user set_map undo_names "
    "unnamed",
    "names": "add_alternative choose",
    "naming_jobs": "*",
    "memory_jobs": "*",
    "encoder_jobs": "*",
    "listing": "*",  # pseudonyms, numbers, and the rules by which somebody has no journeys
    "ratings": "number save standing_counts",
    "edits": "add undo undo_in",
    "labels": "begun labelled_runs namers save undo",  # undo gives back what this rater said
    "studies": "*",  # designs
    "examples": "allowed sharing teachers",  # who may, and how many
    "invitations": "enter invite list progress renew revoke waiting waiting_ids waiting_number",
    # What participants said themselves, given back to them.
    "participation": "answers consent correct corrections drop_match erase finish give_consent "
    "items keep_level keep_prior matches prior reach save_answer save_items save_match save_stated "
    "stated steps take_back withdraw",
    "study_results": "extent funnel level_answers withdrawn",  # numbers
    "memory": "append cost delete get keep of_log open partitions people untold waiting",
    "workers": "*",
    "choices": "*",
    "prompts": "*",  # instructions and invented examples
    "agent_users": "add_many changed count erase write",
    "agent_models": "*",
    "agent_keys": "*",
    "vectors": "*",
    # By the hash of a prompt, which nobody has who has not read the titles in it.
    "completions": "*",
    "maps": "*",
    "audit": "*",
}


def public(kind: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if name[0] != "_"}


def test_every_method_of_the_store_is_noted_or_named_as_harmless() -> None:
    parts = {each.name: each.type for each in fields(the_store.Store) if not each.init}
    assert set(parts) == set(HARMLESS)
    for name, kind in parts.items():
        methods = public(getattr(the_store, str(kind)))
        said = methods if HARMLESS[name] == "*" else set(HARMLESS[name].split())
        assert said | RAW.get(name, frozenset()) == methods, name
        assert not said & RAW.get(name, frozenset()), name


@pytest.fixture
def world(store: Store) -> StudyWorld:
    return open_study(store)


def pseudonym(store: Store, log_id: int, person: int) -> str:
    return next(each.pseudonym for each in store.logs.people(log_id) if each.id == person)


def told(store: Store) -> list[tuple[str, str, str, int | None, str]]:
    return [(x.who, x.way.value, x.where, x.log_id, x.person) for x in store.audit.list()]


def test_each_way_to_titles_leaves_a_record_of_whose_they_are(world: StudyWorld) -> None:
    store, person, run = world.store, world.people[0], world.run_id
    seen = store.read_by(lambda: OLIVE)
    alias = pseudonym(store, world.log_id, person)
    timeline = store.logs.timeline(person)
    journey = store.results.user(run, person, timeline).journeys[0].id
    one, all_ = (world.log_id, alias), (world.log_id, "")
    calls: list[tuple[Callable[[], Any], tuple[int, str]]] = [
        (lambda: seen.logs.timeline(person), one),
        (lambda: seen.logs.timelines(world.log_id), all_),
        (lambda: seen.logs.rejected(world.log_id, limit=3), all_),
        (lambda: seen.results.user(run, person, timeline), one),
        (lambda: seen.results.earlier(run, person, timeline), one),
        (lambda: seen.results.names_history(run, journey), one),
        (lambda: seen.results.assignments(run), all_),
        (lambda: seen.names.of_person(run_id=run, person_id=person), one),
        (lambda: seen.names.of_earlier_runs(run, person), one),
        (lambda: seen.names.over_time(run, journey), one),
        (lambda: seen.ratings.of_run(run), all_),
        (lambda: seen.ratings.standing(run, person), one),
        (lambda: seen.edits.of(person), one),
        (lambda: seen.edits.newest(person), one),
        (lambda: seen.edits.on(person, timeline), one),
        (lambda: seen.labels.namings(run), all_),
        (lambda: seen.labels.of_run(run), all_),
        (lambda: seen.examples.book(world.study_id), all_),
        (lambda: seen.examples.shared(world.study_id), all_),
        (lambda: seen.study_results.participants(world.study_id), all_),
        (lambda: seen.logs.some_titles(world.log_id, 5), all_),
        (lambda: seen.invitations.remarks(world.study_id, 5), all_),
    ]
    for at, (call, (log_id, who)) in enumerate(calls):
        with store.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM look")
        seen = store.read_by(lambda at=at: Reader("olive@lab.example", Way.PAGE, f"{at}"))  # type: ignore[misc]
        call()
        assert told(store) == [("olive@lab.example", "page", f"{at}", log_id, who)], at


def test_what_is_read_for_no_reader_is_not_noted(world: StudyWorld) -> None:
    world.store.logs.timeline(world.people[0])
    seen = world.store.read_by(lambda: OLIVE)
    seen.logs.list()
    seen.results.counts(world.run_id)
    with pytest.raises(StoreError):
        seen.logs.timeline(10_000)
    assert told(world.store) == []


def test_participants_are_noted_by_their_place(world: StudyWorld) -> None:
    seen = world.store.read_by(lambda: OLIVE)
    participant = world.enter(1)
    seen.participation.timeline(participant, "a")
    alias = pseudonym(world.store, world.log_id, world.people[1])
    who = f"participant {participant.invitation_id}"
    assert told(world.store) == [(who, "link", "participate", world.log_id, alias)]


def test_looks_of_a_visit_are_one_record(store: Store, small_log: ActivityLog) -> None:
    log_id = store.logs.add(small_log, "log")
    at = 1_000 * VISIT
    audit = AuditStore(store.engine, 365, clock=lambda: at)
    other = AuditStore(store.engine, 365, clock=lambda: at)  # another process
    subject = Subject(log_id=log_id)
    for _ in range(3):
        audit.note(OLIVE, subject)
    other.note(OLIVE, subject)
    audit.note(ANA, subject)
    at += LOOK
    audit.note(OLIVE, subject)
    at += VISIT
    audit.note(OLIVE, subject)
    newest, ana, first = store.audit.list()
    assert [look.looks for look in (newest, ana, first)] == [1, 1, 3] or ana.who != ANA.who
    found = {(look.who, look.at // VISIT): look for look in store.audit.list()}
    assert found[OLIVE.who, 1_000].looks == 3
    assert found[OLIVE.who, 1_000].last_at - found[OLIVE.who, 1_000].at == LOOK
    assert found[OLIVE.who, 1_001].looks == 1
    assert found[ANA.who, 1_000].looks == 1


def test_records_go_when_their_time_is_over(store: Store, small_log: ActivityLog) -> None:
    subject = Subject(log_id=store.logs.add(small_log, "log"))
    at = 40 * DAY
    AuditStore(store.engine, 30, clock=lambda: at).note(OLIVE, subject)
    later = AuditStore(store.engine, 30, clock=lambda: at + 29 * DAY)
    later.note(ANA, subject)
    assert later.count() == 2
    AuditStore(store.engine, 30, clock=lambda: at + 31 * DAY).note(ANA, subject)
    assert [look.who for look in later.all()] == [ANA.who, ANA.who]


def test_pages_and_filters_are_the_databases(store: Store, small_log: ActivityLog) -> None:
    log_id = store.logs.add(small_log, "log")
    people = store.logs.people(log_id)
    for at in range(25):
        clock = lambda at=at: (at + 1) * VISIT  # noqa: E731
        audit = AuditStore(store.engine, 36_000, clock=clock)
        audit.note(OLIVE if at % 5 else ANA, Subject(person_id=people[at % 3].id))
    assert audit.count() == len(list(audit.all())) == 25
    pages = [audit.list(most=10, after=after) for after in (0, 10, 20)]
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [look for page in pages for look in page] == list(audit.all())
    assert audit.count(who="ANA@") == 5
    assert audit.count(who="%") == audit.count(person="%") == audit.count(who="_live") == 0
    assert audit.count(person=people[0].pseudonym) == 9
    assert {x.person for x in audit.list(who="ana", person=people[0].pseudonym)} == {
        people[0].pseudonym
    }


def test_nothing_is_given_that_cannot_be_noted(
    store: Store, small_log: ActivityLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    log_id = store.logs.add(small_log, "log")
    person = store.logs.people(log_id)[0].id

    def busy(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr(AuditStore, "_write", busy)
    with pytest.raises(StoreError, match="Nothing is shown"):
        store.read_by(lambda: OLIVE).logs.timeline(person)


def test_erasing_leaves_that_somebody_was_looked_at_and_nothing_of_whom(
    world: StudyWorld, on_disk: Callable[[], bytes]
) -> None:
    store, (ann, ben) = world.store, world.people[:2]
    ann_alias, ben_alias = (pseudonym(store, world.log_id, each) for each in (ann, ben))
    seen = store.read_by(lambda: OLIVE)
    for person in (ann, ben):
        seen.logs.timeline(person)
    seen.logs.timelines(world.log_id)
    participant = world.enter(0)
    seen.participation.timeline(participant, "a")
    ben_place = world.enter(1)
    seen.participation.timeline(ben_place, "a")
    store.audit.note(Reader("key 1", Way.AGENT, "context"), Subject(user=ann_alias))
    store.erase_person(ann)
    left = {(look.who, look.way, look.person, look.log_id) for look in store.audit.all()}
    assert left == {
        (OLIVE.who, Way.PAGE, ERASED, world.log_id),
        (OLIVE.who, Way.PAGE, ben_alias, world.log_id),
        (OLIVE.who, Way.PAGE, "", world.log_id),
        (f"participant ({ERASED})", Way.LINK, ERASED, world.log_id),
        (f"participant {ben_place.invitation_id}", Way.LINK, ben_alias, world.log_id),
        ("key 1", Way.AGENT, ERASED, None),
    }
    assert ann_alias.encode() not in on_disk()
    # The next one who is erased of the same visit does not get in the way of the first.
    store.erase_person(ben)
    assert [look.person for look in store.audit.all()].count(ERASED) == 5
    assert ben_alias.encode() not in on_disk()


def test_a_person_who_is_in_another_log_too_stays_known_there(
    store: Store, small_log: ActivityLog
) -> None:
    seen = store.read_by(lambda: OLIVE)
    logs = [store.logs.add(small_log, name) for name in ("one", "two")]
    people = [store.logs.people(log_id)[0] for log_id in logs]
    for person in people:
        seen.logs.timeline(person.id)
    store.erase_person(people[0].id)
    assert {(x.log_id, x.person) for x in store.audit.all()} == {
        (logs[0], ERASED),
        (logs[1], people[1].pseudonym),
    }


def test_a_log_that_is_deleted_does_not_give_its_records_to_the_next(
    store: Store, small_log: ActivityLog
) -> None:
    seen = store.read_by(lambda: OLIVE)
    log_id = store.logs.add(small_log, "log")
    seen.logs.timelines(log_id)
    store.logs.delete(log_id)
    assert [look.log_id for look in store.audit.all()] == [-log_id]
    again = store.logs.add(small_log, "log")
    seen.logs.timelines(again)
    assert "deleted" in table(store.audit.list())
    store.logs.delete(again)
    assert store.audit.count() == 2


def test_no_record_holds_a_title_and_none_runs_in_a_spreadsheet(
    store: Store, small_log: ActivityLog
) -> None:
    log_id = store.logs.add(small_log, "Secret log")
    person = store.logs.people(log_id)[0].id
    sly = Reader('=HYPERLINK("http://x","y")\x1b[31m\n' + "x" * 10_000, Way.PAGE, "@SUM(A1)\r\n")
    store.read_by(lambda: sly).logs.timeline(person)
    out = io.StringIO(newline="")
    assert audit_csv(out, store.audit.all()) == 1
    header, row = csv.reader(io.StringIO(out.getvalue()))
    assert tuple(header) == HEADER
    assert row[2].startswith("'=HYPERLINK")
    assert row[4].startswith("'@SUM")
    assert len(row[2]) <= 321
    assert "\x1b" not in out.getvalue() + table(store.audit.list())
    for title in small_log.frame["title"]:
        assert title not in out.getvalue()
    assert "Secret" not in out.getvalue()


def test_a_record_is_read_as_it_was_written(store: Store) -> None:
    audit = AuditStore(store.engine, 10, clock=lambda: 5)
    audit.note(Reader("key 3", Way.AGENT, "context"), Subject(user="p-1"))
    (look,) = audit.list()
    assert look == Look(look.id, 5, 5, "key 3", Way.AGENT, "context", None, "p-1", 1)
