"""Reading ML-100k out of a wheel, summaries out of a file, and the command around both."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from journeys.cli import main
from journeys.errors import InputError
from journeys.ranking import ml100k
from journeys.ranking.impressions import Impressions
from journeys.ranking.summaries import read_memories

GENRES = ("Drama", "Comedy War", "War Crime", "Comedy")


def made_up_wheel(folder: Path, *, users: int = 30, each: int = 24) -> Path:
    """A wheel of the data set's form with made-up ratings."""
    rng = np.random.default_rng(0)
    items = 40
    inter, taste = ["user_id:token\titem_id:token\trating:float\ttimestamp:float"], rng.random((4,))
    for user in range(1, users + 1):
        for at, item in enumerate(rng.permutation(items)[:each]):
            stars = int(np.clip(round(1 + 4 * taste[item % 4] + rng.normal(0, 1)), 1, 5))
            inter.append(f"{user}\t{item + 1}\t{stars}\t{880000000 + 1000 * user + at}")
    films = ["item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq"]
    films += [f'{at + 1}\t"Film" {at}\t{1950 + at}\t{GENRES[at % 4]}' for at in range(items)]
    people = ["user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token"]
    people += [f"{at}\t{20 + at}\tF\twriter\t1{at:04}" for at in range(1, users + 1)]
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / ml100k.WHEEL
    with zipfile.ZipFile(wheel, "w") as archive:
        for kind, lines in (("inter", inter), ("item", films), ("user", people)):
            archive.writestr(f"recbole/dataset_example/ml-100k/ml-100k.{kind}", "\n".join(lines))
    return wheel


@pytest.fixture
def log(tmp_path: Path) -> Impressions:
    return ml100k.read_ml100k(made_up_wheel(tmp_path))


def test_the_data_set_is_read_as_it_is_written(log: Impressions) -> None:
    assert (len(log), log.n_users, log.n_items) == (720, 30, 40)
    assert log.tag_names == ("Comedy", "Crime", "Drama", "War")
    assert log.item_tags[1].tolist() == [True, False, False, True]
    assert log.item_titles[0] == '"Film" 0'
    assert log.time.min() == (880000000 + 1000) * 1_000_000
    np.testing.assert_array_equal(log.label, (log.grade >= 3).astype(np.float32))  # 4 stars or 5.
    assert log.user_fields["age"][0] == 1


def test_a_file_that_is_another_is_refused(tmp_path: Path) -> None:
    made_up_wheel(tmp_path)
    with pytest.raises(InputError, match="not the expected file"):
        ml100k.fetch_ml100k(tmp_path)


def test_no_network_is_said_with_what_to_do(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(InputError, match=r"put it into"):
        ml100k.fetch_ml100k(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def lines(*given: dict) -> str:
    return "\n".join(json.dumps(line) for line in given)


def lengths(texts) -> np.ndarray:
    return np.array([[len(text)] for text in texts], dtype=np.float32)


def test_summaries_are_read_in_order_of_time(tmp_path: Path, log: Impressions) -> None:
    path = tmp_path / "summaries.jsonl"
    path.write_text(
        lines(
            {"user": "3", "closed_at": 20, "summary": "longer", "shift": "new: war"},
            {"user": "3", "closed_at": 10, "summary": "first", "shift": ""},
            {"user": "nobody", "closed_at": 10, "summary": "of another log"},
        )
    )
    memories = read_memories(path, log, lengths)
    assert list(memories) == [2]
    assert memories[2].closed_at.tolist() == [10, 20]
    assert memories[2].vectors.tolist() == [[5], [6]]
    assert memories[2].shift_vectors.tolist() == [[0], [8]]
    assert memories[2].whole_vectors is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "Line 1 of .* is not JSON"),
        ('{"user": "1", "closed_at": 3}', "text under 'summary'"),
        ('{"user": "1", "closed_at": "3", "summary": "x"}', "whole number of microseconds"),
        ('{"user": "no", "closed_at": 3, "summary": "x"}', "no summary of a user of this log"),
    ],
)
def test_bad_summaries_are_told_by_line(tmp_path: Path, log, text: str, told: str) -> None:
    path = tmp_path / "summaries.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        read_memories(path, log, lengths)


def test_the_command_ends_with_one_object(tmp_path: Path, monkeypatch, capsys) -> None:
    wheel = made_up_wheel(tmp_path / "data" / "ml-100k")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    monkeypatch.setattr(ml100k, "WHEEL_SHA256", digest)
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path))
    asked = "evaluate ctr --split random --backbone fm --fusion cascade --summaries oracle-numbers "
    asked += "--partition 5 --epochs 2 --seeds 0,1 --versus-none --json"
    assert main(asked.split()) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out.splitlines()[-1])
    assert {"auc", "auc_interval", "gauc", "logloss", "ece", "llm_calls", "seconds"} <= set(found)
    assert found["llm_calls"] == 0
    assert found["auc_interval"][0] <= found["auc"] <= found["auc_interval"][1]
    assert found["gain_interval"][0] <= found["gain"] <= found["gain_interval"][1]
    assert "s left" in printed.err


def test_bad_seeds_are_told(capsys) -> None:
    assert main(["evaluate", "ctr", "--seeds", "one"]) != 0
    assert "--seeds wants numbers" in capsys.readouterr().err
