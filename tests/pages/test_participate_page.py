"""The participant's page from the link to the end, and what no trick reaches."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from journeys.store import Store
from journeys.study.default_design import default_design
from journeys.study.tokens import NOT_VALID, new_token
from tests.pages.conftest import APP
from tests.study_world import StudyWorld, open_study

PAYLOAD = "<script>alert(1)</script>'; DROP TABLE study_answer; -- **bold** :smile:"


@pytest.fixture
def world(store: Store, woken: list[str]) -> StudyWorld:
    """An open study in the app's database."""
    return open_study(store, replace(default_design(), journeys=3, repeats=0.34, foils_share=0.34))


def arrive(**parameters: str | list[str]) -> AppTest:
    """The app, opened at an address."""
    app = AppTest.from_file(APP, default_timeout=30)
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    """Everything that can be read on the page."""
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "radio")
    kinds += ("checkbox", "button", "text_input", "text_area", "expander", "selectbox")
    return "\n".join(
        str(getattr(element, "value", "")) + " " + str(getattr(element, "label", ""))
        for kind in kinds
        for element in app.get(kind)
    )


def to_the_journeys(app: AppTest) -> AppTest:
    press(app, "I agree and take part")
    app.text_area[0].set_value(f"learning the ukulele\n{PAYLOAD}").run()
    press(app, "Go on")
    press(app, "Yes, this is mine")
    for number in range(len(app.radio)):
        app.radio[number].set_value(4).run()
    return press(app, "Go on")


def answer(app: AppTest, identification: int = 4) -> AppTest:
    """Answer the trial on the screen and go on."""
    app.radio[0].set_value("all").run()
    app.radio[1].set_value(identification).run()
    app.radio[2].set_value("right").run()
    assert not app.exception
    return press(app, "Go on" if any(b.label == "Go on" for b in app.button) else "Next journey")


def test_the_whole_path(world: StudyWorld) -> None:
    app = arrive(invitation=world.tokens[0])
    take, who = world.store.participation, world.enter(consent=False)
    assert take.consent(who) is None
    to_the_journeys(app)
    assert take.stated(who) == ("learning the ukulele", " ".join(PAYLOAD.split()))
    assert set(take.items(who, "before").values()) == {4}
    trials = []
    for number in range(5):
        assert f"Journey {number + 1} of 5" in text(app)
        assert not app.subheader, "the name waits for what is remembered"
        answer(app)
        trials = list(take.answers(who))
        assert len(trials) == number + 1, "each answer is stored before the next is asked"
    assert sorted(record.shown.kind for record in trials) == ["foil", *["journey"] * 3, "repeat"]
    assert all(record.answers.identification == 4 for record in trials)
    for record in trials:
        assert record.recall_ms is not None
        assert record.response_ms is not None
        took = (record.saved_at - record.first_saved_at) / 1000
        assert record.response_ms <= took + 50, "it begins with the name, and not with the items"

    app.text_input[0].set_value(PAYLOAD).run()
    own = next(record for record in trials if record.shown.kind == "journey")
    boxes = [box for box in app.checkbox if own.shown.journey_id in str(box.key)]
    boxes[0].check().run()
    one, two = [record for record in trials if record.shown.kind == "journey"][:2]
    app.selectbox[0].set_value((world.run_id, one.shown.journey_id)).run()
    app.selectbox[1].set_value((world.run_id, two.shown.journey_id)).run()
    press(app, "These are one")
    assert {c.kind for c in take.corrections(who)} == {"items", "merge", "missing"}
    assert "Take back" in text(app)
    press(app, "Go on")
    app.selectbox[0].set_value((world.run_id, one.shown.journey_id)).run()
    app.selectbox[1].set_value((0, "")).run()
    assert take.matches(who) == {0: (world.run_id, one.shown.journey_id), 1: None}
    press(app, "Go on")
    for radio in range(len(app.radio)):
        app.radio[radio].set_value(2).run()
    press(app, "Go on")
    assert set(take.items(who, "after").values()) == {2}
    foil = next(record for record in trials if record.shown.kind == "foil")
    assert foil.shown.name in text(app).replace("\\", "")
    press(app, "Finish")
    assert "Thank you" in text(app)
    assert world.store.invitations.list(world.study_id)[0].state == "done"
    assert world.store.studies.list(), "no table was dropped"


def test_what_is_wrong_with_a_log_is_kept_and_can_be_taken_back(world: StudyWorld) -> None:
    app = arrive(invitation=world.tokens[0])
    press(app, "I agree and take part")
    press(app, "Go on")
    press(app, "It is mine, but something is wrong")
    app.text_area[0].set_value(f"shared account {PAYLOAD}").run()
    take, who = world.store.participation, world.enter()
    assert [c.kind for c in take.corrections(who)] == ["log"]
    other = arrive(invitation=world.tokens[0])
    assert other.text_area[0].value.startswith("shared account")
    other.text_area[0].set_value("").run()
    assert not take.corrections(who)
    other.text_area[0].set_value("half of it is missing").run()
    press(other, "Save this and go on")
    assert "Before we begin" in text(other)
    assert [c.words for c in take.corrections(who)] == ["half of it is missing"]
    (record,) = world.store.study_results.participants(world.study_id)
    assert record.corrections[0].words == "half of it is missing"


def test_another_device_goes_on_where_the_first_stopped(world: StudyWorld) -> None:
    answer(to_the_journeys(arrive(invitation=world.tokens[0])))
    other = arrive(invitation=world.tokens[0])
    assert "Journey 2 of 5" in text(other)
    press(other, "Back")
    assert other.radio[1].value == 4, "what was said is there"
    other.radio[1].set_value(2).run()
    said = world.store.participation.answers(world.enter())
    assert [record.answers.identification for record in said] == [2]
    assert "Journey 2 of 5" in text(press(other, "Next journey"))
    press(other, "Skip this one")
    assert "Journey 3 of 5" in text(arrive(invitation=world.tokens[0]))


def test_nothing_tells_what_a_trial_is_for(world: StudyWorld) -> None:
    app = to_the_journeys(arrive(invitation=world.tokens[0]))
    for _ in range(5):
        app.radio[0].set_value("some").run()
        seen = text(app).lower()
        for secret in ("foil", "repeat", "condition", "level", "keyphrase", "namer", "made up"):
            assert secret not in seen
        press(app, "Skip this one")


@pytest.mark.parametrize("token", ["", "x", "../logs", "a" * 43, "' OR 1=1 --", new_token(), "é"])
def test_a_forged_token_sees_one_sentence(world: StudyWorld, token: str) -> None:
    app = arrive(invitation=token)
    assert [info.value.replace("\\", "") for info in app.info] == [NOT_VALID]
    assert not [*app.button, *app.title, *app.text_input, *app.sidebar.children.values()]


def test_links_that_no_longer_work_see_the_same_sentence(world: StudyWorld) -> None:
    before = arrive(invitation=world.tokens[0])
    world.store.invitations.revoke(world.store.invitations.list(world.study_id)[0].id)
    world.store.invitations.renew(
        world.store.invitations.list(world.study_id)[1].id, expires_days=1
    )
    before.run()
    for app in (before, arrive(invitation=world.tokens[0]), arrive(invitation=world.tokens[1])):
        assert [info.value.replace("\\", "") for info in app.info] == [NOT_VALID]
        assert not app.button


def test_two_tokens_at_once_open_neither(world: StudyWorld) -> None:
    app = arrive(invitation=world.tokens[:2])
    assert not app.button
    assert len(app.info) == 1


def test_a_token_swapped_in_the_middle_shows_and_saves_only_its_own(world: StudyWorld) -> None:
    app = to_the_journeys(arrive(invitation=world.tokens[0]))
    app.radio[0].set_value("all").run()
    app.query_params["invitation"] = world.tokens[1]
    app.run()
    assert "I agree and take part" in text(app), "the second participant is at the beginning"
    second = world.enter(1, consent=False)
    assert world.store.participation.consent(second) is None
    assert not world.store.participation.answers(second)
    assert len(world.store.participation.answers(world.enter(0))) == 1


def test_a_participants_session_has_no_other_page(world: StudyWorld) -> None:
    app = arrive(invitation=world.tokens[0], person_id="2", log_id="1", run_id="1", page="settings")
    for page in ("logs", "journeys", "settings", "ratings"):
        with pytest.raises(ValueError, match="Known pages: ") as known:
            app.switch_page(f"pages/{page}.py")
        # What else has an address there leads to the same page.
        assert re.findall(r"(\w+)\.py'", str(known.value).split("Known")[1]) == ["participate"]
    del app.query_params["invitation"]
    app.run()
    assert [info.value.replace("\\", "") for info in app.info] == [NOT_VALID]


def test_session_values_of_a_researcher_change_nothing(world: StudyWorld) -> None:
    plain = to_the_journeys(arrive(invitation=world.tokens[0]))
    tricked = AppTest.from_file(APP, default_timeout=30)
    tricked.query_params["invitation"] = world.tokens[0]
    tricked.session_state["person_id"] = world.people[1]
    tricked.session_state["run_id"] = world.run_id
    tricked.run()
    assert text(tricked) == text(arrive(invitation=world.tokens[0])) == text(plain.run())


def test_nothing_is_shown_of_a_log_that_is_not_theirs(world: StudyWorld) -> None:
    app = arrive(invitation=world.tokens[0])
    press(app, "I agree and take part")
    press(app, "Go on")
    titles = world.store.logs.timeline(world.people[0]).titles
    press(app, "It is mine, but something is wrong")
    assert not any(title in text(app) for title in titles)
    press(app, "No, this is not me")
    assert "Nothing more is shown" in text(app)
    assert world.store.invitations.list(world.study_id)[0].state == "withdrawn"


def test_a_closed_study_takes_nothing_but_lets_erase(world: StudyWorld) -> None:
    app = to_the_journeys(arrive(invitation=world.tokens[0]))
    world.store.studies.close(world.study_id)
    app.run()
    assert "takes no more answers" in text(app)
    assert "Erase everything" in text(app)


def test_withdrawing_stops_everything_until_they_agree_again(world: StudyWorld) -> None:
    app = answer(to_the_journeys(arrive(invitation=world.tokens[0])))
    press(app, "Withdraw my consent")
    assert "You have withdrawn" in text(app)
    assert not app.radio
    press(app, "Agree again and go on")
    assert "Journey 2 of 5" in text(app)


def test_erasing_takes_a_tick_and_leaves_nothing(world: StudyWorld, home: Path) -> None:
    app = arrive(invitation=world.tokens[0])
    to_the_journeys(app)
    app.radio[0].set_value("all").run()
    words = next(box for box in app.text_input if box.label.startswith("I would say"))
    words.set_value("zanzibar quokka").run()
    assert next(b for b in app.button if b.label == "Erase everything").disabled
    next(box for box in app.checkbox if box.label.startswith("Yes, erase")).check().run()
    press(app, "Erase everything")
    assert "Everything is erased" in text(app)
    assert world.people[0] not in [p.person_id for p in world.store.results.people(world.run_id)]
    assert "study:" not in str(app.session_state)
    for path in home.rglob("*"):
        if path.is_file():
            assert b"zanzibar quokka" not in path.read_bytes(), path
    again = arrive(invitation=world.tokens[0])
    assert [info.value.replace("\\", "") for info in again.info] == [NOT_VALID]


def test_an_adaptive_study_shows_and_keeps_what_it_learned(store: Store, woken: list[str]) -> None:
    design = replace(
        default_design(), schedule="adaptive", journeys=3, repeats=0.0, foils_share=0.0
    )
    world = open_study(store, design)
    app = to_the_journeys(arrive(invitation=world.tokens[0]))
    levels = []
    for number in range(3):
        answer(app)
        levels.append(store.participation.answers(world.enter())[number].shown.level)
    assert set(levels) <= {1, 2, 3, 4, 5}
    press(app, "Go on")
    kept = store.studies.preferred_level(world.people[0])
    assert kept is not None
    assert kept.answers == 3
    assert 1 <= kept.level <= 5


def test_the_copy_is_blind_until_the_debriefing(world: StudyWorld) -> None:
    from journeys.study.own_copy import copy_csv, copy_html, copy_json

    answer(to_the_journeys(arrive(invitation=world.tokens[0])))
    take, who = world.store.participation, world.enter()
    early = copy_json(take.copy(who), debriefed=False)
    assert b"condition" not in early
    assert b'"kind"' not in early
    assert (
        "condition" in json.loads(copy_json(take.copy(who), debriefed=True))["answers"][0]["shown"]
    )
    shown = replace(take.answers(who)[0].shown, trial=4)
    record = replace(
        take.answers(who)[0],
        shown=shown,
        answers=replace(take.answers(who)[0].answers, own_words="=1+1 <b>x</b>"),
    )
    assert b"'=1+1" in copy_csv([record])
    page = copy_html(
        who.design, stated=[PAYLOAD], records=[record], corrections=[], before={}, after={}
    )
    assert b"<script>" not in page
    assert b"<b>" not in page


def test_a_server_for_participants_has_no_other_page(
    world: StudyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEYS_PARTICIPANTS_ONLY", "1")
    assert [info.value.replace("\\", "") for info in arrive().info] == [NOT_VALID]
    assert "I agree and take part" in text(arrive(invitation=world.tokens[0]))
