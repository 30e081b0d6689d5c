"""Ratings: saved at once, about the name that was shown, changed and taken back at will."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from journeys.journey import Journey
from journeys.store import Answer, Store
from tests.pages.filled import discovered
from tests.pages.test_journeys_page import strongest, words

Open = Callable[..., AppTest]


@pytest.fixture
def journey(store: Store) -> Journey:
    """The strongest journey of the first person."""
    _, run_id = discovered(store)
    return strongest(store, run_id)[1][0]


def stored(store: Store) -> list[Answer]:
    run = store.runs.list()[0]
    return [record.answer for record in store.ratings.of_run(run.id)]


def close(app: AppTest, at: int = 0) -> AppTest:
    """Choose "very closely" for a journey."""
    app.radio[2 * at].set_value(4).run()
    assert not app.exception
    return app


def test_an_answer_is_saved_the_moment_it_is_given(
    open_page: Open, store: Store, journey: Journey
) -> None:
    app = close(open_page("ratings"))
    assert stored(store) == [Answer(4, None, "", 3, journey.name(3), "keyphrase")]
    app.radio[1].set_value("broad").run()
    app.text_input[0].set_value("  playing songs ").run()
    assert stored(store) == [Answer(4, "broad", "playing songs", 3, journey.name(3), "keyphrase")]
    app.radio[0].set_value(1).run()
    assert stored(store)[0].identification == 1


def test_answers_are_there_after_a_reload(open_page: Open, journey: Journey) -> None:
    app = close(open_page("ratings"))
    app.text_input[0].set_value("playing songs").run()
    again = open_page("ratings")
    assert again.radio[0].value == 4
    assert again.radio[1].value is None
    assert again.text_input[0].value == "playing songs"


def test_progress_counts_the_rated(open_page: Open, store: Store, journey: Journey) -> None:
    run = store.runs.list()[0]
    total = len(strongest(store, run.id)[1])
    app = open_page("ratings")
    assert app.progress[0].text.startswith(f"0 of {total} rated")
    app.radio[1].set_value("right").run()
    assert app.progress[0].text.startswith(f"0 of {total} rated")
    assert close(app).progress[0].text.startswith(f"1 of {total} rated")


def test_clearing_takes_an_answer_back_and_can_be_undone(
    open_page: Open, store: Store, journey: Journey
) -> None:
    app = close(open_page("ratings"))
    app.text_input[0].set_value("playing songs").run()
    before = stored(store)
    app.button(key=f"clear-{journey.id}").click().run()
    assert stored(store) == []
    assert app.radio[0].value is None
    assert app.text_input[0].value == ""
    app.button(key=f"unclear-{journey.id}").click().run()
    assert stored(store) == before
    assert app.radio[0].value == 4


def test_an_answer_belongs_to_the_name_that_was_shown(
    open_page: Open, store: Store, journey: Journey
) -> None:
    app = close(open_page("ratings"))
    app.text_input[0].set_value("playing songs").run()
    app.select_slider[0].set_value(5).run()
    assert app.radio[0].value is None
    assert f"“{journey.name(3)}” (level 3 · told to a friend): very closely" in words(app)
    assert stored(store)[0].level == 3
    app.radio[1].set_value("specific").run()
    # The earlier identification was about the other name; own words are about the journey.
    assert stored(store) == [
        Answer(None, "specific", "playing songs", 5, journey.name(5), "keyphrase")
    ]


def test_the_summary_has_its_n_and_interval(
    open_page: Open, store: Store, journey: Journey
) -> None:
    app = open_page("ratings")
    assert "Nobody has answered yet." in words(app)
    assert app.metric[0].value == "–"
    close(app)
    assert app.metric[0].value == "100%"
    assert "1 of 1; 95% interval 21% to 100%" in words(app)
    assert app.dataframe[0].value["n"].tolist() == [1]


def test_the_files_can_be_downloaded_once_there_is_a_rating(
    open_page: Open, journey: Journey
) -> None:
    app = open_page("ratings")
    buttons = {button.label: button for button in app.download_button}
    assert buttons["CSV only"].disabled
    assert not buttons["Codebook"].disabled
    close(app)
    assert not any(button.disabled for button in app.download_button)
    assert "1 rating of all discoveries" in words(app)


def test_who_has_no_journeys_cannot_be_rated(open_page: Open, store: Store) -> None:
    log_id, run_id = discovered(store)
    nobody = next(p for p in store.results.people(run_id) if not p.n_journeys)
    app = open_page("ratings", log_id=log_id, person_id=nobody.person_id)
    assert "no journeys to rate" in words(app)
    assert not app.radio
