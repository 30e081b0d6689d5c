"""RecBole's atomic files: tables whose header says of each column what it holds,
``user_id:token  item_id:token  rating:float  timestamp:float``.

An ``.inter`` file has events of many people, most often without titles; an ``.item`` file has the
items, which are joined to them by ``item_id``. A ``.user`` file tells of people and is never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from journeys.errors import InputError
from journeys.ingest.cleaning import as_text
from journeys.ingest.contract import Batch, Cell, Context, DataFile, Reading
from journeys.ingest.recognition import plain
from journeys.ingest.sources.rows import first_rows
from journeys.ingest.sources.text import joined
from journeys.ingest.table import Table, open_table

_TYPED = re.compile(r"[^:]+:(?:token|token_seq|float|float_seq)")

#: Plain names of what is needed, as the published data sets call it; the better ones first.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "user_id": ("userid", "user", "sessionid"),
    "item_id": ("itemid", "item"),
    "timestamp": ("timestamp", "time", "datetime"),
    "rating": ("rating", "label", "score", "stars"),
    "title": ("title", "movietitle", "itemtitle", "name", "itemname", "tracksname", "newstitle"),
    "text": ("text", "description", "abstract", "reviewtext", "review"),
}

#: What describes an item besides its text.
_TOPICS = ("genre", "genres", "class", "categories", "category", "tags", "brand", "artist")


class RecBole:
    """Reads interactions and items; an :class:`~journeys.ingest.contract.Adapter`."""

    name = "recbole"

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """Whether every column says its type and one is of users or items."""
        columns = (first_rows(head, 1) or [[]])[0]
        known = {plain(column) for column in columns} & {"userid", "itemid", "sessionid"}
        return bool(known) and all(_TYPED.fullmatch(column) for column in columns)

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """Begin reading events; see :class:`~journeys.ingest.contract.Adapter`."""
        table = open_table(file, context)
        mapping = _mapping(table)
        if "item_id" not in mapping:
            raise InputError(f"{file.name} describes people and no events, so it is not read.")
        if "user_id" not in mapping:
            raise InputError(
                f"{file.name} describes items and no events. Give it as the table of items."
            )
        report = {ours: theirs for ours, theirs in mapping.items() if ours != "rating"}
        batches = _events(table, mapping, first_row)
        return Reading(f"{self.name} interactions", report, batches, table.notes)

    def items(self, file: DataFile, context: Context) -> Reading | None:
        """Begin reading the items, by ``item_id``; None if the file has events or people."""
        table = open_table(file, context)
        # When an item was made is no event.
        mapping = {o: t for o, t in _mapping(table).items() if o not in ("timestamp", "rating")}
        if "user_id" in mapping or not {"item_id", "title"} <= mapping.keys():
            return None
        return Reading(f"{self.name} items", mapping, _items(table, mapping), table.notes)


def _mapping(table: Table) -> dict[str, str]:
    names = {plain(name): name for name in reversed(table.columns)}
    found = {}
    for ours, theirs in _NAMES.items():
        known = next((names[name] for name in theirs if name in names), None)
        if known is not None:
            found[ours] = known
    return found


def _events(table: Table, mapping: Mapping[str, str], first_row: int) -> Iterator[Batch]:
    action = "rate" if "rating" in mapping else "view"
    for batch in table.read(list(dict.fromkeys(mapping.values())), first_row):
        columns: dict[str, Sequence[Cell]] = {
            ours: batch.columns[theirs] for ours, theirs in mapping.items()
        }
        columns["action"] = [action] * len(batch)
        columns["source"] = [RecBole.name] * len(batch)
        yield Batch(batch.rows, columns, batch.rejected)


def _items(table: Table, mapping: Mapping[str, str]) -> Iterator[Batch]:
    topics = [name for name in table.columns if plain(name) in _TOPICS]
    told = [*([mapping["text"]] if "text" in mapping else []), *topics]
    for batch in table.read(list(dict.fromkeys([*mapping.values(), *topics])), 1):
        columns = {ours: batch.columns[theirs] for ours, theirs in mapping.items()}
        if told:
            rows = zip(*(batch.columns[name] for name in told), strict=True)
            columns["text"] = [joined(as_text(cell) for cell in row) for row in rows]
        yield Batch(batch.rows, columns, batch.rejected)
