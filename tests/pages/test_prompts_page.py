"""Prompts: a copy is edited, checked, tried on one journey, saved and used."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from journeys.discovery import DiscoveryConfig
from journeys.naming.prompts import PromptSet
from journeys.naming.prompts.worked import read_examples
from journeys.store import Store
from tests.endpoints import NamingServer, naming_server
from tests.logs import make_log
from tests.pages.filled import discovered

Open = Callable[..., AppTest]

SHIPPED = PromptSet.shipped()
MINE = replace(
    SHIPPED, name="Mine", files={**SHIPPED.files, "user.j2": "Seen:\n" + SHIPPED.files["user.j2"]}
)


@pytest.fixture
def server(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[NamingServer]:
    """An endpoint on this machine that the app is connected to."""
    with naming_server() as opened:
        monkeypatch.setenv("OPENAI_BASE_URL", opened.url)
        monkeypatch.setenv("OPENAI_MODEL", "m")
        yield opened


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.success]
    labels = [box.label for box in app.expander]
    codes = [code.value for code in app.code]
    shown = "\n".join([*(p.value for p in parts), *labels])
    return "\n".join([shown.replace("\\", "").replace("\u2060", ""), *codes])


def field(file: str, base: PromptSet = SHIPPED) -> str:
    return f"prompt-{file}-{base.id}"


def click(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def test_the_shipped_set_is_read_only_and_needs_no_log(open_page: Open, store: Store) -> None:
    app = open_page("prompts")
    shown = words(app)
    assert SHIPPED.files["system.j2"] in shown
    assert "cannot be changed; a copy can" in shown
    assert "erasing a person does not look into them" in shown
    assert "There is no log yet" in shown
    assert not app.text_area
    assert {"prompt-edit", "prompt-use"} <= {button.key for button in app.button}


def test_an_error_is_told_beside_its_file_and_keeps_the_draft_from_use(
    open_page: Open, store: Store
) -> None:
    discovered(store)
    app = click(open_page("prompts"), "prompt-edit")
    assert "Nothing is changed yet" in words(app)
    assert app.button(key="prompt-save").disabled
    app.text_area(key=field("user.j2")).set_value("Titles:\n{{ colours }}").run()
    assert not app.exception
    shown = words(app)
    assert "**Line 2**: “{{ colours }}”. There is no value “colours”" in shown
    assert "1 error keeps this draft from being used; see The journey" in shown
    assert "Mend the errors above" in shown
    assert app.button(key="prompt-save").disabled
    click(app, "prompt-discard")
    assert not app.text_area
    click(app, "prompt-edit")
    assert app.text_area(key=field("user.j2")).value == SHIPPED.files["user.j2"]


def test_a_draft_is_saved_as_a_version_that_is_then_shown_with_its_changes(
    open_page: Open, store: Store
) -> None:
    app = click(open_page("prompts"), "prompt-edit")
    rules = SHIPPED.files["system.j2"] + "Be brief.\n"
    app.text_area(key=field("system.j2")).set_value(rules).run()
    assert "+Be brief." in words(app)
    app.text_input(key=f"prompt-name-{SHIPPED.id}").set_value("Brief")
    click(app, "prompt-save")
    (record,) = store.prompts.list()
    assert (record.prompts.name, record.based_on) == ("Brief", SHIPPED.id)
    assert record.prompts.files == {**SHIPPED.files, "system.j2": rules}
    assert app.selectbox(key="prompt-set").value == record.id
    assert "+Be brief." in words(app)
    assert not app.text_area


def test_a_name_that_is_none_is_refused_with_a_sentence(open_page: Open, store: Store) -> None:
    app = click(open_page("prompts"), "prompt-edit")
    app.text_area(key=field("retry.j2")).set_value("Again.").run()
    app.text_input(key=f"prompt-name-{SHIPPED.id}").set_value("a/b")
    click(app, "prompt-save")
    assert "A prompt set's name begins with" in words(app)
    assert store.prompts.list() == []
    assert app.text_area(key=field("retry.j2")).value == "Again."


def test_worked_examples_are_edited_in_fields(open_page: Open, store: Store) -> None:
    app = click(open_page("prompts"), "prompt-edit")
    app.text_area(key=f"example-titles-0-{SHIPPED.id}").set_value(
        "Old planks\n\n  More   planks \nVarnish for a dinghy"
    )
    app.text_input(key=f"example-name2-0-{SHIPPED.id}").set_value("planks, varnish, boats").run()
    assert "Example 1: the name at level 2 (interest) is a list" in words(app)
    app.text_input(key=f"example-name2-0-{SHIPPED.id}").set_value("wooden boats").run()
    click(app, f"example-remove-1-{SHIPPED.id}")
    click(app, f"example-add-{SHIPPED.id}")
    assert "Example 2: needs at least one title" in words(app)
    assert app.text_area(key=f"example-titles-2-{SHIPPED.id}").value == ""
    assert app.button(key="prompt-save").disabled
    click(app, f"example-remove-2-{SHIPPED.id}")
    click(app, "prompt-save")
    (record,) = store.prompts.list()
    (example,) = read_examples(record.prompts.files["examples.json"])
    assert example.titles == ("Old planks", "More planks", "Varnish for a dinghy")
    assert example.names[1] == "wooden boats"
    assert set(json.loads(record.prompts.files["examples.json"])[0]) == {
        "titles", "keyphrases", "siblings", "names", "because",
    }  # fmt: skip


def test_a_draft_outlives_a_look_at_another_page(open_page: Open, store: Store) -> None:
    app = click(open_page("prompts"), "prompt-edit")
    app.text_area(key=field("retry.j2")).set_value("Again, please.").run()
    app.switch_page("pages/logs.py").run()
    app.switch_page("pages/prompts.py").run()
    assert app.text_area(key=field("retry.j2")).value == "Again, please."


def test_one_journey_is_named_by_these_prompts_and_the_shipped_and_nothing_is_stored(
    open_page: Open, store: Store, server: NamingServer
) -> None:
    _, run_id = discovered(store)
    app = click(open_page("prompts"), "prompt-edit")
    rules = SHIPPED.files["system.j2"] + "Be brief.\n"
    app.text_area(key=field("system.j2")).set_value(rules).run()
    assert "The whole prompt for this journey" in words(app)
    assert server.requests == []
    app.selectbox(key="language-trial").set_value("Spanish")
    click(app, "prompt-try")
    mine, shipped = server.requests
    assert "Be brief." in mine["messages"][0]["content"]
    assert "Be brief." not in shipped["messages"][0]["content"]
    assert all("Spanish" in sent["messages"][0]["content"] for sent in (mine, shipped))
    shown = words(app)
    assert mine["messages"][-1]["content"].strip() in [code.value.strip() for code in app.code]
    assert "| | Now | Shipped prompts | These prompts |" in shown
    assert "**These prompts**: Spanish. 1 call, 200 tokens sent and 50 answered" in shown
    person = store.results.people(run_id)[0].person_id
    journey = store.results.user(run_id, person, store.logs.timeline(person)).journeys[0]
    assert journey.names.namer == "keyphrase"
    assert journey.name(3) in shown
    click(app, "prompt-try")
    assert "answered from an earlier call, nothing was sent" in words(app)
    assert len(server.requests) == 2
    app.text_area(key=field("system.j2")).set_value(rules + "Briefer.\n").run()
    assert "The prompts were changed since; press again" in words(app)


def test_what_the_checks_refused_is_shown_and_titles_are_redacted(
    open_page: Open, store: Store, server: NamingServer
) -> None:
    log = make_log(users=1)
    log.frame["title"] = [f"{title} jo.bloggs@example.org" for title in log.frame["title"]]
    discovered(store, log)
    kept = store.prompts.add(MINE)
    bad = dict.fromkeys(("field", "interest", "doing", "project", "detail"), "**a**, b, c, d")
    server.answers = [json.dumps(bad)] * 2
    app = open_page("prompts", prompts_id=kept)
    app.checkbox(key="prompt-beside").uncheck().run()
    click(app, "prompt-try")
    shown = words(app)
    assert "Answer 1, level 1: “a**, b, c, d” " in shown
    assert "key phrases stand in" in shown
    assert "@example.org" not in json.dumps(server.requests)
    assert "jo.bloggs" not in shown


def test_without_a_model_or_without_consent_nothing_can_be_tried(
    open_page: Open, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    discovered(store)
    monkeypatch.setenv("OPENAI_BASE_URL", "https://192.0.2.1/v1")
    monkeypatch.setenv("OPENAI_MODEL", "m")
    app = open_page("prompts")
    assert "a language model is needed" in words(app)
    assert "prompt-try" not in {button.key for button in app.button}
    assert "The whole prompt for this journey" in words(app)


def test_an_endpoint_that_fails_is_told_in_a_sentence(
    open_page: Open, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from journeys.naming.endpoint import OpenAIChat

    discovered(store)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "m")
    defaults = OpenAIChat.__init__.__kwdefaults__ | {"retries": 0}
    monkeypatch.setattr("journeys.naming.endpoint.OpenAIChat.__init__.__kwdefaults__", defaults)
    app = click(open_page("prompts"), "prompt-try")
    assert "cannot be reached" in words(app)


def test_prompts_and_language_are_used_by_the_next_discovery(
    open_page: Open, store: Store, server: NamingServer, woken: list[str]
) -> None:
    log_id = store.logs.add(make_log(users=1), "Mine")
    kept = store.prompts.add(MINE)
    app = open_page("prompts", prompts_id=kept)
    click(app, "prompt-use")
    assert app.title[0].value == "Discover"
    app.switch_page("pages/discover.py").run()
    assert app.selectbox(key="prompts-new").value == kept
    app.selectbox(key="language-new").set_value("Spanish")
    click(app, "start")
    (run,) = store.runs.list(log_id)
    found = DiscoveryConfig.from_dict(run.config)
    assert (found.prompts, found.language, found.namer) == (kept, "Spanish", "openai")
    assert woken == ["woken"]


def test_the_naming_dialog_offers_prompts_and_language(
    open_page: Open, store: Store, server: NamingServer, woken: list[str]
) -> None:
    _, run_id = discovered(store)
    kept = store.prompts.add(MINE)
    app = click(open_page("discover"), f"name-{run_id}")
    app.selectbox(key=f"prompts-run-{run_id}").set_value(kept)
    app.selectbox(key=f"language-run-{run_id}").set_value("German")
    app.button(key=f"start-naming-{run_id}").click()
    app.button(key=f"name-{run_id}").click()
    app.run()
    assert not app.exception
    config = store.runs.get(run_id).config
    assert (config["prompts"], config["language"]) == (kept, "German")


def test_a_set_is_deleted_unless_a_run_uses_it(open_page: Open, store: Store) -> None:
    log_id = store.logs.add(make_log(users=1), "Mine")
    kept = store.prompts.add(MINE)
    run_id = store.runs.create(log_id, DiscoveryConfig(prompts=kept).to_dict())
    app = open_page("prompts", prompts_id=kept)
    click(app, "prompt-delete")
    assert f"used by run {run_id}" in words(app)
    store.runs.delete(run_id)
    app.run()
    click(app, "prompt-delete")
    assert store.prompts.list() == []
    assert app.selectbox(key="prompt-set").value == ""
