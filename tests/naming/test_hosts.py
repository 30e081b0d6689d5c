"""Where an endpoint's name may lead: by what it resolves to, however it is spelled."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from journeys.endpoint import CHOICE, choose_endpoint, chosen_endpoint, consent_to
from journeys.errors import PrivacyError
from journeys.naming.endpoint import OpenAIChat
from journeys.naming.hosts import Reach, is_loopback, reach_of, require_reachable
from journeys.settings import Settings


class Choices:
    """Kept in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}

    def get(self, key: str) -> dict[str, Any] | None:
        return self.kept.get(key)

    def set(self, key: str, value: dict[str, Any]) -> None:
        self.kept[key] = value

    def clear(self, key: str) -> None:
        self.kept.pop(key, None)


class Names:
    """A resolver that knows some names, and addresses by the system's own reading of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **known: str) -> None:
        self.known = {name.replace("_", "."): address for name, address in known.items()}
        real = socket.getaddrinfo

        def look_up(host: str, port: object, *args: Any, **kwargs: Any) -> Any:
            if host in self.known:
                addresses = self.known[host].split()
                return [(0, 0, 0, "", (address, 0)) for address in addresses]
            return real(host, None, flags=socket.AI_NUMERICHOST)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "2852039166",  # decimal
        "0xA9FEA9FE",  # hexadecimal
        "0251.0376.0251.0376",  # octal
        "169.254.43518",
        "::ffff:169.254.169.254",
        "::ffff:a9fe:a9fe",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::",
        "fe80::1",
        "fe80::1%1",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "0.0.0.0",
        "0",
        "0.1.2.3",
        "::",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "240.0.0.1",
    ],
)
def test_nothing_goes_where_no_model_is(host: str, tmp_path: Path) -> None:
    with pytest.raises(PrivacyError, match="no language model has"):
        require_reachable(host)
    address = f"http://[{host.partition('%')[0]}]/v1" if ":" in host else f"http://{host}/v1"
    choices = Choices()
    with pytest.raises(PrivacyError):
        choose_endpoint(
            Settings(tmp_path, ""), choices, base_url=address, model="m", key="sk-secret"
        )
    assert not choices.kept
    assert not list(tmp_path.iterdir())
    # Also where it does not come from the page.
    with pytest.raises(PrivacyError):
        OpenAIChat(address, "none", "m", retries=0).complete([{"role": "user", "content": "x"}])


@pytest.mark.parametrize(
    ("host", "reach"),
    [
        ("127.0.0.1", Reach.MACHINE),
        ("2130706433", Reach.MACHINE),
        ("0x7f.1", Reach.MACHINE),
        ("::1", Reach.MACHINE),
        ("::ffff:127.0.0.1", Reach.MACHINE),
        ("10.1.2.3", Reach.LAB),
        ("172.16.0.1", Reach.LAB),
        ("192.168.1.1", Reach.LAB),
        ("100.64.0.1", Reach.LAB),
        ("fd12::1", Reach.LAB),
        ("8.8.8.8", Reach.PUBLIC),
        ("2606:4700::1111", Reach.PUBLIC),
        ("no.such.host.invalid", None),
        ("", None),
        ("a" * 300, None),
    ],
)
def test_how_far_a_host_is(host: str, reach: Reach | None, monkeypatch: pytest.MonkeyPatch) -> None:
    Names(monkeypatch)
    assert reach_of(host) == reach
    assert is_loopback(host) is (reach is Reach.MACHINE)
    require_reachable(host)  # an owner may choose their own machine's or lab's server


def test_a_name_that_came_to_lead_inside_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(monkeypatch, llm_example="8.8.8.8", lab_example="10.0.0.7")
    settings, choices = Settings(tmp_path, ""), Choices()

    def chosen(host: str) -> Any:
        choose_endpoint(settings, choices, base_url=f"https://{host}/v1", model="m", key=None)
        consent_to(choices, f"https://{host}:443")
        found = chosen_endpoint(settings, choices, {})
        assert found is not None
        found.require_consent()
        return found

    far = chosen("llm.example")
    assert far.reach is Reach.PUBLIC
    for inside in ("10.0.0.7", "127.0.0.1", "8.8.8.8 192.168.0.1", "::1"):
        names.known["llm.example"] = inside
        with pytest.raises(PrivacyError, match="own network"):
            far.require_consent()
        with pytest.raises(PrivacyError, match="own network"):
            OpenAIChat(far.base_url, "none", "m", retries=0, reach=far.reach).complete([])
    names.known["llm.example"] = "169.254.169.254"
    with pytest.raises(PrivacyError, match="no language model has"):
        far.require_consent()
    near = chosen("lab.example")
    assert near.reach is Reach.LAB
    names.known["lab.example"] = "10.0.0.9"
    near.require_consent()
    names.known["lab.example"] = "127.0.0.1"
    with pytest.raises(PrivacyError, match="own network"):
        near.require_consent()


@pytest.mark.parametrize("kept", [None, "2", 7, True, [], -1])
def test_what_is_kept_of_it_is_not_trusted_blindly(tmp_path: Path, kept: object) -> None:
    choices = Choices()
    choices.kept[CHOICE] = {"base_url": "http://192.0.2.1/v1", "model": "m", "reach": kept}
    found = chosen_endpoint(Settings(tmp_path, ""), choices, {})
    assert found is not None
    assert found.reach in {None, Reach.LAB}
