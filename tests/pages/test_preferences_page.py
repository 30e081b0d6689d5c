"""Preferences: what agents learnt of users, over the real store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from journeys.agents.adapters import Unread
from journeys.agents.replaying import Replayed
from journeys.agents.simulated import marked
from journeys.agents.states import UserState
from journeys.agents.trajectories import Feedback, Trajectory
from journeys.privacy import pseudonyms
from journeys.serving.importing import import_log
from journeys.store import Store
from pages.parts.preferences_import import sentence
from tests.pages.test_journeys_page import words

Open = Callable[..., AppTest]
TABS = "preferences-tabs"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
TASKS = ("fix", "docs", "<b>feat</b> :material/delete: *x*")


def log(people: Sequence[str] = ("ada", "bob"), count: int = 60) -> list[Trajectory]:
    """Each accepts fixes and rejects features; the answers come an hour later."""
    found = []
    for at in range(count):
        task, asked = TASKS[at % 3], NOW - timedelta(days=30) + timedelta(hours=at)
        said = Feedback("reject" if at % 3 == 2 else "accept", asked + timedelta(hours=1))
        found.append(
            Trajectory(
                f"t{at}",
                people[at % len(people)],
                asked,
                f"Please {task} number {at}",
                feedback=(said,),
                context={"task_type": task, "repo": f"r/{at % 2}"},
            )
        )
    return found


@pytest.fixture
def learnt(store: Store) -> Store:
    import_log(store, log(), NOW, refresh_every=0)
    return store


def alias(store: Store, user: str) -> str:
    return pseudonyms(store.keys.pseudonym, [user])[0]


def test_drawing_it_needs_no_server() -> None:
    code = (
        "import sys, pages.parts.preferences_metrics, pages.parts.preferences_trial\n"
        "assert not {'fastapi', 'uvicorn', 'mcp', 'torch', 'sklearn'} & set(sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def test_where_nothing_is_known_it_says_what_to_do(open_page: Open) -> None:
    app = open_page("preferences")
    assert "Bring in a log of an agent here" in words(app)
    assert not app.error
    app.button[0].click().run()
    assert app.warning[0].value == "Choose a file first."


def test_a_log_goes_in_by_the_page(open_page: Open, store: Store, tmp_path: Path) -> None:
    lines = [
        f'{{"messages": [{{"role": "user", "content": "fix number {at}"}}, '
        f'{{"role": "assistant", "content": "done"}}], "user": "ada", "id": "m{at}"}}'
        for at in range(5)
    ]
    app = open_page("preferences")
    content = "\n".join([*lines, "no json"]).encode()
    app.file_uploader[0].set_value(("log.jsonl", content, "application/json"))
    app.button[0].click().run()
    assert not app.exception
    assert not app.warning
    assert not app.error
    (kept,) = (UserState.from_json(kept.text) for _, kept in store.agent_users.all())
    assert [each.title for each in kept.episodes] == [f"fix number {at}" for at in range(5)]


def test_the_report_of_an_import_counts_what_was_left_out() -> None:
    told, unread = Replayed(events=5, feedback=1, duplicates=2), Unread()
    unread.add("no JSON")
    told.refused["Too old."] += 2
    assert sentence(told, unread) == (
        "5 requests and 1 answer to them were taken in; 2 were known already. 3 were left out: "
        "Too old (2), no JSON (1)."
    )


def test_preferences_are_told_and_titles_stay_text(open_page: Open, learnt: Store) -> None:
    app = open_page("preferences")
    assert not app.exception
    assert "Learnt from 30 answers to 30 requests." in words(app)
    app.toggle(key="preferences-table").set_value(True).run()
    table = next(each.value for each in app.markdown if "Certainty" in each.value)
    assert "<b>" not in table
    assert ":material/delete:" not in table
    fix, feat = (next(row for row in table.splitlines() if what in row) for what in ("fix", "feat"))
    assert "+" in fix.split("|")[2]
    assert "-" in feat.split("|")[2]


@pytest.mark.parametrize(
    ("tab", "said"),
    [
        ("How they moved", "after each of 30 answers"),
        ("Try a ranking", "The order is by what is expected"),
        ("Requests", "Expected beforehand: accepted with"),
        ("Metrics", "60 answers of 2 users; 67% accepted."),
    ],
)
def test_every_tab_is_drawn(open_page: Open, learnt: Store, tab: str, said: str) -> None:
    app = open_page("preferences", **{TABS: tab})
    assert not app.exception
    assert said in words(app)


def test_what_was_accepted_is_ranked_first_and_trying_writes_nothing(
    open_page: Open, learnt: Store
) -> None:
    before = {user: kept.text for user, kept in learnt.agent_users.all()}
    app = open_page("preferences", **{TABS: "Try a ranking"})
    ranked = [each.value for each in app.markdown if each.value.startswith("**")]
    assert "feat" in ranked[-1]
    assert before == {user: kept.text for user, kept in learnt.agent_users.all()}


def test_feedback_in_place_is_learnt_from(open_page: Open, learnt: Store) -> None:
    app = open_page("preferences", **{TABS: "Requests"})
    user = app.selectbox(key="preferences-user").value
    before = learnt.agent_users.read(user)
    button = next(b for b in app.button if b.key and b.key.endswith("correction"))
    button.click().run()
    assert not app.exception
    after = learnt.agent_users.read(user)
    assert before is not None
    assert after is not None
    assert UserState.from_json(after.text).rows.events == 31
    assert UserState.from_json(before.text).rows.events == 30


def test_erasing_a_user_leaves_the_others(open_page: Open, learnt: Store) -> None:
    app = open_page("preferences")
    user = app.selectbox(key="preferences-user").value
    app.checkbox(key=f"preferences-False-{user}-sure").check().run()
    app.button(key=f"preferences-False-{user}-erase").click().run()
    assert not app.exception
    assert [name for name, _ in learnt.agent_users.all()] == [
        name for name in sorted(alias(learnt, each) for each in ("ada", "bob")) if name != user
    ]


def test_simulated_users_stand_apart(open_page: Open, learnt: Store) -> None:
    import_log(learnt, marked(log(("robot",), 12)), NOW, refresh_every=0)
    app = open_page("preferences", **{TABS: "Metrics"})
    text = words(app)
    assert "60 answers of 2 users" in text
    assert "12 answers of 1 user" in text
    listed = app.selectbox(key="preferences-user").options
    assert not any(alias(learnt, "robot") in each for each in listed)


def test_weights_are_refreshed_and_taken_back(open_page: Open, learnt: Store) -> None:
    app = open_page("preferences", **{TABS: "Metrics"})
    next(b for b in app.button if b.label == "Refresh now").click().run()
    assert not app.exception
    versions = learnt.agent_models.list()
    assert len(versions) == 2
    assert versions[0].in_use
    assert versions[0].people == 2
    next(b for b in app.button if b.label.startswith("Go back")).click().run()
    assert learnt.agent_models.list()[-1].in_use
