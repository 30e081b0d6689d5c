"""The page Study results: empty, the example, a file, and a study of the store."""

from __future__ import annotations

from journeys.store import Store
from journeys.study.answers import TrialAnswers
from journeys.study.bundle import write_bundle
from journeys.study.simulated_study import Study, simulated_study
from tests.pages.conftest import OpenPage
from tests.study_world import open_study


def test_without_a_study_it_says_what_to_do(open_page: OpenPage) -> None:
    page = open_page("study_results")
    assert "no study yet" in page.info[0].value
    assert not page.error


def test_the_example_is_called_simulated_and_has_figures(open_page: OpenPage) -> None:
    page = open_page("study_results")
    page.segmented_control(key="study-source").set_value("A simulated example").run()
    assert not page.exception
    assert "Nobody gave these answers" in page.warning[0].value
    assert [tab.label for tab in page.tabs] == ["Names", "Levels", "Journeys", "Checks", "Drop-out"]
    assert "Identification by condition" in [head.value for head in page.subheader]


def test_a_file_is_analysed_and_a_wrong_one_is_refused_in_words(open_page: OpenPage) -> None:
    data = write_bundle(simulated_study(Study(participants=8, journeys=3)))
    page = open_page("study_results")
    page.file_uploader(key="study-results-file").upload("s.zip", data, "application/zip").run()
    assert not page.exception
    assert "Identification by condition" in [head.value for head in page.subheader]
    page.file_uploader(key="study-results-file").upload("s.csv", b"a,b\n1,2\n", "text/csv").run()
    assert not page.exception
    assert "lacks the column" in page.error[0].value


def test_a_study_of_the_store_is_the_first_choice(store: Store, open_page: OpenPage) -> None:
    world = open_study(store)
    page = open_page("study_results")
    assert "Nobody has rated" in page.info[0].value
    participant = world.enter()
    answers = TrialAnswers(recalled="some", identification=4, specificity="right")
    store.participation.save_answer(participant, world.shown(participant), answers, 900)
    page.run()
    assert not page.exception
    assert any("1 scored trial" in each.value for each in page.markdown)


def test_power_is_simulated_on_request(open_page: OpenPage) -> None:
    page = open_page("study_results")
    page.number_input[0].set_value(1.0)
    page.button[0].click().run()
    assert not page.exception
    assert any("power of" in each.value for each in page.markdown)
