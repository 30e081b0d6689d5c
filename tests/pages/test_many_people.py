"""Pages on an installation with many people: nothing whole is read, and lists are short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from journeys.memory import BySize
from journeys.store import Answer, Store
from journeys.store.labels import LabelStore
from journeys.store.logs import LogStore
from journeys.store.memory import MemoryStore
from journeys.store.ratings import RatingStore
from journeys.store.results import ResultStore
from journeys.store.study_results import StudyResultStore
from journeys.study.analysis import Results, analyse
from journeys.study.of_store import read_study
from journeys.study.report import report_rows
from pages.parts import paging, person_choice, study_source, survey_panel
from tests.filled_study import fill_study
from tests.logs import make_log
from tests.pages.filled import discovered

Open = Callable[..., AppTest]

#: What holds everybody, or everything, and may not be called by a page that is opened.
WHOLE: tuple[tuple[type, str, str | None], ...] = (
    (LogStore, "people", None),
    (LogStore, "timelines", None),
    (ResultStore, "people", None),
    (ResultStore, "assignments", "people"),
    (MemoryStore, "people", None),
    (RatingStore, "standing", "person_id"),
    (RatingStore, "of_run", "person_id"),
    (LabelStore, "namings", "most"),
    (StudyResultStore, "participants", None),
)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of two people and tables of two rows, as if there were thousands."""
    for module in ("person_choice", "journey_choice", "years_choice", "embeddings_choice",
                   "stored_logs", "study_people"):  # fmt: skip
        monkeypatch.setattr(f"pages.parts.{module}.LISTED", 2)
    assert person_choice.LISTED == 2
    monkeypatch.setattr(paging, "ROWS", 2)
    monkeypatch.setattr(study_source, "QUICK", 0)
    monkeypatch.setattr(survey_panel, "MOST_EVENTS", 60)
    monkeypatch.setattr(survey_panel, "FEWEST", 5)


def refuse_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading everybody is an error from now on, unless it is bounded by its argument."""
    for owner, name, bound in WHOLE:
        real = getattr(owner, name)

        def bounded(
            self: Any, first: int, *rest: Any, real: Any = real, bound: Any = bound, **named: Any
        ) -> Any:
            given = [*rest, named.get(bound)]
            assert any(each is not None for each in given), f"a page reads all: {real}"
            return real(self, first, *rest, **named)

        monkeypatch.setattr(owner, name, bounded)


def test_no_page_reads_everybody(
    few: None, open_page: Open, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = fill_study(store, people=6)
    held = store.studies.get(study)
    (run_id,) = set(held.runs.values())
    store.memory.append(store.memory.open(held.log_id, BySize(5), run_id))
    _, journey_id = store.results.unnamed(run_id, "x")[0]
    store.ratings.save(run_id, journey_id, Answer(4, "right", "", 3, "a name", "keyphrase"))
    monkeypatch.setattr(study_source.Analyses, "begin", lambda *_: NeverDone())
    refuse_the_whole(monkeypatch)
    app = open_page()
    for name in ("discover", "journeys", "prompts", "compare", "years", "user_embeddings",
                 "ratings", "study", "study_results", "label", "explore", "logs"):  # fmt: skip
        app.switch_page(f"pages/{name}.py").run()
        assert not app.exception, name
        for box in app.selectbox:
            if box.label == "Person":
                assert len(box.options) <= 3, f"{name}: two people and the chosen one"


def rows(results: Results) -> list[list[Any]]:
    """What the page shows of figures."""
    return [list(part.rows) for part in report_rows(results)[0]]


class NeverDone:
    """Figures that are still worked out."""

    def done(self) -> bool:
        return False


def test_somebody_who_is_not_listed_is_found_by_pseudonym(
    few: None, open_page: Open, store: Store
) -> None:
    _, run_id = discovered(store, make_log(users=6))
    people = store.results.people(run_id)
    app = open_page("journeys")
    box = app.selectbox(key="choice-person")
    assert (box.value, len(box.options)) == (people[0].person_id, 2)
    wanted = people[4]
    app.text_input(key="choice-person-find").set_value(wanted.pseudonym[:10]).run()
    assert app.selectbox(key="choice-person").value == wanted.person_id
    app.switch_page("pages/ratings.py").run()
    assert app.selectbox(key="choice-person").value == wanted.person_id, "and stays chosen"
    app.text_input(key="choice-person-find").set_value("nobody").run()
    assert any("Nobody's pseudonym" in caption.value for caption in app.caption)
    assert app.selectbox(key="choice-person").value == wanted.person_id


def test_a_table_shows_each_row_on_one_page(few: None, open_page: Open, store: Store) -> None:
    study = fill_study(store, people=5)
    invited = [each.pseudonym for each in store.invitations.list(study)]
    app = open_page("study")
    shown: list[str] = []
    for page in range(1, 4):
        app.session_state["study-invitations"] = page
        app.run()
        assert not app.exception
        shown += app.dataframe[0].value["person"].tolist()
    assert shown == invited


def test_a_large_study_is_worked_out_in_another_process(
    few: None, open_page: Open, store: Store
) -> None:
    study = fill_study(store, people=6)
    app = open_page("study_results")
    assert any("are being worked out" in info.value for info in app.info)
    _, kept = app.session_state["kept-study-results"]
    results = kept["begun"].result(timeout=300)
    here = analyse(read_study(store, study))
    assert rows(results) == rows(here)
    app.run()
    assert not app.exception
    assert "Identification by condition" in [head.value for head in app.subheader]


def test_the_survey_says_that_it_is_of_a_sample(few: None, open_page: Open, store: Store) -> None:
    discovered(store, make_log(users=8))
    app = open_page("explore", **{"explore-view": ":material/bar_chart: Beside the survey"})
    said = " ".join(caption.value for caption in app.caption)
    assert "drawn at random of 9" in said


def test_labels_say_that_names_are_drawn_of_some_journeys(
    few: None, open_page: Open, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.parts.label_setup._POOL", 4)
    monkeypatch.setattr("pages.parts.label_setup._SAMPLE", 2)
    _, run_id = discovered(store, make_log(users=8))
    app = open_page("label")
    said = " ".join(caption.value for caption in app.caption)
    assert f"drawn from 4 of {store.results.counts(run_id)[0]} journeys" in said
