"""Prompt sets as folders, their names, and what differs between two."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from journeys.errors import InputError
from journeys.naming.prompts import FILES, PromptSet
from journeys.naming.prompts.folders import difference, read_folder, set_name, write_folder

SHIPPED = PromptSet.shipped()


def test_a_set_comes_back_from_its_folder_under_the_folders_name(tmp_path: Path) -> None:
    mine = replace(SHIPPED, name="Très formal 2", files={**SHIPPED.files, "retry.j2": "é\r\n"})
    write_folder(mine, tmp_path / "Très formal 2")
    back = read_folder(tmp_path / "Très formal 2")
    assert (back.name, back.id != SHIPPED.id) == ("Très formal 2", True)
    assert read_folder(tmp_path / "Très formal 2", "Other").name == "Other"
    with pytest.raises(InputError, match="already"):
        write_folder(mine, tmp_path / "Très formal 2")


def test_unchanged_files_are_the_shipped_set_and_odd_folders_get_a_plain_name(
    tmp_path: Path,
) -> None:
    write_folder(SHIPPED, tmp_path / "copy")
    assert read_folder(tmp_path / "copy") == SHIPPED
    odd = tmp_path / "(my) prompts!"
    write_folder(replace(SHIPPED, files={**SHIPPED.files, "retry.j2": "x"}), odd)
    assert read_folder(odd).name == "my- prompts"


def test_folders_that_are_none_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="prompts export ladder"):
        read_folder(tmp_path)
    write_folder(SHIPPED, tmp_path / "x")
    (tmp_path / "x" / "user.j2").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read as text"):
        read_folder(tmp_path / "x")
    (tmp_path / "x" / "user.j2").write_bytes(b"x" * 100_000)
    with pytest.raises(InputError, match="too large"):
        read_folder(tmp_path / "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_folder(SHIPPED, tmp_path / "file" / "x")


@pytest.mark.parametrize("name", ["", "  ", "../x", "a/b", "-x", "x" * 61, "a\x00b", "ladder"])
def test_names_that_sets_cannot_have(name: str) -> None:
    with pytest.raises(InputError):
        set_name(name)


def test_names_are_tidied() -> None:
    assert set_name("  My   prompts v1.2. ") == "My prompts v1.2"


def test_a_difference_names_both_sets_and_shows_lines() -> None:
    mine = replace(SHIPPED, name="mine", files={**SHIPPED.files, "user.j2": "new\n"})
    lines = difference(SHIPPED, mine, "user.j2").splitlines()
    assert lines[:2] == ["--- ladder/user.j2", "+++ mine/user.j2"]
    assert "+new" in lines
    assert all(difference(SHIPPED, mine, file) == "" for file in FILES if file != "user.j2")
