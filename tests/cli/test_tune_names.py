"""``tune-names`` and a discovery with what it made, through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from journeys.cli import main
from journeys.naming.tuning import missing_packages
from tests.logs import make_log
from tests.naming.tiny import tiny_model, tiny_pairs


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path / "home"


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--pairs", "none.jsonl"], "with --name"),
        (["--name", "x"], "nothing to learn from"),
        (["--name", "x", "--pairs", "none.jsonl"], "cannot be read"),
        (["--name", "x", "--corrections"], "nothing to learn from"),
        (["--delete", "x"], "no tuned model called 'x'"),
    ],
)
def test_bad_input_ends_with_a_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    status, _, err = said(capsys, "tune-names", *arguments)
    assert status == 1
    assert sentence in err
    assert "Traceback" not in err


def test_a_tuned_namer_that_is_not_there_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    make_log().frame.to_csv(tmp_path / "log.csv", index=False)
    status, _, err = said(
        capsys, "discover", tmp_path / "log.csv", "--out", tmp_path / "out", "--namer", "tuned"
    )
    assert status == 1
    assert "No namer has been tuned yet" in err


@pytest.mark.skipif(
    bool(missing_packages()),
    reason=f"pip install -r requirements-tuning.txt (missing: {', '.join(missing_packages())})",
)
def test_a_tuned_namer_names_a_log(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from journeys.naming.tuning.prompts import instruction

    pairs = tiny_pairs()
    texts = [instruction(pair.titles, 3) + " You name interests. " + pair.name for pair in pairs]
    base = tiny_model(tmp_path / "tiny", texts)
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(json.dumps(pair.to_dict()) for pair in pairs))
    tune = ("tune-names", "--pairs", file, "--base", base, "--name", "mine", "--epochs", 2)
    status, out, err = said(capsys, *tune, "--json")
    assert status == 0, err
    card = json.loads(out.splitlines()[-1])
    assert card["name"] == "mine"
    assert card["settings"]["epochs"] == 2
    assert "discover LOG --namer tuned --model mine" in err
    assert said(capsys, *tune)[0] == 1, "the name is taken"
    assert "mine: soft on tiny" in said(capsys, "tune-names", "--list")[1]

    make_log(users=1).frame.to_csv(tmp_path / "log.csv", index=False)
    status, out, err = said(
        capsys, "discover", tmp_path / "log.csv", "--out", tmp_path / "out", "--map", "none",
        "--namer", "tuned", "--model", "mine",
    )  # fmt: skip
    assert status == 0, err
    lines = (tmp_path / "out" / "journeys.jsonl").read_text().splitlines()
    namers = {json.loads(line)["namer"] for line in lines}
    assert len(namers) == 1
    assert namers.pop().startswith("tuned:mine-")
    assert said(capsys, "tune-names", "--delete", "mine")[0] == 0
    assert said(capsys, "tune-names", "--list")[1] == ""
