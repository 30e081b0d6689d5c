"""What a participant gave a study is gone with them: rows, free pages, write-ahead log."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import inspect, text

from journeys.store import Store
from journeys.study.answers import Correction, TrialAnswers
from tests.study_world import StudyWorld, open_study

MARK = "participantmark"


@pytest.fixture
def world(store: Store) -> StudyWorld:
    """Both people have written into every table; what the first wrote is marked."""
    world = open_study(store)
    take = store.participation
    for at, mark in enumerate((MARK, "othermark")):
        who = world.enter(at)
        first, second = take.journeys(who, "a").journeys[:2]
        take.reach(who, "opened")
        take.save_stated(who, [f"{mark} stated"])
        take.save_items(who, "before", {"trust_intent": 2}, 5)
        for own_words in (f"{mark} old words", f"{mark} words"):
            take.save_answer(who, world.shown(who), TrialAnswers(own_words=own_words), 5)
        take.correct(who, Correction("missing", words=f"{mark} missing"))
        take.correct(who, Correction("merge", world.run_id, first.id, second.id, words=mark))
        take.keep_level(who, 3.0, 0.5, 4)
    return world


def counts(store: Store) -> dict[str, int]:
    with store.engine.connect() as connection:
        return {
            table: connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0
            for table in inspect(store.engine).get_table_names()
        }


STUDY_TABLES = (
    "invitation", "consent", "study_answer", "study_items", "stated_journey", "correction",
    "study_step", "preferred_level",
)  # fmt: skip


def test_a_participant_who_erases_leaves_no_byte(
    world: StudyWorld, on_disk: Callable[[], bytes]
) -> None:
    assert MARK.encode() in on_disk()
    before = counts(world.store)
    assert all(before[table] for table in STUDY_TABLES)
    mine = world.enter(0)
    world.store.participation.erase(mine)
    left = on_disk()
    assert MARK.encode() not in left
    assert mine.token_hash not in left
    assert b"othermark words" in left
    after = counts(world.store)
    for table in STUDY_TABLES:
        assert after[table] == before[table] / 2, table
    assert world.store.study_results.participants(world.study_id)[0].stated == ("othermark stated",)


def test_a_deleted_study_leaves_no_byte_and_no_row(
    world: StudyWorld, on_disk: Callable[[], bytes]
) -> None:
    people = counts(world.store)["person"]
    world.store.studies.delete(world.study_id)
    left = on_disk()
    assert MARK.encode() not in left
    assert b"Are these your journeys?" not in left
    after = counts(world.store)
    assert not any(after[table] for table in (*STUDY_TABLES, "study", "study_version", "study_run"))
    assert after["person"] == people


def test_a_deleted_log_takes_its_studies_along(
    world: StudyWorld, on_disk: Callable[[], bytes]
) -> None:
    world.store.logs.delete(world.log_id)
    assert MARK.encode() not in on_disk()
    assert not any(counts(world.store)[table] for table in ("study", *STUDY_TABLES))


def test_a_deleted_run_leaves_what_was_answered_about_it(world: StudyWorld) -> None:
    world.store.runs.delete(world.run_id)
    first = world.store.study_results.participants(world.study_id)[0]
    assert first.trials[0].shown.run_id is None
    assert first.trials[0].answers.own_words == f"{MARK} words"
    assert len(first.corrections) == 2
