"""User embeddings: training as a job, cards, drift, similar people, asking, the comparison.

The encoder is a real one, trained in a moment; the language model is real code with few weights.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from journeys.embedding.fake import FakeEmbedder
from journeys.models.encoders import encoder_names, encoders_folder
from journeys.settings import Settings
from journeys.store import EncoderJob, Store
from journeys.timeline import ActivityLog
from journeys.userllm.results import keep_result, newest_result, results_folder
from tests.logs import make_log
from tests.pages.test_journeys_page import words
from tests.userllm.stored_world import (
    PEOPLE,
    discovered_log,
    needs_packages,
    taught,
    tiny_base,
    trained,
)

Open = Callable[..., AppTest]
TABS = "embeddings-tabs"


@pytest.fixture(autouse=True)
def fake_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeys.embedding.load_embedder", lambda *_: FakeEmbedder())


@pytest.fixture
def log(store: Store) -> int:
    """Not discovered: the encoder needs no journeys."""
    return store.logs.add(make_log(users=PEOPLE, per_topic=6), "A made-up log")


def folder() -> Path:
    return encoders_folder(Settings.from_environment().models_dir)


def test_importing_the_page_loads_no_torch() -> None:
    code = (
        "import sys, json\nimport pages.parts.embeddings_asking, pages.parts.embeddings_person, "
        "pages.parts.embeddings_encoders, pages.parts.embeddings_comparison\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert not loaded & {"torch", "transformers", "sklearn", "scipy"}


def test_without_a_log_the_page_leads_to_logs(open_page: Open) -> None:
    assert "There is no log yet" in words(open_page("user_embeddings"))


def test_without_an_encoder_each_tab_says_what_to_do(open_page: Open, log: int) -> None:
    app = open_page("user_embeddings")
    shown = words(app)
    assert "No encoder is trained yet" in shown
    assert "userllm pretrain 'A made-up log'" in "\n".join(each.value for each in app.code)
    for tab in ("Drift", "Similar people", "Ask"):
        app = open_page("user_embeddings", **{TABS: tab})
        assert "Train one in the tab Encoders" in words(app)
    app = open_page("user_embeddings", **{TABS: "Comparison"})
    assert "Nothing was compared" in words(app)
    assert "userllm evaluate" in app.code[0].value


def test_training_is_a_job_with_progress_that_can_be_stopped(
    open_page: Open, store: Store, log: int, woken: list[str]
) -> None:
    app = open_page("user_embeddings")
    assert app.text_input(key=f"embeddings-name-{log}").value == "a-made-up-log"
    app.text_input(key=f"embeddings-name-{log}").set_value("Not a name!")
    next(each for each in app.button if each.label == "Train").click().run()
    assert "40 at most" in "\n".join(each.value for each in app.error)
    assert store.encoder_jobs.newest(log) is None
    app.text_input(key=f"embeddings-name-{log}").set_value("ours")
    app.number_input(key=f"embeddings-epochs-{log}").set_value(3)
    next(each for each in app.button if each.label == "Train").click().run()
    job = store.encoder_jobs.newest(log)
    assert job is not None
    assert EncoderJob.of(job) == EncoderJob("ours", epochs=3)
    assert woken == ["woken"]
    store.runs.claim(job.id, "worker")
    store.workers.sign_on("worker", 1, "here")
    store.runs.enter_stage(job.id, "worker", "train", 1, 3)
    app.run()
    assert app.progress[0].text == "Training the encoder: 1 of 3 epochs"
    app.button(key="embeddings-cancel").click().run()
    assert store.runs.get(job.id).cancel_requested
    store.runs.finish(job.id, "worker", "cancelled", "Stopped.")
    app.run()
    assert "The training was stopped. What was trained is kept." in "\n".join(
        each.value for each in app.warning
    )
    app.button(key="embeddings-resume").click().run()
    assert store.runs.get(job.id).status == "queued"


def test_a_trained_encoder_shows_its_card_and_goes_after_a_question(
    open_page: Open, store: Store, log: int
) -> None:
    trained(store, log)
    app = open_page("user_embeddings")
    shown = words(app)
    assert ":green-badge[:material/check: trained]" in shown
    assert "NDCG@10" in shown
    assert "| Hash of the data |" in shown
    assert not any(person.pseudonym in shown for person in store.logs.people(log))
    app.button(key="embeddings-delete-ours").click().run()
    assert encoder_names(folder()) == ["ours"], "the dialog asks first"
    # A script run draws the dialog only while its button is pressed.
    app.button(key="embeddings-delete-ours").click()
    app.button(key="embeddings-delete-yes").click().run()
    assert not app.exception
    assert encoder_names(folder()) == []


def test_drift_shows_months_with_the_events_they_rest_on(
    open_page: Open, store: Store, log: int
) -> None:
    frame = make_log(users=PEOPLE, per_topic=6).frame
    frame["timestamp"] = [at.replace(month=1 + at.month % 3, day=3) for at in frame["timestamp"]]
    dense = store.logs.add(ActivityLog(frame.sort_values("timestamp")), "Three months")
    trained(store, dense)
    app = open_page("user_embeddings", **{TABS: "Drift", "log_id": dense})
    assert "months with 5 events or more" in words(app)
    assert len(app.get("plotly_chart")) == 2
    app.toggle(key="embeddings-table").set_value(True).run()
    assert "| Month (UTC) | Events |" in words(app)
    # The other log is spread over so many months that none has enough.
    app = open_page("user_embeddings", **{TABS: "Drift", "log_id": log})
    assert not app.exception
    assert "Two months with 5 events or more are needed" in words(app)


def test_similar_people_are_never_fewer_than_the_threshold(
    open_page: Open, store: Store, log: int
) -> None:
    trained(store, log)
    app = open_page("user_embeddings", **{TABS: "Similar people"})
    shown = words(app)
    assert "5 or more people of this log are most like this person" in shown
    assert "events of this person" in shown
    app.number_input(key="embeddings-k").set_value(30).run()
    shown = words(app)
    assert "Fewer than 30 other people are in this log, so nothing is shown" in shown
    assert "most like this person" not in shown


def test_words_of_similar_peoples_journeys_are_shown_from_the_threshold_on(
    open_page: Open, store: Store
) -> None:
    log = discovered_log(store)
    trained(store, log)
    app = open_page("user_embeddings", **{TABS: "Similar people", "log_id": log})
    said = [each.value for each in app.markdown if "Words in the names" in each.value]
    # Everybody grows lettuce; what four people pursue is not told.
    assert "balcony" in said[0]
    assert "5 or more people" in said[0]
    assert "ukulele" not in said[0].lower()
    assert "sourdough" not in said[0].lower()


def test_of_a_thin_history_it_is_said_who_stands_in(open_page: Open, store: Store) -> None:
    rich = store.logs.add(make_log(users=PEOPLE, per_topic=8), "Longer histories")
    trained(store, rich)
    (thin,) = [each for each in store.logs.people(rich) if each.n_events == 3]
    app = open_page(
        "user_embeddings", **{TABS: "Similar people", "log_id": rich, "person_id": thin.id}
    )
    shown = words(app)
    assert "3 events of this person" in shown
    assert "23" in shown  # 3 / (3 + 10) of the picture.
    assert "5 or more people with similar histories" in shown


def test_without_the_packages_asking_says_how_to_get_them(
    open_page: Open, store: Store, log: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(store, log)
    monkeypatch.setattr("pages.parts.embeddings_asking.missing_packages", lambda: ("peft",))
    app = open_page("user_embeddings", **{TABS: "Ask"})
    assert "packages that are not installed (peft)" in words(app)
    assert app.code[0].value == "pip install -r requirements-userllm.txt"


@needs_packages
def test_a_model_that_is_not_here_is_fetched_only_on_request(
    open_page: Open, store: Store, log: int
) -> None:
    trained(store, log)
    app = open_page("user_embeddings", **{TABS: "Ask"})
    assert "The model is not here yet" in words(app)
    assert "embeddings-fetch" in [each.key for each in app.button]


@needs_packages
def test_asking_shows_both_answers_with_their_cost_and_as_plain_text(
    open_page: Open, store: Store, tmp_path: Path
) -> None:
    log = discovered_log(store)
    trained(store, log)
    taught(store, log, tiny_base(tmp_path / "tiny"))
    app = open_page("user_embeddings", **{TABS: "Ask", "log_id": log})
    assert "never for a fact about a person" in "\n".join(each.value for each in app.warning)
    assert not app.text
    app.text_input(key="embeddings-question").set_value("What **next**?")
    next(each for each in app.button if each.label == "Ask").click().run(timeout=60)
    assert not app.exception
    shown = words(app)
    assert "Told as text" in shown
    assert "Told as an embedding" in shown
    assert "What \\*\\*next\\*\\*\\?" in "\n".join(each.value for each in app.markdown)
    assert len(app.text) == 2, "answers are text and no markdown"
    costs = [each.value for each in app.caption if "read," in each.value]
    assert len(costs) == 2
    assert all("seconds" in each for each in costs)
    assert "times fewer tokens" in shown


def test_the_newest_comparison_is_shown(open_page: Open, store: Store, log: int) -> None:
    rows = [
        {
            "route": route, "history": 50, "task": task, "score": 0.5, "low": 0.4, "high": 0.6,
            "tokens": tokens, "seconds": 0.1, "people": 40,
        }
        for route, tokens in (("text prompt", 900.0), ("soft prompt", 30.0))
        for task in ("next_item", "favourite_category")
    ]  # fmt: skip
    kept = results_folder(Settings.from_environment().home)
    assert newest_result(kept) is None
    assert keep_result(kept, [], {}) is None
    keep_result(kept, rows[:1], {"base": "older"})
    keep_result(kept, rows, {"base": "smollm2-135m", "people": 40})
    (kept / "evaluated-99990101.json").write_text("{")
    app = open_page("user_embeddings", **{TABS: "Comparison"})
    shown = words(app)
    assert "asked about 40 people" in shown
    assert "base smollm2" in shown.replace("\\", "")
    assert len(app.get("plotly_chart")) == 1
    assert shown.count("| soft prompt |") == 2
