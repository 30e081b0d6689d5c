"""Migrations, and opening databases that are new, old, shared, foreign or broken."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, Table, create_engine, inspect, select, text

from journeys.errors import ConfigError
from journeys.store.engine import HEAD, MIGRATIONS, connect, current_revision, migrate
from journeys.store.schema import Base
from tests.databases import PostgresServer

ROOT = Path(__file__).resolve().parents[2]


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'journeys.sqlite3'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield url(tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as made:
        yield made


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def alembic(engine: Engine, action: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        getattr(command, action)(config, revision)


def test_the_migrations_make_exactly_the_tables_of_the_schema(empty: str) -> None:
    engine = connect(empty)
    assert set(inspect(engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    assert differences(engine) == []


def test_the_comparison_would_notice_a_missing_column(empty: str) -> None:
    engine = connect(empty)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE run DROP COLUMN message"))
    assert len(differences(engine)) == 1


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
    files = sorted((MIGRATIONS / "versions").glob("m*.py"))
    assert files[-1].name.startswith(f"m{HEAD}_")


def test_down_to_nothing_and_up_again(empty: str) -> None:
    engine = connect(empty)
    alembic(engine, "downgrade", "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    assert current_revision(engine) is None
    migrate(engine)
    assert current_revision(engine) == HEAD
    assert differences(engine) == []


def test_edits_go_with_the_step_down_and_names_and_ratings_stay(empty: str) -> None:
    engine = connect(empty)
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO log VALUES (1, 'l', FALSE, 1, 1, 1, 0, 0, 1, 1, '{}')",
            "INSERT INTO person VALUES (1, 1, 'p', 1)",
            "INSERT INTO run (id, log_id, status, stage, done, total, stage_started_done, config,"
            " manifest, created_at, cancel_requested, message)"
            " VALUES (1, 1, 'done', '', 0, 0, 0, '{}', '{}', 1, FALSE, '')",
            *(
                "INSERT INTO journey (run_id, id, person_id, rank, score, stage, kind, confidence,"
                " n_events, active_months, first_seen, last_seen, keyphrases, central, active)"
                f" VALUES (1, '{id}', 1, 1, 1, 's', 'k', 1, 1, 1, 1, 1, '[]', '[]', {active})"
                for id, active in (("kept", True), ("emptied", False))
            ),
            *(
                "INSERT INTO naming (run_id, journey_id, levels, namer, provisional, fallback,"
                f" completion_keys, created_at) VALUES (1, '{id}', '[]', 'x', FALSE, '[]', '[]', 1)"
                for id in ("kept", "emptied")
            ),
            "INSERT INTO rating (run_id, journey_id, rater, own_words, level, name_shown, namer,"
            " created_at, updated_at) VALUES (1, 'kept', 'r', '', 3, 'n', 'x', 1, 1)",
            "INSERT INTO edit (person_id, kind, events, anchor, before, created_at)"
            " VALUES (1, 'merge', '[]', '[]', '{}', 1)",
        ):
            connection.execute(text(statement))
    alembic(engine, "downgrade", "0001")
    assert "edit" not in inspect(engine).get_table_names()
    migrate(engine)
    assert differences(engine) == []
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT id, active, boundary, family, stability FROM journey")
        ).all()
        assert [(*row[:2], str(row[2]), *row[3:]) for row in rows] == [
            ("kept", True, "[]", 0, None)
        ]
        for table in ("naming", "rating"):
            kept = connection.scalars(text(f"SELECT journey_id FROM {table}")).all()
            assert kept == ["kept"]


def test_alternatives_and_jobs_go_with_the_step_down(empty: str) -> None:
    engine = connect(empty)
    run = (
        "INSERT INTO run (id, log_id, status, stage, done, total, stage_started_done, config,"
        " manifest, created_at, cancel_requested, message, kind)"
        " VALUES ({}, 1, 'done', '', 0, 0, 0, '{{}}', '{{}}', 1, FALSE, '', '{}')"
    )
    naming = (
        "INSERT INTO naming (run_id, journey_id, levels, namer, provisional, fallback,"
        " completion_keys, created_at, alternative)"
        " VALUES (1, 'j', '[]', '{}', FALSE, '[]', '[]', 1, {})"
    )
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO log VALUES (1, 'l', FALSE, 1, 1, 1, 0, 0, 1, 1, '{}')",
            "INSERT INTO person VALUES (1, 1, 'p', 1)",
            run.format(1, "discovery"),
            run.format(2, "names"),
            "INSERT INTO naming_job VALUES (2, 1, 1)",
            "INSERT INTO journey (run_id, id, person_id, rank, score, stage, kind, confidence,"
            " n_events, active_months, first_seen, last_seen, keyphrases, central)"
            " VALUES (1, 'j', 1, 1, 1, 's', 'k', 1, 1, 1, 1, 1, '[]', '[]')",
            naming.format("counts", False),
            naming.format("beside", True),
        ):
            connection.execute(text(statement))
    alembic(engine, "downgrade", "0003")
    migrate(engine)
    assert differences(engine) == []
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT id FROM run")).all() == [1]
        assert connection.scalars(text("SELECT namer FROM naming")).all() == ["counts"]


def test_answers_of_a_study_outlast_the_step_up_and_down(empty: str) -> None:
    engine = connect(empty)
    alembic(engine, "downgrade", "0005")
    answer = (
        "INSERT INTO study_answer (invitation_id, trial, kind, journey_id, condition, level,"
        " name_shown, namer, prompts, answers, response_ms, first_saved_at, saved_at)"
        " VALUES (1, {}, 'journey', 'j', 'a', 3, 'n', 'x', '', '{}', {}, 1, 2)"
    )
    binary = "BLOB" if engine.dialect.name == "sqlite" else "bytea"
    invitation = (
        "INSERT INTO invitation (id, study_id, version, person_id, number, conditions, seed,"
        " token_hash, created_at, expires_at)"
        " VALUES ({0}, 1, 1, {0}, {0}, '[]', 5, CAST('{0}' AS {1}), 1, 2)"
    )
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO log VALUES (1, 'l', FALSE, 1, 1, 1, 0, 0, 1, 1, '{}')",
            "INSERT INTO person VALUES (1, 1, 'p', 1)",
            "INSERT INTO person VALUES (2, 1, 'q', 1)",
            "INSERT INTO study VALUES (1, 1, 'open', 1)",
            "INSERT INTO study_version VALUES (1, 1, '{}', 'h', 1)",
            invitation.format(1, binary),
            invitation.format(2, binary),
            "INSERT INTO consent (invitation_id, text_version, text_hash, as_examples, given_at)"
            " VALUES (1, '1', 'h', FALSE, 1)",
            answer.format(0, '{"recalled"\\: "all"}', 700),
            answer.format(1, '{"recalled"\\: null}', 900),
            "INSERT INTO preferred_level VALUES (1, 1, 2.5, 0.5, 3, 9)",
        ):
            connection.execute(text(statement))
    migrate(engine)
    assert differences(engine) == []
    times = text("SELECT recall_ms, response_ms FROM study_answer ORDER BY trial")
    arrivals = text("SELECT arrival FROM invitation ORDER BY id")
    with engine.connect() as connection:
        # The old clock stopped at the answer to recall, where there was one.
        assert [tuple(row) for row in connection.execute(times)] == [(700, None), (None, 900)]
        assert connection.scalars(arrivals).all() == [1, None]
        assert connection.scalars(text("SELECT level FROM preferred_level")).all() == [2.5]
    alembic(engine, "downgrade", "0005")
    with engine.connect() as connection:
        kept = connection.scalars(text("SELECT response_ms FROM study_answer ORDER BY trial"))
        assert kept.all() == [700, 900]
        assert connection.scalars(text("SELECT id FROM consent")).all() == [1]
        assert connection.scalars(text("SELECT level FROM preferred_level")).all() == [2.5]


def row_for(table: Table) -> dict[str, object]:
    """Some value for every column; keys are such that rows of other tables refer to them."""
    values: dict[type, object] = {
        int: 1,
        str: "1",
        bool: True,
        float: 0.5,
        bytes: b"1" * 16,
        object: {"told": ["1"]},  # JSON
    }
    return {column.name: values[column.type.python_type] for column in table.columns}


def everything(engine: Engine, tables: Mapping[str, Table]) -> dict[str, dict[str, object]]:
    """The one row of each table, as far as these tables know its columns."""
    with engine.connect() as connection:
        return {
            name: dict(connection.execute(select(table)).mappings().one())
            for name, table in tables.items()
        }


def test_a_database_of_the_first_version_comes_along_without_loss(empty: str) -> None:
    engine = create_engine(empty)
    alembic(engine, "upgrade", "0001")
    first = MetaData()
    first.reflect(engine)
    tables = {t.name: t for t in first.sorted_tables if t.name != "alembic_version"}
    assert len(tables) >= 15
    with engine.begin() as connection:
        for table in tables.values():
            connection.execute(table.insert(), row_for(table))
    before = everything(engine, tables)
    migrate(engine)
    assert current_revision(engine) == HEAD
    assert differences(engine) == []
    assert everything(engine, tables) == before
    alembic(engine, "downgrade", "0001")
    assert everything(engine, tables) == before
    engine.dispose()


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "journeys.sqlite3").touch()
    assert current_revision(connect(url(tmp_path))) == HEAD


def test_opening_again_changes_nothing(empty: str) -> None:
    first = connect(empty)
    with first.begin() as connection:
        connection.execute(text("INSERT INTO setting VALUES ('kept', '{}')"))
    first.dispose()
    with connect(empty).connect() as connection:
        assert connection.scalar(text("SELECT key FROM setting")) == "kept"


def test_processes_that_open_a_new_database_at_once_all_succeed(empty: str) -> None:
    code = (
        "import sys; from journeys.store.engine import connect, current_revision\n"
        "print('ready', flush=True); sys.stdin.read()\n"
        "print(current_revision(connect(sys.argv[1])))"
    )
    opened = [
        subprocess.Popen(
            [sys.executable, "-c", code, empty],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in opened:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in opened:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    results = [process.communicate(timeout=120) for process in opened]
    assert [out.strip() for out, _ in results] == [HEAD] * 4, [err for _, err in results]


def test_sqlite_is_set_up_for_several_processes_and_for_erasing(tmp_path: Path) -> None:
    with connect(url(tmp_path)).connect() as connection:
        pragmas = {
            name: connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "foreign_keys", "secure_delete", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 30_000,
    }


@pytest.mark.skipif(os.name == "nt", reason="modes are a matter of POSIX")
def test_a_new_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    connect(url(tmp_path / "new"))
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "nonsense",
        "alice:sekrit@host/db",
        "postgresql://alice:sekrit@host:port/db",
        "nosuch://alice:sekrit@host/db",
        "mysql://alice:sekrit@host/db",
        "postgresql+nosuch://alice:sekrit@host/db?password=sekrit",
        "postgresql+pg8000://host/db?password=sekrit",
    ],
)
def test_a_bad_url_is_explained_without_its_password(bad: str) -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL") as caught:
        connect(bad)
    assert "sekrit" not in str(caught.value)


def test_a_file_that_is_no_database_is_explained(tmp_path: Path) -> None:
    (tmp_path / "journeys.sqlite3").write_bytes(b"not a database, but long enough" * 100)
    with pytest.raises(ConfigError, match="not a database"):
        connect(url(tmp_path))


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be used"):
        connect(url(tmp_path / "file" / "below"))


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    connect(url(tmp_path)).dispose()
    with sqlite3.connect(tmp_path / "journeys.sqlite3") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match=r"revision 9999.*Update the product"):
        connect(url(tmp_path))
    assert current_revision(create_engine(url(tmp_path))) == "9999"
