"""Choosing an endpoint, keeping its key, and agreeing to send to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from journeys.endpoint import (
    DEFAULT_BASE_URL,
    KEY_FILE,
    Endpoint,
    choose_endpoint,
    choose_local_only,
    chosen_endpoint,
    consent_to,
    forget_endpoint,
    local_only,
)
from journeys.errors import ConfigError, PrivacyError
from journeys.settings import Settings
from journeys.store import Store, open_store

KEY = "sk-very-secret-0123456789"
HOST = "https://llm.example/v1"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"JOURNEYS_HOME": str(tmp_path)})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings)
    yield opened
    opened.close()


def choose(settings: Settings, store: Store, base_url: str = HOST, key: str | None = KEY) -> None:
    choose_endpoint(settings, store.choices, base_url=base_url, model=" m ", key=key)


def chosen(settings: Settings, store: Store, **environ: str) -> Endpoint | None:
    return chosen_endpoint(settings, store.choices, environ)


def with_environment(settings: Settings, **environ: str) -> Settings:
    return Settings.from_environment({"JOURNEYS_HOME": str(settings.home), **environ})


def test_nothing_is_chosen_at_first(settings: Settings, store: Store) -> None:
    assert chosen(settings, store) is None
    assert chosen_endpoint(settings, None, {}) is None


def test_a_choice_is_kept(settings: Settings, store: Store) -> None:
    choose(settings, store, base_url=f"  {HOST} ")
    assert chosen(settings, store) == Endpoint(HOST, "m", KEY, "")
    assert chosen_endpoint(settings, None, {}) is None


def test_the_key_is_never_in_the_database_nor_shown(settings: Settings, store: Store) -> None:
    choose(settings, store)
    consent_to(store.choices, "https://llm.example:443")
    store.close()
    for path in settings.home.iterdir():
        assert (KEY.encode() in path.read_bytes()) == (path.name == KEY_FILE), path.name
    assert KEY not in repr(chosen(settings, store))


def test_local_only_by_the_page_or_the_environment(tmp_path: Path) -> None:
    settings = Settings(tmp_path, f"sqlite:///{tmp_path / 'journeys.sqlite3'}")
    choices = open_store(settings).choices
    assert not local_only(settings, choices)
    choose_local_only(choices, True)
    assert local_only(settings, choices)
    choose_local_only(choices, False)
    assert not local_only(settings, choices)
    assert local_only(replace(settings, local_only=True), choices)


@pytest.mark.skipif(os.name == "nt", reason="modes are a matter of POSIX")
def test_only_its_owner_can_read_the_key(settings: Settings, store: Store) -> None:
    path = settings.home / KEY_FILE
    path.write_text("an older key, readable by all")
    path.chmod(0o644)
    choose(settings, store)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == KEY


@pytest.mark.parametrize(("key", "left"), [(None, KEY), ("", ""), (" ", ""), (" new\n", "new")])
def test_what_becomes_of_the_key(
    settings: Settings, store: Store, key: str | None, left: str
) -> None:
    choose(settings, store)
    choose(settings, store, base_url=f"{HOST}/other", key=key)
    found = chosen(settings, store)
    assert found is not None
    assert found.key == left
    assert (settings.home / KEY_FILE).exists() == bool(left)


def test_a_key_is_not_shown_to_another_host(settings: Settings, store: Store) -> None:
    choose(settings, store)
    choose(settings, store, base_url="https://elsewhere.example/v1", key=None)
    found = chosen(settings, store)
    assert found is not None
    assert found.key == ""
    assert not (settings.home / KEY_FILE).exists()
    # Neither to another port, nor in the clear.
    for other in ("https://llm.example:8443/v1", "http://llm.example/v1"):
        choose(settings, store)
        found = chosen(with_environment(settings, OPENAI_BASE_URL=other), store)
        assert found is not None
        assert found.key == ""
    # Neither when the environment names the other host.
    choose(settings, store)
    elsewhere = with_environment(settings, OPENAI_BASE_URL="https://elsewhere.example/v1")
    found = chosen(elsewhere, store)
    assert found is not None
    assert (found.host, found.key) == ("elsewhere.example", "")
    same = with_environment(settings, OPENAI_BASE_URL="https://llm.example/v2")
    found = chosen(same, store)
    assert found is not None
    assert found.key == KEY


def test_the_environment_goes_first(settings: Settings, store: Store) -> None:
    choose(settings, store)
    env = {"OPENAI_API_KEY": "sk-env", "OPENAI_MODEL": "big", "OPENAI_BASE_URL": "http://h/v1"}
    found = chosen_endpoint(with_environment(settings, **env), store.choices, env)
    assert found == Endpoint("http://h/v1", "big", "sk-env", "")
    assert chosen(settings, store, OPENAI_API_KEY="sk-env") == Endpoint(HOST, "m", "sk-env", "")


def test_a_key_and_a_model_stand_for_openai(settings: Settings) -> None:
    openai = with_environment(settings, OPENAI_MODEL="big")
    assert chosen_endpoint(openai, None, {}) is None
    found = chosen_endpoint(openai, None, {"OPENAI_API_KEY": "sk-env"})
    assert found == Endpoint(DEFAULT_BASE_URL, "big", "sk-env", "")
    assert chosen_endpoint(settings, None, {"OPENAI_API_KEY": "sk-env"}) is None


def test_consent_is_for_one_origin(settings: Settings, store: Store) -> None:
    def refused() -> bool:
        found = chosen(settings, store)
        assert found is not None
        try:
            found.require_consent()
        except PrivacyError as error:
            return found.host in str(error)
        return False

    choose(settings, store)
    assert refused()
    consent_to(store.choices, "https://llm.example:443")
    assert not refused()
    choose(settings, store, base_url="https://LLM.example:443/v2")
    assert not refused(), "the same origin, spelt otherwise"
    choose(settings, store, base_url="https://llm.example:8443/v1")
    assert refused(), "another port"
    choose(settings, store, base_url="http://llm.example:443/v1")
    assert refused(), "in the clear"
    choose(settings, store, base_url="https://llm.example.org/v1")
    assert refused()
    choose(settings, store, base_url="")
    assert refused(), "OpenAI's own"
    consent_to(store.choices, "https://api.openai.com:443")
    assert not refused()


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "[::1]:8080", "localhost", "127.8.9.1"])
def test_this_machine_needs_no_consent(host: str) -> None:
    endpoint = Endpoint(f"http://{host}/v1", "m")
    assert endpoint.loopback
    endpoint.require_consent()


@pytest.mark.parametrize("host", ["192.0.2.1", "0.0.0.0", "[2001:db8::1]", "nowhere.invalid"])
def test_other_machines_do(host: str) -> None:
    endpoint = Endpoint(f"http://{host}/v1", "m")
    assert not endpoint.loopback
    with pytest.raises(PrivacyError, match="Nothing was sent"):
        endpoint.require_consent()


@pytest.mark.parametrize(
    "bad",
    [
        "llm.example/v1",
        "ftp://llm.example",
        "https://",
        "https:///v1",
        "http://[::1",
        "https://host:port/v1",
        "https://host:99999/v1",
        "https://u:sekrit@host/v1",
        "ftp://u:sekrit@host/v1",
        "https://u:sekrit@host:port/v1",
        "https://host/v1?api_key=sekrit",
    ],
)
def test_bad_addresses_are_refused_and_change_nothing(
    settings: Settings, store: Store, bad: str
) -> None:
    choose(settings, store)
    with pytest.raises(ConfigError) as caught:
        choose(settings, store, base_url=bad, key="sk-other")
    assert "sekrit" not in str(caught.value)
    assert chosen(settings, store) == Endpoint(HOST, "m", KEY, "")


def test_a_model_must_be_named(settings: Settings, store: Store) -> None:
    with pytest.raises(ConfigError, match="model"):
        choose_endpoint(settings, store.choices, base_url=HOST, model=" ", key=KEY)
    assert chosen(settings, store) is None
    assert not (settings.home / KEY_FILE).exists()


def test_forgetting(settings: Settings, store: Store) -> None:
    choose(settings, store)
    consent_to(store.choices, "https://llm.example:443")
    forget_endpoint(settings, store.choices)
    forget_endpoint(settings, store.choices)
    assert chosen(settings, store) is None
    assert not (settings.home / KEY_FILE).exists()
    choose(settings, store)
    found = chosen(settings, store)
    assert found is not None
    assert found.consented_origin == ""


def test_a_damaged_key_file_counts_as_none(settings: Settings, store: Store) -> None:
    choose(settings, store)
    (settings.home / KEY_FILE).write_bytes(b"\xff\xfe")
    found = chosen(settings, store)
    assert found is not None
    assert found.key == ""
