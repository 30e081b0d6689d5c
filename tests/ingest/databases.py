"""Made-up browser histories as SQLite databases, as bytes; built in memory by the tests."""

from __future__ import annotations

import sqlite3

#: 2024-06-03 07:33:20 UTC in seconds since 1970.
BASE = 1_717_400_000

SCHEMAS = {
    "chrome": (
        "CREATE TABLE urls(id INTEGER PRIMARY KEY, url TEXT, title TEXT, visit_count INTEGER,"
        " hidden INTEGER);"
        "CREATE TABLE visits(id INTEGER PRIMARY KEY, url INTEGER, visit_time INTEGER,"
        " from_visit INTEGER, transition INTEGER);"
    ),
    "firefox": (
        "CREATE TABLE moz_places(id INTEGER PRIMARY KEY, url TEXT, title TEXT, hidden INTEGER,"
        " description TEXT);"
        "CREATE TABLE moz_historyvisits(id INTEGER PRIMARY KEY, from_visit INTEGER,"
        " place_id INTEGER, visit_date INTEGER, visit_type INTEGER);"
    ),
    "safari": (
        "CREATE TABLE history_items(id INTEGER PRIMARY KEY, url TEXT);"
        "CREATE TABLE history_visits(id INTEGER PRIMARY KEY, history_item INTEGER,"
        " visit_time REAL, title TEXT, load_successful BOOLEAN, redirect_destination INTEGER);"
    ),
    "qutebrowser": "CREATE TABLE History(url, title, atime, redirect);",
}


def database(family: str, pages: int = 12, *, wal: bool = False, extra: str = "") -> bytes:
    """A history of ``pages`` visits, one a minute, of which every sixth is no visit of a person."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMAS[family] + extra)
    for at in range(1, pages + 1):
        url, title, odd = f"https://example.org/{at}", f"Page {at} on bread", at % 6 == 0
        seconds = BASE + 60 * at
        if family == "chrome":
            bits = 0x10000001 if odd else 0x30000001
            micros = (seconds + 11_644_473_600) * 1_000_000
            connection.execute("INSERT INTO urls VALUES(?,?,?,1,0)", (at, url, title))
            connection.execute("INSERT INTO visits VALUES(?,?,?,0,?)", (at, at, micros, bits))
        elif family == "firefox":
            place = (at, url, title, 0, "About baking")
            visit = (at, 0, at, seconds * 1_000_000, 8 if odd else 1)
            connection.execute("INSERT INTO moz_places VALUES(?,?,?,?,?)", place)
            connection.execute("INSERT INTO moz_historyvisits VALUES(?,?,?,?,?)", visit)
        elif family == "safari":
            visit = (at, at, seconds - 978_307_200 + 0.5, title, 0 if odd else 1, None)
            connection.execute("INSERT INTO history_items VALUES(?,?)", (at, url))
            connection.execute("INSERT INTO history_visits VALUES(?,?,?,?,?,?)", visit)
        else:
            connection.execute("INSERT INTO History VALUES(?,?,?,?)", (url, title, seconds, odd))
    connection.commit()
    data = bytearray(connection.serialize())
    connection.close()
    if wal:
        data[18:20] = b"\x02\x02"
    return bytes(data)
