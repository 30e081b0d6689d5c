"""Names in files: those people gave to groups, anybody's names to be scored, groups left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from journeys.errors import InputError
from journeys.evaluation.naming_groups import Key, LeftOut
from journeys.journey import LEVELS

#: Columns of a file of groups with one name and a broader class, such as reddit's.
_GROUP_FILE = ("group", "display_name", "super_group")


@dataclass(frozen=True)
class HumanNames:
    """Names that people gave to groups.

    Attributes:
        names: group -> level (1-5) -> name; at least one level each.
        super_groups: group -> the class it is in, where that is known.
    """

    names: Mapping[str, Mapping[int, str]]
    super_groups: Mapping[str, str]

    @classmethod
    def of_labels(cls, groups: Collection[str]) -> HumanNames:
        """Groups that people named themselves, such as folders: the label is the name.

        Raises:
            InputError: the labels are numbers and no names.
        """
        telling = [group for group in groups if any(map(str.isalpha, group))]
        if len(telling) * 2 < len(groups) or not telling:
            raise InputError(
                "The groups have no human names: their labels are numbers or signs. Give a file "
                "of names (group,level,name) with --human-names."
            )
        return cls({group: {3: group} for group in telling}, {})

    def at(self, group: str, level: int) -> str:
        """The name at a level, or at the nearest level there is; of two as near the broader."""
        own = self.names[group]
        return own[nearest_level(own, level)]

    def own_levels(self) -> tuple[int, ...]:
        """The levels at which some group has a name of its own."""
        return tuple(sorted({level for names in self.names.values() for level in names}))


def nearest_level(levels: Collection[int], level: int) -> int:
    """The nearest level there is; of two as near the broader."""
    return min(levels, key=lambda other: (abs(other - level), other))


def read_human_names(path: Path) -> HumanNames:
    """Read ``group,level,name``, or ``group,display_name,super_group``.

    Of the latter the super-group is level 1, the display name levels 2 and 3. Of the former the
    name at level 1 stands for the super-group, where several groups share it.

    Raises:
        InputError: the file cannot be read, lacks a column, has no name, or names a group twice.
    """
    columns, rows = read_rows(path)
    if set(_GROUP_FILE[:2]) <= set(columns) and "level" not in columns:
        return _group_file(path, rows)
    names: dict[str, dict[int, str]] = {}
    for number, row in _checked(path, columns, rows, ("group", "level", "name")):
        _add(names.setdefault(row["group"], {}), row, path, number)
    if not names:
        raise InputError(f"{path.name} has no names in it.")
    fields = [own.get(1, "") for own in names.values()]
    shared = {field for field in fields if field and fields.count(field) > 1}
    super_groups = {group: own[1] for group, own in names.items() if own.get(1) in shared}
    return HumanNames(names, super_groups)


def _group_file(path: Path, rows: Sequence[Mapping[str, str]]) -> HumanNames:
    names: dict[str, dict[int, str]] = {}
    super_groups = {}
    for row in rows:
        group, name, above = (row.get(column, "") for column in _GROUP_FILE)
        if group and name:
            names[group] = {**({1: above} if above else {}), 2: name, 3: name}
            if above:
                super_groups[group] = above
    if not names:
        raise InputError(f"{path.name} has no names in it.")
    return HumanNames(names, super_groups)


def read_names(path: Path) -> dict[Key, dict[int, str]]:
    """Anybody's names, ``user_id,group,level,name``: user and group -> level -> name.

    Raises:
        InputError: the file cannot be read, lacks a column, has no name, or has two for one level.
    """
    columns, rows = read_rows(path)
    names: dict[Key, dict[int, str]] = {}
    for number, row in _checked(path, columns, rows, ("user_id", "group", "level", "name")):
        _add(names.setdefault((row["user_id"], row["group"]), {}), row, path, number)
    if not names:
        raise InputError(f"{path.name} has no names in it.")
    return names


def read_left_out(path: Path) -> LeftOut:
    """Groups to leave out: a column ``group``, and optionally ``user_id``.

    A row with a group leaves that group name out, whoever has it; one with only a user leaves
    that user out.

    Raises:
        InputError: the file cannot be read or has no column ``group``.
    """
    columns, rows = read_rows(path)
    _need(path, columns, ("group",))
    groups = frozenset(row["group"] for row in rows if row["group"])
    users = frozenset(row.get("user_id", "") for row in rows if not row["group"])
    return LeftOut(groups, users - {""})


def read_rows(path: Path) -> tuple[Sequence[str], list[dict[str, str]]]:
    """The columns and rows of a table in a file, cells as text; what spreadsheets get is undone.

    Raises:
        InputError: there is no such file, or it is no table.
    """
    from journeys.ingest.cleaning import as_text
    from journeys.ingest.container import open_container
    from journeys.ingest.contract import Context, ReadLimits
    from journeys.ingest.table import open_table
    from journeys.spreadsheet import unsafe_cell

    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    limits = ReadLimits()
    rows: list[dict[str, str]] = []
    with open_container(path, limits=limits, digest=False) as container:
        table = open_table(container.members[0], Context(limits))
        columns = list(table.columns)
        for batch in table.read(columns, 1):
            cells = [
                [unsafe_cell(as_text(cell)).strip() for cell in batch.columns[name]]
                for name in columns
            ]
            rows += [dict(zip(columns, row, strict=True)) for row in zip(*cells, strict=True)]
    return columns, rows


def _need(path: Path, columns: Sequence[str], needed: Sequence[str]) -> None:
    for name in needed:
        if name not in columns:
            raise InputError(
                f"{path.name} has no column {name!r}; it has {', '.join(columns[:20])}. "
                f"It needs {', '.join(needed)}."
            )


def _checked(
    path: Path,
    columns: Sequence[str],
    rows: Sequence[dict[str, str]],
    needed: Sequence[str],
) -> list[tuple[int, dict[str, str]]]:
    """Rows with a name, numbered from 1."""
    _need(path, columns, needed)
    return [(number, row) for number, row in enumerate(rows, start=1) if row["name"]]


def _add(own: dict[int, str], row: Mapping[str, str], path: Path, number: int) -> None:
    if row["level"] not in map(str, range(1, len(LEVELS) + 1)):
        raise InputError(
            f"Row {number:,} of {path.name} has the level {row['level']!r}; levels are 1 to "
            f"{len(LEVELS)}."
        )
    level = int(row["level"])
    if own.get(level, row["name"]) != row["name"]:
        raise InputError(
            f"Row {number:,} of {path.name} gives {row['group']!r} a second name at level {level}."
        )
    own[level] = row["name"]
