"""Who may open the app: identities, lists, and addresses."""

from __future__ import annotations

import pytest

from journeys.access import (
    SIGN_IN_HOLDS,
    Researchers,
    loopback,
    providers,
    require_this_machine,
    role_of,
)
from journeys.errors import AccessDenied, ConfigError, SignInNeeded
from journeys.settings import Settings
from journeys.study.roles import Role

NOW = 1_700_000_000.0
PEOPLE = Researchers(frozenset({"olive@lab.example"}), frozenset({"ana@lab.example"}))
OLIVE: dict[str, object] = {"is_logged_in": True, "iat": NOW - 60, "email": "olive@lab.example"}
SECTION: dict[str, object] = {
    "redirect_uri": "https://lab.example/oauth2callback",
    "cookie_secret": "s" * 64,
    "client_id": "id",
    "client_secret": "secret",
    "server_metadata_url": "https://id.lab.example/.well-known/openid-configuration",
}


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, Role.OWNER),
        ({"email": " OLIVE@Lab.Example "}, Role.OWNER),
        ({"email_verified": True}, Role.OWNER),
        ({"email_verified": "true"}, Role.OWNER),
        ({"email": "ana@lab.example"}, Role.ANALYST),
    ],
)
def test_an_identity_on_a_list_has_its_role(claims: dict[str, object], expected: Role) -> None:
    assert role_of(OLIVE | claims, PEOPLE, NOW) is expected


@pytest.mark.parametrize(
    "claims",
    [
        {"is_logged_in": False},
        {"is_logged_in": "true"},
        {"iat": None},
        {"iat": True},
        {"iat": str(NOW)},
        {"iat": NOW - SIGN_IN_HOLDS - 1},
    ],
)
def test_no_sign_in_or_an_old_one_has_to_sign_in(claims: dict[str, object]) -> None:
    with pytest.raises(SignInNeeded):
        role_of(OLIVE | claims, PEOPLE, NOW)
    with pytest.raises(SignInNeeded):
        role_of({}, PEOPLE, NOW)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": ""},
        {"email": None},
        {"email": ["olive@lab.example"]},
        {"email": "eve@lab.example"},
        {"email": "olive@lab.example.evil.example"},
        {"email": "olive@lab.example,ana@lab.example"},
        {"email": "oli\u200bve@lab.example"},
        # The Kelvin and long-s signs become ASCII letters when they are folded.
        {"email": "olive@\u212aab.example"},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "false"},
        {"email_verified": 1.5},
    ],
)
def test_an_identity_that_is_not_certainly_on_a_list_is_refused(claims: dict[str, object]) -> None:
    people = Researchers(PEOPLE.owners | {"olive@kab.example"}, PEOPLE.analysts)
    with pytest.raises(AccessDenied) as refused:
        role_of(OLIVE | claims, people, NOW)
    assert not isinstance(refused.value, SignInNeeded)


def listed(environ: dict[str, str]) -> Researchers:
    return Researchers.of_settings(Settings.from_environment(environ))


def test_lists_come_from_the_environment() -> None:
    given = {"JOURNEYS_OWNERS": "Olive@lab.example, b@c", "JOURNEYS_ANALYSTS": "ana@lab.example\n"}
    assert listed(given) == Researchers(frozenset({"olive@lab.example", "b@c"}), PEOPLE.analysts)
    assert not listed({"JOURNEYS_OWNERS": " , "})
    for wrong in ("olive", "@lab.example", "olive@", "a@b@c"):
        with pytest.raises(ConfigError, match="e-mail addresses"):
            listed({"JOURNEYS_OWNERS": wrong})
    with pytest.raises(ConfigError, match="in both"):
        listed({"JOURNEYS_OWNERS": "a@b", "JOURNEYS_ANALYSTS": "A@B"})


def test_sign_in_is_complete_or_refused() -> None:
    assert providers(SECTION) == ("",)
    named = {key: SECTION[key] for key in ("redirect_uri", "cookie_secret")}
    assert providers({**named, "lab": SECTION}) == ("lab",)
    assert providers({**SECTION, "client_kwargs": {"prompt": "login"}, "lab": SECTION}) == (
        "",
        "lab",
    )
    for key in SECTION:
        with pytest.raises(ConfigError, match=key):
            providers({k: v for k, v in SECTION.items() if k != key})
    with pytest.raises(ConfigError, match="shorter"):
        providers({**SECTION, "cookie_secret": "short"})
    with pytest.raises(ConfigError, match="oauth2callback"):
        providers({**SECTION, "redirect_uri": "https://lab.example"})
    with pytest.raises(ConfigError, match=r"auth\.lab"):
        providers({**named, "lab": {"client_id": "x"}})


@pytest.mark.parametrize(
    ("host", "is_it"),
    [
        ("localhost", True), ("LOCALHOST:8501", True), ("127.0.0.1:8501", True),
        ("127.9.9.9", True), ("[::1]:8501", True), ("::1", True),
        ("0.0.0.0", False), ("::", False), ("192.168.0.7", False), ("", False), ("[", False),
        ("localhost.evil.example", False), ("127.0.0.1.evil.example", False),
        ("evil.example:8501", False), ("evil@localhost.example", False),
    ],
)  # fmt: skip
def test_loopback_is_told_by_the_name_alone(host: str, is_it: bool) -> None:
    assert loopback(host) is is_it


@pytest.mark.parametrize(
    ("address", "headers", "why"),
    [
        (None, {}, "every address"),
        ("0.0.0.0", {}, r"0\.0\.0\.0"),
        ("192.168.0.7", {"Host": "localhost"}, "listens on"),
        ("localhost", {"Host": "lab.example"}, "opened as"),
        ("localhost", {"host": "localhost", "X-Forwarded-For": "1.2.3.4"}, "proxy"),
        ("127.0.0.1", {"host": "localhost", "Forwarded": "for=1.2.3.4"}, "proxy"),
    ],
)
def test_where_others_can_reach_an_app_without_sign_in_it_is_shut(
    address: str | None, headers: dict[str, str], why: str
) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        require_this_machine(address, headers)
    assert "docs/how-to.md" in str(refused.value)


def test_on_this_machine_it_is_open() -> None:
    require_this_machine("localhost", {"Host": "127.0.0.1:8501"})
    require_this_machine("::1", {})
