"""``discover --engine ray``: what it refuses before anything is started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from journeys.cli import main
from tests.logs import make_log


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "log.parquet"
    make_log(users=2).frame.to_parquet(path, index=False)
    return path


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (["--users", "2"], "does not have --users"),
        (["--continue-from", "old"], "does not have --continue-from"),
        (["--pseudonymise"], "ingest --pseudonymise"),
        (["--workers", "0"], "--workers must be at least 1"),
        (["--block-rows", "0"], "block_rows must be at least 1"),
    ],
)
def test_what_the_engine_does_not_have_is_said(
    log: Path, tmp_path: Path, extra: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["discover", str(log), "--engine", "ray", "--out", str(out), *extra]) == 1
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_several_files_need_the_engine(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["discover", str(log), str(log), "--out", str(tmp_path / "out")]) == 1
    assert "need --engine ray" in capsys.readouterr().err


def test_without_ray_it_says_what_to_install(
    log: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # Importing it fails, as if it were not there.
    arguments = ["discover", str(log), "--engine", "ray", "--out", str(tmp_path / "out")]
    assert main(arguments) == 1
    assert "requirements-cluster.txt" in capsys.readouterr().err
