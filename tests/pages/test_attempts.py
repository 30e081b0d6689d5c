"""Links and sign-ins that are tried too often, and the headers of answers that nobody drew."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from journeys.headers import content_security_policy, inline_hashes, security_headers
from journeys.limits import Attempts, Buckets, Rate
from journeys.store import Store
from journeys.study.tokens import NOT_VALID
from pages.parts.server import SecurityHeaders, SignInLimit, _headers
from pages.parts.study_door import TOO_OFTEN
from tests.pages.test_participate_page import arrive
from tests.pages.test_participate_page import text as shown
from tests.study_world import StudyWorld, open_study


def said(app: AppTest) -> str:
    return shown(app).replace("\\", "")


@pytest.fixture
def world(store: Store, woken: list[str]) -> StudyWorld:
    return open_study(store)


def test_links_that_open_nothing_can_be_tried_so_often(
    world: StudyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Time stands still, so that a slow machine does not forgive meanwhile.
    attempts = Attempts(Rate(address=4, overall=100), buckets=Buckets(clock=lambda: 0.0))
    monkeypatch.setattr("pages.parts.study_door._wrong_links", lambda: attempts)
    asked: list[str] = []
    enter = type(world.store.invitations).enter
    monkeypatch.setattr(
        type(world.store.invitations),
        "enter",
        lambda self, token: (asked.append(token), enter(self, token))[1],
    )
    inside = arrive(invitation=world.tokens[0])
    assert NOT_VALID not in said(inside)
    for _ in range(4):
        assert NOT_VALID in said(arrive(invitation=secrets.token_urlsafe(32)))
    asked.clear()
    # From here on every link is answered alike, and none is looked up.
    wrong, right = arrive(invitation=secrets.token_urlsafe(32)), arrive(invitation=world.tokens[1])
    assert said(wrong) == said(right)
    assert TOO_OFTEN in said(wrong)
    assert asked == []
    # Who is inside goes on.
    inside.run()
    assert not inside.exception
    assert TOO_OFTEN not in said(inside)
    assert asked == [world.tokens[0]]
    # A link that is no longer valid, in a session that it was let in by, lets nobody else in.
    world.store.invitations.revoke(world.enter(0, consent=False).invitation_id)
    assert NOT_VALID in said(inside.run())
    assert TOO_OFTEN in said(inside.run())


def ask(rate: Rate) -> TestClient:
    async def there(_: object) -> PlainTextResponse:
        return PlainTextResponse("there", headers={"X-Frame-Options": "ALLOWALL"})

    limit = Middleware(SignInLimit, attempts=Attempts(rate))
    headers = Middleware(SecurityHeaders, headers=security_headers)
    return TestClient(
        Starlette(routes=[Route("/{path:path}", there)], middleware=[headers, limit]),
        client=("192.0.2.1", 1),
    )


@pytest.mark.parametrize("path", ["/auth/login", "/oauth2callback", "/base/oauth2callback/"])
def test_sign_ins_from_one_address_are_limited(path: str) -> None:
    client = ask(Rate(address=3, overall=100))
    answers = [client.get(path) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    # What a request says of where it is from does not make it another address.
    forged = {"X-Forwarded-For": "198.51.100.1", "Forwarded": "for=198.51.100.1"}
    assert client.get(path, headers=forged).status_code == 429
    assert client.get("/_stcore/health").status_code == 200


def test_headers_are_on_refusals_too_and_replace_others() -> None:
    client = ask(Rate(address=1, overall=1))
    for path in ("/", "/auth/login", "/auth/login"):
        answer = client.get(path)
        assert answer.headers.get_list("x-frame-options") == ["DENY"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.status_code == 429


def test_scripts_are_allowed_by_name_and_never_inline_or_from_elsewhere() -> None:
    policy = _headers()["content-security-policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe-inline" not in scripts
    assert scripts.count("sha256-") == 1  # Streamlit's own inline script
    assert "http" not in policy
    assert "*" not in policy
    assert content_security_policy(("'sha256-x'",)).count("'sha256-x'") == 1
    # By the example of the W3C's CSP3, section 8.5.
    assert inline_hashes("<script>alert('Hello, world.');</script>") == (
        "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='",
    )


def test_strict_transport_is_said_where_the_server_speaks_tls() -> None:
    assert "strict-transport-security" not in security_headers()
    assert "max-age" in security_headers(tls=True)["strict-transport-security"]


def test_the_app_is_served_with_them() -> None:
    from streamlit.web.server.app_discovery import discover_asgi_app

    found = discover_asgi_app(Path(__file__).resolve().parents[2] / "app.py")
    assert found.import_string == "app:server"
