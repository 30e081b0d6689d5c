"""Encoders in an installation: trained under a name from a log, found, and withdrawn by erasing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from journeys.cli import main
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import ConfigError, ModelError, PrivacyError
from journeys.models.encoders import encoder_names, encoders_folder, withdraw_encoders
from journeys.privacy import pseudonyms
from journeys.settings import Settings
from journeys.store import open_store
from journeys.timeline import ActivityLog
from journeys.userllm.card import EncoderCard
from journeys.userllm.datasets import of_timelines
from journeys.userllm.installed import find_encoder, train_encoder
from journeys.userllm.pretraining import PretrainingConfig
from journeys.userllm.sequences import ITEM
from journeys.userllm.tasks import split_next
from tests.logs import make_log
from tests.userllm.userllm_data import walking

SMALL = PretrainingConfig(width=16, epochs=2, batch=8, length=20)


def repeated_log() -> ActivityLog:
    """Eight people who take things from one short list, with ratings and kinds."""
    rng = np.random.default_rng(0)
    rows = [
        (f"user{user}", 1_700_000_000 + 4_000 * number, f"thing {(user + number) % 16}", number % 5)
        for user in range(8)
        for number in range(12)
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "seconds", "title", "rating"])
    frame["timestamp"] = pd.to_datetime(frame.pop("seconds"), unit="s", utc=True)
    frame["category"] = [f"kind {each}" for each in rng.integers(0, 2, len(frame))]
    return ActivityLog(frame)


def test_a_log_becomes_data() -> None:
    log = repeated_log()
    data = of_timelines(log.timelines(), FakeEmbedder(32).embed)
    assert data.users == tuple(log.users)
    assert len(data) == len(log)
    assert data.vocabulary.size(ITEM) == 17
    assert set(data.ids) == {ITEM, "category", "action", "rating"}
    first = data.ids[ITEM][:12]
    titles = [data.catalogue.titles[at] for at in first]
    assert titles == log.timeline("user0").titles
    vectors = FakeEmbedder(32).embed(titles)
    np.testing.assert_allclose(data.contents[data.content_row[:12]], vectors)
    np.testing.assert_allclose(data.catalogue.content[first], vectors)
    again = of_timelines(log.timelines(), FakeEmbedder(32).embed)
    assert again.sha256() == data.sha256()
    other = of_timelines(make_log(2).timelines(), FakeEmbedder(32).embed)
    assert other.sha256() != data.sha256()


def test_ids_of_a_trained_vocabulary_mean_the_same() -> None:
    known = of_timelines(repeated_log().timelines()).vocabulary
    data = of_timelines(make_log(2).timelines(), FakeEmbedder(32).embed, vocabulary=known)
    assert not data.ids[ITEM].any()  # Other things: their content alone stands for them.
    assert not data.ids["rating"].any()
    assert data.contents[data.content_row].any(axis=1).all()


def test_training_under_a_name(tmp_path: Path) -> None:
    data = walking(users=24)
    split = split_next(data, "last")
    trained = train_encoder(
        data, split, SMALL, name="ring", folder=tmp_path, told="walking", people=["p1", "p0"]
    )
    card = EncoderCard.read(tmp_path / "ring")
    assert card.ready
    assert card.people == ("p0", "p1")
    assert card.data_hash == data.sha256()
    assert card.metrics["test"]["ndcg"][0] > 0
    assert {each.name for each in (tmp_path / "ring").iterdir()} == {
        "card.json", "vocabulary.json", "weights.safetensors",
    }  # fmt: skip
    found = find_encoder(None, tmp_path)
    batch = data.batch([(0, 20)])
    with torch.no_grad():
        assert torch.equal(found.encoder(batch), trained.encoder(batch))
    with pytest.raises(ConfigError, match="called ring already"):
        train_encoder(data, split, SMALL, name="ring", folder=tmp_path, told="walking")
    with pytest.raises(ModelError, match="There are: ring"):
        find_encoder("other", tmp_path)


def test_an_encoder_withdrawn_while_it_is_trained_stays_gone(tmp_path: Path) -> None:
    data = walking(users=24)

    def erase(done: int, most: int, score: float) -> None:
        assert withdraw_encoders(tmp_path, {"p1"}) == ["ring"]

    with pytest.raises(PrivacyError, match="withdrawn while it was trained"):
        train_encoder(
            data, split_next(data, "last"), SMALL, name="ring", folder=tmp_path, told="walking",
            people=["p0", "p1"], on_epoch=erase,
        )  # fmt: skip
    assert encoder_names(tmp_path) == []
    assert not (tmp_path / "ring").exists()


def test_nobody_erased_meanwhile_is_learnt_from(tmp_path: Path) -> None:
    data = walking(users=24)
    with pytest.raises(PrivacyError, match="1 people were erased"):
        train_encoder(
            data, split_next(data, "last"), SMALL, name="ring", folder=tmp_path, told="walking",
            people=["p0", "p1"], still_there=lambda: {"p0"},
        )  # fmt: skip
    assert encoder_names(tmp_path) == []


def test_withdrawing_spares_the_others_and_takes_what_nobody_can_tell(tmp_path: Path) -> None:
    for name, people in (("mine", ["p1"]), ("others", ["p2"])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "card.json").write_text(json.dumps({"people": people}))
    (tmp_path / "torn").mkdir()
    assert withdraw_encoders(tmp_path, {"p1"}) == ["mine", "torn"]
    assert encoder_names(tmp_path) == ["others"]
    assert withdraw_encoders(tmp_path / "nowhere", {"p1"}) == []


def test_the_command_trains_and_erasing_withdraws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path))
    monkeypatch.setattr("journeys.embedding.load_embedder", lambda *_: FakeEmbedder(32))
    settings = Settings.from_environment()
    store = open_store(settings)
    log_id = store.logs.add(repeated_log(), "Things we did")
    command = ["userllm", "pretrain", "Things we did", "--epochs", "2", "--width", "16", "--json"]
    assert main(command) == 0
    row = json.loads(capsys.readouterr().out.splitlines()[-1])["rows"][0]
    assert set(row) >= {"route", "history", "task", "score", "tokens", "seconds"}
    folder = encoders_folder(settings.models_dir)
    trained = find_encoder("things-we-did", folder)
    people = pseudonyms(store.keys.pseudonym, [f"user{at}" for at in range(8)])
    assert trained.card.people == tuple(sorted(people))
    assert trained.card.embedder == "fake-32"
    assert main(command) == 1
    assert "called things-we-did already" in capsys.readouterr().err
    figure = tmp_path / "drift.html"
    looking = ["userllm", "person", "Things we did", "user3", "--json"]
    assert main([*looking, "--figure", str(figure)]) == 0
    seen = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert seen["events"] == 12
    assert seen["similar"] == 5
    assert "12 events of this person's own" in seen["evidence"]
    assert seen["shared"] == []  # Each thing that user3 lacks is had by four others.
    assert main([*looking, "--k", "4"]) == 0
    seen = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(seen["shared"]) == {f"thing {number}" for number in (15, 0, 1, 2)}
    assert "Cosine" in figure.read_text(encoding="utf-8")
    assert main(["userllm", "person", "Things we did", "nobody"]) == 1
    assert "no person 'nobody'" in capsys.readouterr().err
    erased = store.erase_person(store.logs.people(log_id)[0].id)
    assert erased.models == ("things-we-did",)
    assert encoder_names(folder) == []
    store.close()


def test_the_next_item_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path))
    monkeypatch.setattr("journeys.embedding.load_embedder", lambda *_: FakeEmbedder(32))
    repeated_log().frame.to_csv(tmp_path / "log.csv", index=False)
    command = ["userllm", "next-item", str(tmp_path / "log.csv"), "--epochs", "1", "--seeds", "0"]
    assert main([*command, "--without", "dual", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out.splitlines()[-1])["rows"]
    routes = [row["route"] for row in rows]
    assert routes[:3] == ["encoder", "encoder, popular now", "popularity"]
    assert "dual encoder" not in routes
    assert main([*command, "--without", "llm"]) == 1
    assert "--without knows encoder, dual" in capsys.readouterr().err
    assert main(["userllm", "pretrain", "no such log"]) == 1
    assert "no stored log called 'no such log'" in capsys.readouterr().err
