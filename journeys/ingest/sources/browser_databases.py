"""The databases in which browsers keep their history: one class, one layout a browser family.

Firefox 1.5 and later (``places.sqlite``, on phones too), Firefox for Android up to 2020
(``browser.db``), Chrome and everything built on it (``History``), Safari (``History.db``) and
qutebrowser (``history.sqlite``). Pages that a browser only passed through or loaded within
another page are kept out with that reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from journeys.errors import InputError
from journeys.ingest.contract import Context, DataFile, RawRecord, Reading, batched
from journeys.ingest.database import MAGIC, Database, Row, open_database
from journeys.ingest.sources.pages import PageReader
from journeys.ingest.sources.streams import micros, row_size
from journeys.timeline import Rejected

REDIRECT = "only a redirect to another page"
EMBEDDED = "loaded within another page"
FAILED = "the page did not load"

#: Microseconds from 1970 to 1601, from which Chrome counts, and to 2001, from which Safari does.
_SINCE_1601 = -11_644_473_600_000_000
_SINCE_2001 = 978_307_200_000_000

#: Bits of a Chrome transition: its kind, the ends of a chain of redirects, and a redirect.
_KIND, _FRAME = 0xFF, 3
_CHAIN_START, _CHAIN_END, _REDIRECTED = 0x10000000, 0x20000000, 0xC0000000

#: Firefox' visits of embedded objects and of frames.
#: Longer addresses hold data and no place.
_LONGEST_ADDRESS = 65_536

_FIREFOX_EMBEDDED = (4, 8)

#: A row of a query as (time, address, title, text, why it is no visit of the person's).
Visit = tuple[int | None, object, object, object, str]


@dataclass(frozen=True)
class Layout:
    """How a browser family keeps visits.

    Attributes:
        source: what the events are called.
        tables: the tables and columns by which it is recognised.
        query: its visits; ``{description}`` stands for a column that not every version has.
        visit: what a row says.
        searches: a query for what was searched for, as (time in milliseconds, words); '' for none.
    """

    source: str
    tables: dict[str, tuple[str, ...]]
    query: str
    visit: Callable[[Row], Visit]
    searches: str = ""


def _chrome(row: Row) -> Visit:
    time, url, title, transition = row
    bits = transition if isinstance(transition, int) else 0
    why = ""
    if bits & _KIND == _FRAME:
        why = EMBEDDED
    elif not bits & _CHAIN_END and bits & (_CHAIN_START | _REDIRECTED):
        why = REDIRECT
    return micros(time, 1.0, _SINCE_1601), url, title, "", why


def _firefox(row: Row) -> Visit:
    time, url, title, text, kind, hidden = row
    why = EMBEDDED if kind in _FIREFOX_EMBEDDED else REDIRECT if hidden == 1 else ""
    return _micros_or_millis(time), url, title, text, why


def _firefox_android(row: Row) -> Visit:
    time, url, title, kind = row
    return _micros_or_millis(time), url, title, "", EMBEDDED if kind in _FIREFOX_EMBEDDED else ""


def _safari(row: Row) -> Visit:
    time, url, title, loaded, destination = row
    why = REDIRECT if destination is not None else FAILED if loaded == 0 else ""
    return micros(time, 1e6, _SINCE_2001), url, title, "", why


def _qutebrowser(row: Row) -> Visit:
    time, url, title, redirect = row
    return micros(time, 1e6), url, title, "", REDIRECT if redirect == 1 else ""


def _micros_or_millis(time: object) -> int | None:
    # Firefox for phones counts in milliseconds, on desks in microseconds.
    return micros(time) or micros(time, 1e3)


LAYOUTS = (
    Layout(
        "firefox",
        {
            "moz_places": ("id", "url", "title", "hidden"),
            "moz_historyvisits": ("place_id", "visit_date", "visit_type"),
        },
        "SELECT v.visit_date, p.url, p.title, {description}, v.visit_type, p.hidden"
        " FROM moz_historyvisits v JOIN moz_places p ON p.id = v.place_id",
        _firefox,
    ),
    Layout(
        "firefox",
        {
            "history": ("guid", "url", "title", "date", "deleted"),
            "visits": ("history_guid", "visit_type", "date"),
        },
        # Visits were kept from a later version on; before, a page has its last visit only.
        "SELECT coalesced.date, h.url, h.title, coalesced.kind FROM history h JOIN ("
        "SELECT history_guid AS guid, date, visit_type AS kind FROM visits UNION ALL"
        " SELECT guid, date, 1 FROM history WHERE guid NOT IN (SELECT history_guid FROM visits)"
        ") coalesced ON coalesced.guid = h.guid WHERE h.deleted = 0",
        _firefox_android,
        "SELECT date, query FROM searchhistory",
    ),
    Layout(
        "chrome",
        {"urls": ("id", "url", "title"), "visits": ("url", "visit_time", "transition")},
        "SELECT v.visit_time, u.url, u.title, v.transition"
        " FROM visits v JOIN urls u ON u.id = v.url",
        _chrome,
    ),
    Layout(
        "safari",
        {
            "history_items": ("id", "url"),
            "history_visits": (
                "history_item",
                "visit_time",
                "title",
                "load_successful",
                "redirect_destination",
            ),
        },
        "SELECT v.visit_time, i.url, v.title, v.load_successful, v.redirect_destination"
        " FROM history_visits v JOIN history_items i ON i.id = v.history_item",
        _safari,
    ),
    Layout(
        "qutebrowser",
        {"history": ("url", "title", "atime", "redirect")},
        "SELECT atime, url, title, redirect FROM history",
        _qutebrowser,
    ),
)


class BrowserDatabase:
    """Reads a browser's history database, whatever the file is called."""

    name = "browser history"

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """Whether it is an SQLite database; which one is seen when it is opened."""
        return head.startswith(MAGIC)

    def read(self, file: DataFile, context: Context, first_row: int = 1) -> Reading:
        """See :class:`~journeys.ingest.contract.Adapter`."""
        with ExitStack() as stack:
            database = stack.enter_context(open_database(file, context.limits))
            layout = _layout(database)
            keep_open = stack.pop_all()
        notes: list[str] = []
        pages = PageReader(layout.source)

        def records() -> Iterator[RawRecord | Rejected]:
            with keep_open:
                yield from _records(database, layout, pages, first_row)
            notes.extend(pages.notes())
            if database.damaged:
                notes.append(
                    f"{file.name} is damaged or takes too long to read, so only a part was read. "
                    "Copy it again while the browser is closed."
                )

        batches = batched(records(), row_size(context))
        return Reading(f"{layout.source} history (sqlite)", {}, batches, notes)


def _layout(database: Database) -> Layout:
    for layout in LAYOUTS:
        if all(database.has(table, columns) for table, columns in layout.tables.items()):
            return layout
    raise InputError(
        f"{database.name} is a SQLite database but not the history of a browser that is known. "
        "Export the table as CSV."
    )


def _cut(value: object, limit: int) -> object:
    return value[: limit + 1] if isinstance(value, str) else value


def _records(
    database: Database, layout: Layout, pages: PageReader, first_row: int
) -> Iterator[RawRecord | Rejected]:
    described = database.has("moz_places", ("description",))
    query = layout.query.replace("{description}", "p.description" if described else "''")
    row = first_row
    for found in database.rows(query):
        when, url, title, text, why = layout.visit(found)
        # One huge title may be joined to many visits.
        title, text = _cut(title, 2_000), _cut(text, 20_000)
        if not isinstance(url, str):
            yield Rejected(row, "no address", str(url)[:80])
        elif len(url) > _LONGEST_ADDRESS:
            yield Rejected(row, "an address too long", url[:80])
        elif why:
            yield Rejected(row, why, url[:80])
        else:
            yield pages.visit(row, when, url, _text(title), _text(text))
        row += 1
    if layout.searches and database.has("searchhistory", ("date", "query")):
        for time, words in database.rows(layout.searches):
            when = _micros_or_millis(time)
            yield RawRecord(
                row,
                {
                    "timestamp": when,
                    "title": _text(words),
                    "action": "search",
                    "source": layout.source,
                },
            )
            row += 1


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
