"""``python -m journeys ingest``: files in, one clean log out."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from journeys.cli import main
from journeys.ingest import read_log
from journeys.timeline import COLUMNS

FIRST = """user_id,timestamp,title,url,text
ann,1700000000,Home,https://a.org/,
ann,1700000100,Mail ann@example.org on diabetes,https://m.org/x?token=abc,"two
lines"
bob,1700000200,Knitting,https://sub.bank.example/k,
bob,,No time,,
bob,1700000900,"Ölgemälde, „alt“ — 手紙",https://good.org/k,
"""
SECOND = """user,when,headline
bob,2023-11-14 23:28:20,A later thing
cem,2024-05-01 10:00:00,Bread
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    paths = [tmp_path / "first.csv", tmp_path / "second.csv"]
    for path, content in zip(paths, (FIRST, SECOND), strict=True):
        path.write_text(content, encoding="utf-8")
    return [str(path) for path in paths]


def test_counts_are_told_and_the_parquet_reads_back_unchanged(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "made" / "log.parquet"
    command = ["ingest", *files, "--out", str(out), "--keep-out-domain", "bank.example", "--json"]
    assert main(command) == 0
    told, said = capsys.readouterr()
    record = json.loads(told)
    assert record["counts"]["records"] == 7
    assert record["counts"]["events_kept"] == 4
    assert record["rejected_by_reason"] == {"no time": 1}
    assert record["left_out_by_rule"] == {"domains": 1, "boilerplate": 1}
    assert record["redacted_by_kind"] == {"email": 1, "secret": 1}
    assert record["events_by_source"] == {"not given": 4}
    for words in ("Rejected: no time 1.", "Redacted: email 1; secret 1.", "Flagged: health 1."):
        assert words in said
    stored = pd.read_parquet(out)
    assert not stored.astype("str").map(lambda cell: "ann@example.org" in cell).any().any()
    again = read_log(out)
    assert again.report.duplicates == 0
    assert not again.report.rejected
    pd.testing.assert_frame_equal(again.frame[list(COLUMNS)], stored[list(COLUMNS)])
    base = out.with_name("log.provenance.json")
    assert json.loads(base.read_text()) == record
    assert out.with_name("log.provenance.md").read_text().startswith("# Provenance")
    assert sorted(p.name for p in out.parent.iterdir()) == [
        "log.parquet",
        "log.provenance.json",
        "log.provenance.md",
    ]


def test_options_are_obeyed_and_saved_as_a_profile(files: list[str], tmp_path: Path) -> None:
    out = tmp_path / "log.parquet"
    base = ["ingest", files[0], "--out", str(out)]
    more = ["--rule", "boilerplate=off", "--no-redact", "--from", "2023-11-14", "--to",
            "2023-11-14", "--timezone", "Europe/Berlin", "--save-profile", "raw"]  # fmt: skip
    assert main([*base, *more]) == 0
    kept = pd.read_parquet(out)
    assert kept["title"].tolist()[:2] == ["Home", "Mail ann@example.org on diabetes"]
    assert main([*base, "--profile", "raw", "--pseudonymise"]) == 0
    hidden = pd.read_parquet(out)
    assert sorted(hidden["title"]) == sorted(kept["title"])
    assert all(user.startswith("p") and len(user) == 17 for user in hidden["user_id"])
    assert main([*base, "--keep-out-topic", "health"]) == 0
    assert "diabetes" not in " ".join(pd.read_parquet(out)["title"])


def test_an_item_table_gives_the_titles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events, items = tmp_path / "a.inter", tmp_path / "a.item"
    events.write_text("user_id,item_id,timestamp\nu,1,1700000000\nu,2,1700000060\nu,9,1700000120\n")
    items.write_text("id,title\n1,Heat\n2,Fargo\n")
    out = tmp_path / "log.parquet"
    assert main(["ingest", str(events), "--items", str(items), "--out", str(out)]) == 0
    assert pd.read_parquet(out)["title"].tolist() == ["Heat", "Fargo"]
    said = capsys.readouterr().err
    assert "2 events got their title" in said
    assert "1 are without a title, e.g. the items '9'." in said


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--rule", "adverts=off"], "no rule 'adverts'"),
        (["--rule", "ads"], "must look like"),
        (["--from", "yesterday"], "no date"),
        (["--profile", "none"], "no profile 'none'"),
        (["--keep-out-domain", "bank example"], "no domain"),
        (["--from", "2030-01-01"], "None of the 4 events is kept"),
        (["--items", "missing.csv"], "missing.csv"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    files: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    message: str,
) -> None:
    assert main(["ingest", files[0], "--out", str(tmp_path / "log.parquet"), *more]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
    assert not (tmp_path / "log.parquet").exists()
