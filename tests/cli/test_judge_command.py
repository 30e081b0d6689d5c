"""``evaluate judge`` on the command line, against a real server that speaks the protocol."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from journeys.cli import main
from journeys.evaluation.label_files import read_labels
from journeys.settings import Settings
from journeys.store import Label, Store, open_store
from journeys.timeline import ActivityLog
from tests.logs import make_log
from tests.pages.filled import discovered


class Server(ThreadingHTTPServer):
    """Answers every name with a fit by its length, and keeps what it was asked."""

    asked: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        question = body["messages"][-1]["content"]
        self.server.asked.append(question)
        fit = 2 + len(question.partition("Name: ")[2]) % 4
        answer = {"reason": "They say so.", "fit": fit, "specificity": "right"}
        reply = {
            "id": "1", "object": "chat.completion", "created": 0, "model": body["model"],
            "choices": [{"index": 0, "finish_reason": "stop",
                         "message": {"role": "assistant", "content": json.dumps(answer)}}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18},
        }  # fmt: skip
        content = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    opened = Server(("127.0.0.1", 0), Handler)
    opened.asked = []
    thread = threading.Thread(target=opened.serve_forever)
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{opened.server_address[1]}/v1")
    monkeypatch.setenv("OPENAI_MODEL", "tiny")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    yield opened
    opened.shutdown()
    thread.join()
    opened.server_close()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", "")
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    opened = open_store(Settings.from_environment())
    yield opened
    opened.close()


def label_everything(store: Store, log: ActivityLog, *, names: int) -> int:
    """A discovered run, so many of whose names were labelled by one person."""
    _, run_id = discovered(store, log)
    given = 0
    for level in range(1, 6):
        for naming in store.labels.namings(run_id):
            if given < names:
                name = naming.names.at(level)
                label = Label(naming.journey_id, level, name, ("keyphrase",), "person:ab",
                              2 + given % 4, "right")  # fmt: skip
                store.labels.save(run_id, label)
                given += 1
    assert given == names
    return run_id


def judge(*arguments: str) -> int:
    return main(["evaluate", "judge", *arguments])


def test_scores_are_printed_beside_the_agreement(
    store: Store, server: Server, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run_id = label_everything(store, make_log(users=4), names=35)
    out = tmp_path / "labels.csv"
    assert judge("--namer", "openai", "--json", "--write-labels", str(out)) == 0
    printed = capsys.readouterr()
    assert "will be sent to 127.0.0.1 (model tiny)" in printed.err
    assert "35 requests" in printed.err
    assert "Its agreement with 35 human labels" in printed.out
    found = json.loads(printed.out.splitlines()[-1])
    assert found["run"] == run_id
    (own,) = found["judges"].values()
    assert own["human_labels"] == 35
    assert own["refused"] == ""
    assert own["scores"]["keyphrase"]
    assert own["agreement"]["fit"]["bias"]["mean"] is not None
    assert len(read_labels(out)) == 70
    kept = [r for r in store.labels.of_run(run_id) if r.label.rater.startswith("judge:tiny@")]
    assert len(kept) == 35

    # Asked again, nothing is paid for twice; and without a judge its earlier word is shown.
    assert judge("--namer", "openai") == 0
    assert "0 requests" in capsys.readouterr().err
    assert len(server.asked) == 35
    assert judge("--run", str(run_id)) == 0
    assert "Its agreement with 35 human labels" in capsys.readouterr().out


def test_with_few_labels_the_scores_are_refused(
    store: Store, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    label_everything(store, make_log(users=2), names=8)
    assert judge("--namer", "openai", "--repeat") == 0
    printed = capsys.readouterr().out
    assert "The judge's scores are not shown: 8 human labels" in printed
    assert "with itself | fit | 1.00" in printed, "this server does not mind the titles' order"
    assert len(server.asked) == 16
    assert judge("--agreement-only") == 0
    printed = capsys.readouterr().out
    assert "not shown" not in printed
    assert "with people | fit" in printed


def test_a_file_of_labels_is_enough_for_agreement(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "labels.csv"
    rows = [f"u{at},g{at},3,name {at},local,{who},{2 + at % 4},right"
            for at in range(10) for who in ("ann", "bob", "judge:m@p")]  # fmt: skip
    path.write_text("user_id,group,level,name,namer,rater,fit,specificity\n" + "\n".join(rows))
    assert judge("--labels", str(path)) == 0
    printed = capsys.readouterr().out
    assert "| people with each other | fit | 1.00 (1.00 to 1.00)" in printed
    assert "The judge's scores are not shown: 20 human labels" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--namer", "openai"], "No person has labelled names yet"),
        ([], "No person has labelled names yet"),
        (["--repeat"], "--repeat needs a judge"),
        (["--run", "99"], "run"),
        (["--labels", "nowhere.csv"], "There is no file nowhere.csv"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    store: Store,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert judge(*arguments) == 1
    assert message in capsys.readouterr().err


def test_names_of_another_run_are_left_out_and_told(
    store: Store, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = label_everything(store, make_log(users=2), names=3)
    path = tmp_path / "labels.csv"
    path.write_text(
        "user_id,journey,level,name,namer,rater,fit,specificity\nx,jx,3,n,local,ann,4,right\n"
    )
    assert judge("--run", str(run_id), "--labels", str(path), "--namer", "openai") == 0
    assert "1 of 4 labelled names are of journeys" in capsys.readouterr().err
    assert len(server.asked) == 3
