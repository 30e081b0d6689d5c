"""A server for participants only, that others reach: what no address and no replay opens."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from journeys.settings import Settings
from journeys.store import open_store
from journeys.study.tokens import NOT_VALID, new_token
from tests.e2e.conftest import App, served, settled
from tests.study_world import StudyWorld, open_study

pytestmark = pytest.mark.browser

RESEARCHERS = ("logs", "journeys", "study", "study_results", "settings", "nowhere")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudyWorld]:
    home = tmp_path_factory.mktemp("participants")
    store = open_store(Settings(home, f"sqlite:///{home / 'journeys.sqlite3'}"))
    yield open_study(store)
    store.close()


@pytest.fixture(scope="module")
def door(world: StudyWorld, browser: Browser) -> Iterator[App]:
    home = Path(str(world.store.engine.url.database)).parent
    only = {"JOURNEYS_PARTICIPANTS_ONLY": "1"}
    with served(home, "--server.address", "0.0.0.0", environment=only) as running:
        yield running


@pytest.mark.parametrize("path", RESEARCHERS)
def test_no_address_is_a_researchers_page(door: App, page: Page, path: str) -> None:
    for query in ("", f"?invitation={new_token()}"):
        page.goto(f"{door.url}/{path}{query}")
        expect(page.get_by_text(NOT_VALID)).to_be_visible(timeout=30_000)
        settled(page)
        assert path == "nowhere" or page.get_by_role("dialog").count() == 0
        assert page.get_by_test_id("stSidebarNavLink").count() == 0
        assert page.locator("[data-testid=stMain] button").count() == 0


def test_the_address_that_is_handed_out_opens_well(
    door: App, world: StudyWorld, page: Page
) -> None:
    page.goto(f"{door.url}/participate?invitation={world.tokens[0]}")
    expect(page.get_by_role("button", name="I agree and take part")).to_be_visible()
    settled(page)
    assert page.get_by_role("dialog").count() == 0
    page.goto(f"{door.url}/participate?invitation={world.tokens[0]}&invitation={world.tokens[1]}")
    expect(page.get_by_text(NOT_VALID)).to_be_visible()


PATHS = (
    "/app.py", "/pages/logs.py", "/journeys.sqlite3", "/.streamlit/config.toml", "//etc/passwd",
    "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/static/../../app.py",
    "/static/..%2f..%2fapp.py", "/app/static/../app.py", "/component/x/../../app.py", "/media/",
    "/media/../app.py", "/media/..%2fjourneys.sqlite3", "/media/" + "0" * 56 + ".csv",
    "/_stcore/upload_file/", "/_stcore/upload_file/x/y", "/_stcore/../app.py",
    "/_stcore/metrics?families=session", "/_stcore/agent/interact",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_path_gives_a_file_of_the_server(door: App, world: StudyWorld, path: str) -> None:
    """The page's own shell, which is the same for everybody, or nothing."""
    _, shell = _ask(door, "GET", "/")
    assert "<title>" in shell
    for method in ("GET", "POST", "PUT"):
        status, body = _ask(door, method, path)
        assert status >= 300 or body == shell or path.startswith("/_stcore/metrics"), status
        for secret in ("import streamlit", "SQLite format", "root:", "[server]", *world.tokens):
            assert secret not in body


def test_a_copy_is_gone_with_its_participant(door: App, world: StudyWorld, page: Page) -> None:
    """What was made for a download lies in the server's memory: not for others, nor any longer."""
    page.goto(f"{door.url}/?invitation={world.tokens[1]}")
    page.get_by_role("button", name="I agree and take part").click()
    expect(page.get_by_role("button", name="I agree and take part")).to_have_count(0)
    settled(page)
    page.get_by_text("Your data and your rights").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Everything (JSON)").click()
    address = urlsplit(download.value.url)
    assert len(Path(address.path).stem) >= 32, "nobody guesses it"
    settled(page)
    page.locator("label", has_text="Yes, erase all of it").click()
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("heading", name="Everything is erased")).to_be_visible()
    expect(page.get_by_text("beyond the reach of this page")).to_be_visible()
    settled(page)
    status, body = _ask(door, "GET", address.path)
    assert status == 404, body[:80]


def test_a_recorded_form_says_nothing_twice_and_nothing_for_another(
    door: App, world: StudyWorld, page: Page
) -> None:
    take = world.store.participation
    first = world.enter(0)
    study = world.store.studies.create(world.log_id, first.design, {"a": world.run_id})
    world.store.studies.open(study)
    links = world.store.invitations.invite(study, [first.person_id])
    other = world.store.invitations.enter(links[0].token)
    take.give_consent(other)
    for who in (first, other):
        for step in ("consented", "stated", "confirmed", "rating"):
            take.reach(who, step)
    sent: list[bytes] = []

    def record(frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            sent.append(frame)

    page.on("websocket", lambda socket: socket.on("framesent", record))
    page.goto(f"{door.url}/?invitation={world.tokens[0]}")
    texts = first.design.texts
    for question, label in ((texts.recall, "Partly"), (texts.identification, "Very closely")):
        group = page.get_by_role("radiogroup", name=question)
        group.get_by_text(label, exact=True).click()
        settled(page)
        page.wait_for_timeout(300)
    before = take.answers(first)
    assert [record.answers.identification for record in before] == [4]
    frames = [frame for frame in sent if world.tokens[0].encode() in frame]
    assert len(frames) >= 3

    for _ in range(2):
        _replay(door, frames)
        assert [r.answers for r in take.answers(first)] == [r.answers for r in before]
        assert take.answers(first)[0].response_ms == before[0].response_ms
    swapped = [f.replace(world.tokens[0].encode(), links[0].token.encode()) for f in frames]
    _replay(door, swapped)
    assert not take.answers(other), "a form belongs to its own participant"
    kept = take.answers(first)
    take.withdraw(first)
    _replay(door, frames)
    take.give_consent(first)
    assert take.answers(first) == kept, "who has withdrawn saves nothing"
    world.store.invitations.revoke(first.invitation_id)
    seen = _replay(door, frames)
    assert NOT_VALID.split(".")[0] in seen
    assert before[0].shown.name not in seen


def _replay(door: App, frames: list[bytes]) -> str:
    """Send them through a connection of one's own; everything that came back, as text."""
    seen = []
    with connect(
        f"{door.url.replace('http', 'ws')}/_stcore/stream",
        origin=door.url,  # type: ignore[arg-type]
        subprotocols=["streamlit"],  # type: ignore[list-item]
        max_size=None,
    ) as socket:
        for frame in frames:
            socket.send(frame)
            while True:
                message = ForwardMsg.FromString(socket.recv(timeout=30))  # type: ignore[arg-type]
                seen.append(str(message))
                if message.WhichOneof("type") == "script_finished":
                    break
    return "\n".join(seen)


def _ask(door: App, method: str, path: str) -> tuple[int, str]:
    """One request, its path as it stands."""
    there = urlsplit(door.url)
    connection = http.client.HTTPConnection(there.hostname or "", there.port, timeout=20)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()
