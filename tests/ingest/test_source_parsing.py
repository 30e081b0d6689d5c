"""What the sources share: telling files by their heads, guarding the JSON parser, dates, texts."""

from __future__ import annotations

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.errors import InputError
from journeys.ingest.guarded import DEPTH, Guarded
from journeys.ingest.sources.dates import iso_dates
from journeys.ingest.sources.keys import json_keys
from journeys.ingest.sources.rows import first_rows, flags, header, in_utc
from journeys.ingest.sources.text import by, joined, text_of, without_tags

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def structure(text: str) -> int:
    """Brackets that are open at the end, by a reading that is plain and slow."""
    outside = STRING.sub("", text)
    return sum(map(outside.count, "[{")) - sum(map(outside.count, "]}"))


@given(JSON, st.lists(st.integers(1, 9), min_size=1, max_size=8), st.booleans())
def test_a_guard_sees_the_same_structure_however_the_blocks_fall(
    value: object, sizes: list[int], plain: bool
) -> None:
    data = json.dumps(value, ensure_ascii=plain).encode()
    stream = Guarded(io.BytesIO(data), 10**6)
    out, at = b"", 0
    while block := stream.read(sizes[at % len(sizes)]):
        out, at = out + block, at + 1
        whole = out.decode("utf-8", "ignore")
        complete = STRING.sub("", whole)
        if '"' not in complete:  # not within a string
            assert stream._open == structure(whole)
    assert out == data
    assert stream._open == 0


@pytest.mark.parametrize(
    "text", ["[" * 5_000, "\\" * 4_001, '"' * 999, "{[" * 999 + '\\"', "9" * 9_999]
)
def test_what_is_in_a_string_is_no_structure(text: str) -> None:
    data = json.dumps([text, {"a": text}]).encode()
    for size in (1, 7, 4096, 10**6):
        stream = Guarded(io.BytesIO(data), 10**6)
        while stream.read(size):
            pass


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[" * (DEPTH + 1), "nested too deeply"),
        (b'["\\\\", ' + b"[" * DEPTH, "nested too deeply"),
        (b"[" + b"1" * 5_000 + b"]", "thousands of digits"),
        (b'["' + b"x" * 2_000 + b'"]', "longer than 1,000 bytes"),
    ],
)
def test_what_no_export_holds_is_given_up(data: bytes, words: str) -> None:
    stream = Guarded(io.BytesIO(data), 1_000 if "longer" in words else 10**6)
    with pytest.raises(InputError, match=words):
        list(iter(lambda: stream.read(4096), b""))


def test_keys_of_the_first_record_only() -> None:
    assert json_keys(b'[{"a": {"b": [{"c": 1}]}, "d": 2}, {"e": 3}]') == {"a", "a.b", "d"}
    assert json_keys(b'\xef\xbb\xbf {"list": {"x": {"url": 1') == {"list", "list.x", "list.x.url"}
    assert json_keys(b'{"a": 1}\n{"b": 2}\n') == {"a"}
    for data in (
        b"",
        b"[1, 2]",
        b"a,b\n",
        b"[[{",
        b'{"a": ' + b"9" * 9_999,
        b"[" * 9_999,
        b"{" * 999,
    ):
        assert "b" not in json_keys(data)
    assert "q" in json_keys(json.dumps({"code": "9" * 9_999, "q": 1}).encode())


@given(st.binary(max_size=300))
def test_any_bytes_have_a_head(data: bytes) -> None:
    assert isinstance(header(data), tuple)
    assert isinstance(json_keys(data), frozenset)


def test_headers_in_every_dress() -> None:
    plain = ("booktitle", "dateread")
    for data in (
        b"Book Title,Date Read\n",
        b'\xef\xbb\xbf"Book Title";"Date Read"\r\nx;y\r\n',
        b"sep=;\nBook Title;Date Read\n",
        "Book Title\tDate Read\n".encode("utf-16"),
        b"\n\nbook_title|DATE READ\n",
    ):
        assert header(data) == plain
    assert header(b"<html>,<b>") == ()
    assert header(b'{"a": 1, "b": 2}') == ()
    assert header(b"just words\n") == ()
    assert first_rows(b'a,"b\nc",d\n1,2,3\n', 1) == [["a", "b"]]  # a head is read line by line


def test_dates_of_a_column() -> None:
    readable, notes = iso_dates(["3/25/2021", "1/2/2021", "", "2021-01-01", "soon", "1/2/1950"])
    assert readable == {"3/25/2021": "2021-03-25T00:00:00", "1/2/2021": "2021-01-02T00:00:00"}
    assert notes == ()
    assert iso_dates([]) == ({}, ())
    assert len(iso_dates(["1/2/2021"])[1]) == 1  # nothing shows the order, which is said


def test_small_words() -> None:
    assert by(" Emma ", "") == "Emma"
    assert by("", "Jane Austen") == ""
    assert joined(["a", "", " a ", "b"]) == "a\nb"
    assert without_tags("1 < 2") == "1 < 2"
    assert without_tags("<p>one</p><b>two</b> &amp; three") == "one\ntwo & three"
    assert flags(ad=False) == ""
    assert in_utc("2024-01-01 10:00") == "2024-01-01 10:00Z"
    assert in_utc("2024-01-01T10:00:00+02:00") == "2024-01-01T10:00:00+02:00"
    assert [text_of(value) for value in (" a ", 1, 1.5, True, None, [1])] == [
        "a",
        "1",
        "1.5",
        "",
        "",
        "",
    ]
