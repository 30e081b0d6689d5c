"""The installation's secret, and pseudonyms."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.errors import ConfigError
from journeys.privacy import SECRET_BYTES, SECRET_FILE, Keys, load_keys, pseudonyms

ROOT = Path(__file__).resolve().parents[1]
KEY = Keys.from_secret(bytes(32)).pseudonym


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    first = load_keys(tmp_path / "home")
    assert load_keys(tmp_path / "home") == first
    assert load_keys(tmp_path / "elsewhere") != first
    assert [path.name for path in (tmp_path / "home").iterdir()] == [SECRET_FILE]


@pytest.mark.skipif(os.name == "nt", reason="modes are a matter of POSIX")
def test_only_its_owner_can_read_the_secret(tmp_path: Path) -> None:
    load_keys(tmp_path / "home")
    assert (tmp_path / "home" / SECRET_FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_threads_that_make_the_secret_at_once_agree(tmp_path: Path) -> None:
    for attempt in range(20):
        start = threading.Barrier(8)

        def load(home: Path, start: threading.Barrier = start) -> Keys:
            start.wait()
            return load_keys(home)

        with ThreadPoolExecutor(8) as pool:
            found = set(pool.map(load, [tmp_path / str(attempt)] * 8))
        assert len(found) == 1


def test_processes_that_make_the_secret_at_once_agree(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from journeys.privacy import load_keys\n"
        "print(load_keys(pathlib.Path(sys.argv[1])).text.hex())"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    printed = {process.communicate(timeout=120)[0].strip() for process in running}
    assert printed == {load_keys(tmp_path).text.hex()}


def test_each_purpose_has_a_key_of_its_own_and_none_is_shown() -> None:
    keys = Keys.from_secret(bytes(range(32)))
    assert len({keys.pseudonym, keys.text, keys.prompt, bytes(range(32))}) == 4
    assert keys.text.hex() not in repr(keys)
    assert repr(keys.text) not in f"{keys!r} {keys!s}"


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs 32"):
        Keys.from_secret(bytes(SECRET_BYTES - 1))
    (tmp_path / SECRET_FILE).write_bytes(b"short")
    with pytest.raises(ConfigError, match=r"secret\.key is damaged"):
        load_keys(tmp_path)
    assert (tmp_path / SECRET_FILE).read_bytes() == b"short"


def test_a_home_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="JOURNEYS_HOME"):
        load_keys(tmp_path / "file" / "home")


@given(st.lists(st.text(), unique=True, max_size=50))
def test_pseudonyms_are_stable_distinct_and_well_formed(users: list[str]) -> None:
    found = pseudonyms(KEY, users)
    assert found == pseudonyms(KEY, users)
    assert len(set(found)) == len(users)
    assert all(len(alias) == 17 and alias[0] == "p" and int(alias[1:], 16) >= 0 for alias in found)


@given(st.text(min_size=1))
def test_another_key_gives_another_pseudonym(user: str) -> None:
    other = Keys.from_secret(bytes([1]) * 32).pseudonym
    assert pseudonyms(KEY, [user]) != pseudonyms(other, [user])


def test_lone_surrogates_have_a_pseudonym() -> None:
    assert len(set(pseudonyms(KEY, ["\ud800", "\udfff", "?", "\ufffd"]))) == 4
