"""The page Study: from defaults to links, for an owner and an analyst."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from journeys.errors import AccessDenied
from journeys.settings import Settings
from journeys.store import Store
from journeys.study.default_design import default_design
from journeys.study.design_file import design_hash
from journeys.study.roles import RIGHTS, Right, Role, require, researcher_role
from tests.pages.filled import discovered
from tests.study_world import StudyWorld, open_study

Open = Callable[..., AppTest]


def words(app: AppTest) -> str:
    """Everything the page says, without the escapes."""
    parts = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.code]
    return "\n".join(str(part.value) for part in parts).replace("\\", "")


def button(app: AppTest, label: str) -> None:
    (found,) = [b for b in app.button if b.label == label]
    found.click().run()
    assert not app.exception


def test_without_journeys_the_page_says_what_to_do(open_page: Open) -> None:
    app = open_page("study")
    assert "Find journeys in a log first" in words(app)


def test_a_study_of_defaults_is_made_opened_and_invited_to(store: Store, open_page: Open) -> None:
    log_id, run_id = discovered(store)
    app = open_page("study")
    button(app, "Create the study")
    (study,) = store.studies.list(log_id)
    assert (study.state, dict(study.runs)) == ("draft", {"a": run_id})
    assert study.design == replace(
        default_design(), conditions=(replace(default_design().conditions[0]),)
    )
    assert design_hash(study.design) in words(app)
    button(app, "Open the study")
    assert store.studies.get(study.id).state == "open"
    button(app, "Create links")
    invitations = store.invitations.list(study.id)
    assert [i.state for i in invitations] == ["invited", "invited"]
    assert "2 links, shown once" in words(app)
    tokens = [link.token for link in app.session_state["study-links"][1]]
    assert store.invitations.enter(tokens[0]).study_id == study.id
    assert tokens[0] not in words(app)  # two links are only in the file
    app.button(key="study-put-away").click().run()
    assert "shown once" not in words(app)
    assert "study-links" not in app.session_state


def test_revoking_and_renewing(store: Store, open_page: Open) -> None:
    world = open_study(store)
    app = open_page("study")
    app.button(key="study-revoke").click().run()
    assert store.invitations.list(world.study_id)[0].state == "revoked"
    with pytest.raises(AccessDenied):
        store.invitations.enter(world.tokens[0])
    app.button(key="study-renew").click().run()
    assert not app.exception
    (link,) = app.session_state["study-links"][1]
    assert link.token in words(app)
    assert store.invitations.list(world.study_id)[0].state == "invited"


def test_an_edit_after_inviting_is_another_version(store: Store, open_page: Open) -> None:
    world = open_study(store)
    app = open_page("study")
    key = f"study-title-{world.study_id}-1"
    app.text_input(key=key).set_value("Are these <b>yours</b>?")
    button(app, "Save the design")
    first, second = store.studies.versions(world.study_id)
    assert (first.design.title, second.design.title) == (
        "Are these your journeys?",
        "Are these <b>yours</b>?",
    )
    assert store.studies.get(world.study_id).version == 2
    assert "<b>yours" not in "\n".join(str(s.value) for s in app.subheader)


def test_what_cannot_be_is_said_and_not_saved(store: Store, open_page: Open) -> None:
    log_id, _ = discovered(store)
    app = open_page("study")
    app.text_input(key="study-title-new").set_value(" ")
    button(app, "Create the study")
    assert "title is empty" in words(app)
    assert not store.studies.list(log_id)


def test_an_analyst_sees_progress_and_no_people(
    store: Store, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = open_study(store)
    monkeypatch.setenv("JOURNEYS_ROLE", "analyst")
    app = open_page("study")
    assert next(m.value for m in app.metric) == "2"
    seen = words(app) + json.dumps([str(d.value) for d in app.dataframe])
    assert not any(person.pseudonym in seen for person in store.logs.people(world.log_id))
    labels = {b.label for b in app.button}
    assert not labels & {"Create links", "Save the design", "Close the study", "Delete"}


def test_deleting_takes_the_answers_along(store: Store, open_page: Open) -> None:
    world: StudyWorld = open_study(store)
    app = open_page("study")
    app.button(key="study-delete").click().run()
    # A script run draws the dialog only while its button is pressed.
    app.button(key="study-delete").click()
    app.button(key="study-delete-sure").click().run()
    assert not app.exception
    assert not store.studies.list(world.log_id)


def test_roles_have_the_rights_that_they_are_documented_to_have() -> None:
    assert RIGHTS[Role.OWNER] == frozenset(Right)
    for right in (Right.SEE_TITLES, Right.SEE_WORDS, Right.INVITE, Right.DELETE):
        with pytest.raises(AccessDenied, match="As analyst"):
            require(Role.ANALYST, right)
    for right in Right:
        with pytest.raises(AccessDenied):
            require(Role.PARTICIPANT, right)
    assert researcher_role(Settings.from_environment({})) is Role.OWNER
    with pytest.raises(Exception, match="owner or analyst"):
        researcher_role(Settings.from_environment({"JOURNEYS_ROLE": "participant"}))
