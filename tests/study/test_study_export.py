"""The long format: round trips, the codebook, what is refused, and the reports."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from journeys.errors import InputError
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.study.analysis import analyse
from journeys.study.answers import Correction, TrialAnswers
from journeys.study.bundle import read_bundle, table_csv, write_bundle
from journeys.study.default_design import default_design
from journeys.study.from_store import long_format
from journeys.study.longformat import (
    NAMES,
    TABLES,
    WORDS,
    codebook,
    from_rows,
    study_data,
    without,
)
from journeys.study.report import report_html
from journeys.study.report_pdf import pdf_available, report_pdf
from journeys.study.simulated_study import Study, simulated_study
from tests.study_world import open_study

HOSTILE = '=HYPERLINK("x"),<script>alert(1)</script>\n-"it\'s"'


@pytest.fixture
def store(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", database)
    opened = open_store(Settings.from_environment())
    yield opened
    opened.close()


def test_an_export_reads_back_equal_and_equal_studies_give_equal_bytes() -> None:
    data = simulated_study(Study(participants=6, journeys=3), seed=1)
    content = write_bundle(data, {"title": "t"})
    assert content == write_bundle(simulated_study(Study(participants=6, journeys=3), seed=1),
                                   {"title": "t"})  # fmt: skip
    back = read_bundle(content)
    assert back.simulated
    for name, frame in data.tables().items():
        pd.testing.assert_frame_equal(frame, back.tables()[name])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in TABLES:
            csv = archive.read(f"{name}.csv")
            assert csv.count(b"\n") >= len(data.tables()[name]) + 1
    pd.testing.assert_frame_equal(read_bundle(table_csv(data.answers)).answers, data.answers)


def test_hostile_words_are_harmless_in_csv_and_come_back() -> None:
    row = {"participant": "p", "journey": "j", "condition": "a", "level": 2, "own_words": HOSTILE}
    frame = from_rows("answers", [row])
    assert b",\"'=HYPERLINK" in table_csv(frame)
    assert read_bundle(table_csv(frame)).answers["own_words"][0] == HOSTILE


def test_who_may_not_read_words_gets_none() -> None:
    row = {
        "participant": "p",
        "journey": "j",
        "condition": "a",
        "level": 2,
        "own_words": "secretwords",
        "since": "secretsince",
        "name_shown": "secretname",
    }
    said = {"participant": "p", "stated": 1, "words": "secretpursuit", "when": "before"}
    data = study_data(answers=from_rows("answers", [row]), stated=from_rows("stated", [said]))
    blind = without(without(data, WORDS), NAMES)
    with zipfile.ZipFile(io.BytesIO(write_bundle(blind))) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"secret" not in everything
    assert len(blind.stated) == 1
    assert b"secretname" in table_csv(without(data, WORDS).answers)


def test_the_codebook_describes_every_column_of_every_file() -> None:
    words = codebook()
    content = write_bundle(simulated_study(Study(participants=6, journeys=3), seed=1))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        rows = pd.read_csv(archive.open("codebook.csv"), dtype="string", keep_default_na=False)
        described = {(row.table, row.column) for row in rows.itertuples() if len(row.meaning) > 10}
        for table in TABLES:
            section = words.split(f"## {table}\n")[1].split("\n## ")[0]
            frame = pd.read_csv(archive.open(f"{table}.csv"))
            parquet = pd.read_parquet(io.BytesIO(archive.read(f"{table}.parquet")))
            assert list(frame.columns) == list(parquet.columns)
            for column in frame.columns:
                assert (table, column) in described
                assert f"| `{column}` |" in section
            for column in TABLES[table]:
                if column.values:
                    assert set(parquet[column.name].dropna()) <= set(column.values)
                    assert all(column.values.values()), "each value has a meaning"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"participant,journey\np,j\n", "lacks the column"),
        (b"participant,journey,condition,level\np,j,a,9\n", "it may hold"),
        (b"participant,journey,condition,level\np,j,a,x\n", "not a whole number"),
        (b"participant,journey,condition,level\np,j,a,2.5\n", "not a whole number"),
        (b"participant,journey,condition,level\np,,a,2\n", "every row needs it"),
        (b"participant,journey,condition,level\np,j\n", "has 2 cells"),
        (b"PK\x03\x04nothing", "cannot be read"),
        (b"PAR1nothing", "not a Parquet file"),
        (b"\xff\xfe\x00", "not a CSV file"),
    ],
)
def test_what_is_no_export_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_bundle(content)


def test_an_archive_without_answers_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("other.txt", "x")
    with pytest.raises(InputError, match="no answers"):
        read_bundle(buffer.getvalue())


def test_the_store_s_answers_become_the_long_format(store: Store) -> None:
    world = open_study(store)
    participant = world.enter()
    part = store.participation
    part.save_stated(participant, ["growing tomatoes"])
    shown = world.shown(participant)
    said = TrialAnswers(recalled="none", identification=4, specificity="specific", wish=5,
                        ongoing="unsure", own_words="my garden")  # fmt: skip
    part.save_answer(participant, shown, said, 1200)
    part.correct(participant, Correction("missing", words="chess"))
    part.save_items(participant, "before", {i.key: 2 for i in default_design().items}, 10)
    part.save_items(participant, "after", {i.key: 4 for i in default_design().items}, 10)
    records = store.study_results.participants(world.study_id)
    designs = {each.version: each.design for each in store.studies.versions(world.study_id)}
    funnel = store.study_results.funnel(world.study_id)
    data = long_format(records, designs, funnel=funnel)
    (row,) = data.answers.to_dict("records")
    assert (row["trial"], row["specificity"], row["wish_more"], row["level"]) == (1, 1, 5, 3)
    assert row["remembers"] is False
    assert pd.isna(row["ongoing"])
    assert row["name_shown"] == shown.name
    assert data.stated[["words", "when"]].to_numpy().tolist() == [
        ["growing tomatoes", "before"],
        ["chess", "missing"],
    ]
    assert data.participants["trust_before"][0] == 2.0
    assert data.participants["risk_after"][0] == 4.0
    assert data.funnel.iloc[0].tolist() == ["invited", len(world.people)]
    pd.testing.assert_frame_equal(read_bundle(write_bundle(data)).answers, data.answers)


def test_the_report_escapes_and_needs_nothing_from_outside() -> None:
    rows = [
        {"participant": f"p{at}", "journey": "j", "condition": HOSTILE, "level": 2,
         "identification": 1 + at}
        for at in range(4)
    ]  # fmt: skip
    results = analyse(study_data(answers=from_rows("answers", rows)))
    page = report_html(results, title=HOSTILE, design_hash="ab12").decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert 'src="http' not in page
    assert "ab12" in page
    for _, each in results.section("condition").figures:
        assert f"{each.value:.2f}" in page


@pytest.mark.skipif(not pdf_available(), reason="needs requirements-study.txt")
def test_the_report_is_a_pdf_whatever_was_written() -> None:
    rows = [
        {"participant": f"p{at}", "journey": "j", "condition": "日本 " + HOSTILE, "level": 2,
         "identification": 1 + at}
        for at in range(4)
    ]  # fmt: skip
    content = report_pdf(analyse(study_data(answers=from_rows("answers", rows))), title="日本")
    assert content.startswith(b"%PDF-")
    assert len(content) > 3000
