"""Names in files: human names in both shapes, anybody's names, groups left out, playlists."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from journeys.errors import InputError
from journeys.evaluation.naming_cost import Cost
from journeys.evaluation.naming_finished import FinishedFile
from journeys.evaluation.naming_given import Given
from journeys.evaluation.naming_groups import Case, TrueGroup
from journeys.evaluation.naming_names import (
    HumanNames,
    read_human_names,
    read_left_out,
    read_names,
)
from journeys.evaluation.naming_playlists import is_playlists, read_playlists
from journeys.naming import Evidence


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_human_names_by_level(tmp_path: Path) -> None:
    path = write(
        tmp_path / "names.csv", "group,level,name", "vim,1,tools", "vim,3,editing with Vim",
        "go,1,tools", "golf,1,sport", "golf,2,golf", "empty,3,",
    )  # fmt: skip
    human = read_human_names(path)
    assert [human.at("vim", level) for level in range(1, 6)] == [
        "tools", "tools", "editing with Vim", "editing with Vim", "editing with Vim",
    ]  # fmt: skip
    assert human.super_groups == {"vim": "tools", "go": "tools"}, "golf shares its field with none"
    assert human.own_levels() == (1, 2, 3)
    assert "empty" not in human.names


def test_human_names_in_the_shape_of_a_list_of_groups(tmp_path: Path) -> None:
    path = write(
        tmp_path / "groups.csv", "group,display_name,members,super_group",
        'bread,"Bread, and baking",3,Cooking', "vim,Vim,4,",
    )  # fmt: skip
    human = read_human_names(path)
    assert human.names["bread"] == {1: "Cooking", 2: "Bread, and baking", 3: "Bread, and baking"}
    assert human.names["vim"] == {2: "Vim", 3: "Vim"}
    assert human.super_groups == {"bread": "Cooking"}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["group,name", "vim,Vim"], "no column 'level'"),
        (["group,level,name", "vim,6,Vim"], "Row 1 of x.csv has the level '6'"),
        (["group,level,name", "vim,3,Vim", "vim,3,Vi"], "a second name at level 3"),
        (["group,level,name", "vim,3,"], "no names in it"),
    ],
)
def test_a_file_of_names_that_cannot_be_used(tmp_path: Path, lines: list[str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_human_names(write(tmp_path / "x.csv", *lines))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for read in (read_human_names, read_names, read_left_out):
        with pytest.raises(InputError, match="There is no file"):
            read(tmp_path / "none.csv")


def test_labels_that_are_names_and_labels_that_are_none() -> None:
    assert HumanNames.of_labels({"vim", "cocktails", "7"}).at("vim", 1) == "vim"
    with pytest.raises(InputError, match="have no human names"):
        HumanNames.of_labels({"1", "2", "x"})


def test_anybodys_names_and_what_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "n.jsonl", '{"user_id":"a","group":"vim","level":3,"name":"=Vim"}')
    assert read_names(path) == {("a", "vim"): {3: "=Vim"}}
    path = write(tmp_path / "out.csv", "user_id,group", "a,", "b,vim", ",golf")
    left_out = read_left_out(path)
    assert left_out.groups == {"vim", "golf"}
    assert left_out.users == {"a"}


def test_playlists_are_groups_of_one_pseudo_user(tmp_path: Path) -> None:
    tracks = [{"title": f"Song {n}", "artist": "X", "added": "2020-10-20"} for n in range(3)]
    path = write(
        tmp_path / "p.jsonl",
        *(json.dumps({"playlist_id": at, "name": name, "tracks": tracks})
          for at, name in enumerate(["Calm", "Loud", "Calm"])),
    )  # fmt: skip
    assert is_playlists(path)
    assert not is_playlists(write(tmp_path / "log.jsonl", '{"title": "x", "user_id": "u"}'))
    assert not is_playlists(tmp_path / "none")
    log, truth, human = read_playlists(path)
    assert (len(log), list(log.users)) == (9, ["playlists"])
    assert set(truth.labels) == {"Calm [0]", "Loud", "Calm [2]"}
    assert human.at("Calm [2]", 3) == "Calm"
    assert set(log.frame["title"]) == {"Song 0 - X", "Song 1 - X", "Song 2 - X"}
    with pytest.raises(InputError, match=r"Line 1 of b\.jsonl is not a playlist"):
        read_playlists(write(tmp_path / "b.jsonl", '{"name": "x"}'))


def test_finished_groups_are_found_again_unless_anything_changed(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "finished.jsonl"
    group = TrueGroup("u", "vim", np.array([0]), ("unseen",))
    case = Case(group, Evidence(titles=("a secret title",)), "a secret title")
    given = Given(("1", "2", "3", "4", "5"), (4,), Cost(2, 2, 1, 300, 0.5))
    first = FinishedFile(path, b"key")
    assert first.get("fake", case) is None
    first.put("fake", case, given)
    path.write_text(path.read_text(encoding="utf-8") + '{"key": "cut o', encoding="utf-8")
    again = FinishedFile(path, b"key")
    assert len(again) == 1
    assert again.get("fake", case) == given
    assert again.get("other", case) is None
    assert again.get("fake", Case(group, Evidence(titles=("b",)), "b")) is None
    again.put("fake", Case(group, Evidence(titles=("b",)), "b"), given)
    assert len(FinishedFile(path, b"key")) == 2, "the line that was cut off harms no other"
    assert "secret title" not in path.read_text(encoding="utf-8")
    with pytest.raises(InputError, match="cannot be used"):
        FinishedFile(tmp_path, b"key")
