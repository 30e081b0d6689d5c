"""Years: events enter, parts are shown, telling runs in the background, memories go."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from journeys.discovery.progress import Progress
from journeys.errors import Cancelled
from journeys.jobs.memories import carry_out
from journeys.memory import BySize, Summary, Teller
from journeys.store import Store, TellingJob
from journeys.store.runs import ACTIVE
from tests.memory.worlds import ReadingChat, phases
from tests.pages.filled import discovered
from tests.pages.test_journeys_page import words

CHANGED = {"years-tabs": "What changed"}

Open = Callable[..., AppTest]


class Noting:
    """Progress that a test reads, and that asks to stop after so many partitions."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.total, self.done, self._stop_after = 0, 0, stop_after

    def stage(self, name: str, done: int, total: int) -> None:
        self.done, self.total = done, total

    def update(self, done: int) -> None:
        self.done = done

    def should_stop(self) -> bool:
        return self._stop_after is not None and self.done >= self._stop_after


def remembered(store: Store) -> tuple[int, int]:
    """A discovered log of one person in three parts; ids of memory and person."""
    log, run = discovered(store, phases(), min_user_events=5)
    memory = store.memory.open(log, BySize(10), run)
    store.memory.append(memory)
    (person,) = store.memory.people(memory)
    return memory, person.person_id


def told_of(
    store: Store, memory: int, person: int, chat: ReadingChat | None = None,
    *, up_to: int = 3, anew: bool = False, progress: Progress | None = None,
) -> None:  # fmt: skip
    job = TellingJob(memory, person, "local", up_to, anew=anew)
    teller = Teller(chat or ReadingChat(), store.completions, store.keys.prompt)
    assert carry_out(store, job, teller, progress or Noting()) == ""


def test_without_a_log_the_page_leads_to_logs(open_page: Open) -> None:
    app = open_page("years")
    assert "There is no log yet" in words(app)


def test_events_enter_by_one_click(open_page: Open, store: Store) -> None:
    log, _ = discovered(store, phases(), min_user_events=5)
    app = open_page("years")
    assert "30 events of 1 person" in words(app)
    app.number_input(key=f"years-size-{log}").set_value(10).run()
    app.button(key="years-enter").click().run()
    assert not app.exception
    (memory,) = store.memory.of_log(log)
    assert (memory.events, memory.partitions, memory.policy) == (30, 3, BySize(10))
    assert {m.label: m.value for m in app.metric}["Told of"] == "0 of 3"
    assert "years-enter" not in [button.key for button in app.button]


def test_without_a_model_the_counts_are_shown_and_marked(open_page: Open, store: Store) -> None:
    remembered(store)
    app = open_page("years", **CHANGED)
    shown = words(app)
    assert "Part 3 ·" in shown
    assert ":gray-badge[counts]" in shown
    assert ":violet-badge[model]" not in shown.partition("Part 3")[2]
    costs = words(open_page("years", **{"years-tabs": "Cost"}))
    assert "No model was asked about this person yet" in costs
    assert not app.get("plotly_chart"), "only the open tab is worked out"
    app = open_page("years")
    assert len(app.get("plotly_chart")) == 2
    app.toggle(key="years-table").set_value(True).run()
    assert "| From | To |" in words(app)


def test_what_was_told_is_shown_with_its_evidence(open_page: Open, store: Store) -> None:
    memory, person = remembered(store)
    told_of(store, memory, person)
    app = open_page("years", **CHANGED)
    shown = words(app)
    assert {m.label: m.value for m in app.metric}["Told of"] == "3 of 3"
    assert "**Busy with " in shown
    assert ":green-badge[model and counts]" in shown.partition("Part 3")[2]
    boxes = [box for box in app.expander if ":gray[0% →" in box.label or "→ 0%" in box.label]
    assert boxes
    shown = words(open_page("years", **{"years-tabs": "Cost"}))
    assert "| Once a part | 5 |" in shown
    assert "| All again at each new part | 9 |" in shown
    assert "current" in words(open_page("years", **{"years-tabs": "Interests"}))


def test_titles_are_shown_literally(open_page: Open, store: Store) -> None:
    log = phases()
    log.frame.loc[:, "title"] = "**bold** :red[x] <script>" + log.frame["title"]
    log_id, run = discovered(store, log, min_user_events=5)
    memory = store.memory.open(log_id, BySize(10), run)
    store.memory.append(memory)
    (person,) = store.memory.people(memory)
    told_of(store, memory, person.person_id)
    folded = f"years-change-{memory}-{person.person_id}"
    app = open_page(
        "years", **CHANGED, **{f"{folded}-{part}-{at}": True for part in (1, 2, 3) for at in (0, 1)}
    )
    assert not app.exception
    raw = "\n".join(m.value for m in app.markdown)
    assert "**bold** :red[x]" not in raw
    assert "\\*\\*bold\\*\\*" in raw


def test_telling_is_a_job_that_can_be_stopped_and_gone_on_with(
    open_page: Open, store: Store, woken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, person = remembered(store)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "some-model")
    app = open_page("years", **{"years-tell": True})
    assert "At most 5 calls" in words(app)
    app.number_input(key=f"years-most-{memory}-{person}").set_value(2).run()
    assert "At most 3 calls" in words(app)
    app.button(key="years-tell-start").click().run()
    job = store.memory_jobs.newest(memory, person)
    assert job is not None
    assert job.status in ACTIVE
    assert TellingJob.of(job) == TellingJob(memory, person, "openai", 2)
    assert woken == ["woken"]
    store.runs.claim(job.id, "worker")
    store.workers.sign_on("worker", 1, "here")
    store.runs.enter_stage(job.id, "worker", "tell", 1, 2)
    app.run()
    assert app.progress[0].text == "Telling: 1 of 2 parts"
    app.button(key="years-cancel").click().run()
    assert store.runs.get(job.id).cancel_requested
    store.runs.finish(job.id, "worker", "cancelled")
    app.run()
    assert "Telling was stopped. What was told is kept." in words(app)
    app.button(key="years-resume").click().run()
    assert store.runs.get(job.id).active
    app.switch_page("pages/discover.py").run()
    assert f"Run {job.id}" not in words(app), "a job is no discovery"


def test_a_stopped_job_goes_on_and_asks_nothing_twice(store: Store) -> None:
    memory, person = remembered(store)
    chat = ReadingChat()
    with pytest.raises(Cancelled):
        told_of(store, memory, person, chat, progress=Noting(stop_after=1))
    assert len(chat.calls) == 1, "the first part has nothing before it"
    progress = Noting()
    told_of(store, memory, person, chat, progress=progress)
    assert (progress.done, progress.total) == (2, 2)
    assert len(chat.calls) == 5
    assert store.memory.cost(memory, person).calls == 5


def test_telling_anew_adds_a_version(open_page: Open, store: Store) -> None:
    memory, person = remembered(store)
    told_of(store, memory, person)
    other = ReadingChat()
    other.id = "other"  # type: ignore[misc]
    told_of(store, memory, person, other, up_to=2, anew=True)
    versions = [
        (note.number, note.version)
        for note in store.memory.notes(memory, person)
        if isinstance(note.note, Summary)
    ]
    assert versions == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1)]
    told_of(store, memory, person, other, up_to=2, anew=True)
    assert len(store.memory.notes(memory, person)) == 10, "the same teller tells once"
    assert "Earlier versions (1)" in words(open_page("years", **CHANGED))


def test_a_memory_is_deleted_only_when_confirmed(open_page: Open, store: Store) -> None:
    memory, person = remembered(store)
    job = store.memory_jobs.create(TellingJob(memory, person, "local", 3))
    app = open_page("years", **{"years-tabs": "Export and delete"})
    app.button(key="years-delete").click().run()
    assert store.memory.get(memory).partitions == 3
    # A script run draws the dialog only while its button is pressed.
    app.button(key="years-delete").click()
    app.button(key="years-delete-yes").click().run()
    assert not app.exception
    log = store.logs.list()[0]
    assert list(store.memory.of_log(log.id)) == []
    assert log.n_events == 30
    assert job not in [run.id for run in store.runs.list(every_kind=True)]
    assert "years-enter" in [button.key for button in app.button]


def test_erasing_a_person_ends_the_jobs_about_them(store: Store) -> None:
    memory, person = remembered(store)
    store.memory_jobs.create(TellingJob(memory, person, "local", 3))
    store.erase_person(person)
    assert [run for run in store.runs.list(every_kind=True) if run.kind == "memory"] == []


def test_another_way_to_cut_is_kept_beside(open_page: Open, store: Store) -> None:
    memory, _ = remembered(store)
    log = store.memory.get(memory).log_id
    app = open_page("years")
    app.radio(key=f"years-way-{log}").set_value("gap").run()
    assert not app.exception
    app.button(key="years-enter").click().run()
    assert {m.policy.kind for m in store.memory.of_log(log)} == {"size", "gap"}
