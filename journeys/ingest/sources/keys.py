"""Which keys the first record of a JSON file has, from its first bytes."""

from __future__ import annotations

import codecs
import io

import ijson

from journeys.errors import InputError
from journeys.ingest.guarded import Guarded
from journeys.ingest.sources.rows import HEAD

#: Objects within objects are looked into this deep.
_DEPTH = 3


def json_keys(head: bytes) -> frozenset[str]:
    """Dotted paths of the keys of the first record: of the object at the root, or of the first
    element of the array there. Arrays within are not looked into. Empty if it is no such JSON.

    >>> sorted(json_keys(b'[{"ts": 1, "track": {"name": "x"}}, {"other": 2}]'))
    ['track', 'track.name', 'ts']
    """
    some = head[:HEAD].removeprefix(codecs.BOM_UTF8).lstrip()
    if some[:1] not in (b"{", b"["):
        return frozenset()
    found: set[str] = set()
    path: list[str | None] = []  # of each open object its present key, of each open array None
    try:
        stream = Guarded(io.BytesIO(some), HEAD)
        for event, value in ijson.basic_parse(stream, multiple_values=True, use_float=True):
            if event == "map_key":
                path[-1] = value
                inner = path[1:] if path[0] is None else path
                if None not in inner and len(inner) <= _DEPTH:
                    found.add(".".join(part or "" for part in inner))
            elif event in ("start_map", "start_array"):
                path.append("" if event == "start_map" else None)
            elif event in ("end_map", "end_array"):
                path.pop()
                if not path or path == [None]:
                    break  # the first record is complete
            elif path == [None]:
                break  # an array of plain values
    except (ijson.JSONError, InputError, ValueError, OverflowError):
        pass  # a head may end anywhere
    return frozenset(found)
