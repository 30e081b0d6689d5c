"""Profiles come back as they were saved; the record of an import adds up and tells no secret."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime

import pytest

from journeys.errors import InputError
from journeys.ingest import read_log
from journeys.ingest.preparing import prepare
from journeys.ingest.profiles import (
    Profile,
    delete_profile,
    load_profile,
    profile_names,
    save_profile,
)
from journeys.ingest.provenance import SourceFile, as_markdown, data_dictionary, provenance
from journeys.ingest.rules import ImportRules
from journeys.settings import Settings
from journeys.store import open_store

CONTENT = b"""person,when,what,where
ann,2024-01-01T10:00:00Z,Home,https://a.org/
ann,2024-01-01T10:05:00Z,Write to ann@example.org about diabetes,https://a.org/x?token=abc123
ann,2024-01-01T10:05:00Z,Write to ann@example.org about diabetes,https://a.org/x?token=abc123
bob,2024-02-01T10:00:00Z,"Knitting | socks",https://clinic.org/x
bob,2024-02-02T10:00:00Z,"Knitting | hats",https://b.org/x
bob,some day,Lost,https://b.org/y
"""


def test_profiles_live_in_the_store(tmp_path) -> None:  # type: ignore[no-untyped-def]
    store = open_store(Settings.from_environment({"JOURNEYS_HOME": str(tmp_path)}))
    rules = ImportRules(ads=False, domains=("bank.example",), start=date(2024, 1, 1))
    profile = Profile({"title": "headline", "text": ""}, "Europe/Berlin", ("note",), rules)
    assert save_profile(store.choices, "  My   browser ", profile) == "My browser"
    save_profile(store.choices, "Another", Profile())
    assert profile_names(store.choices) == ["Another", "My browser"]
    assert load_profile(store.choices, "My browser") == profile
    delete_profile(store.choices, "Another")
    with pytest.raises(InputError, match="no profile 'Another'; the profiles are: 'My browser'"):
        load_profile(store.choices, "Another")
    with pytest.raises(InputError, match="needs a name"):
        save_profile(store.choices, "  ", profile)
    store.close()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mapping": {"headline": "x"}}, "no log has"),
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"rules": {"adverts": True}}, "no rule"),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(values: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Profile.from_dict(values)


def record() -> dict:  # type: ignore[type-arg]
    log = read_log(io.BytesIO(CONTENT), name="ann's secret.csv")
    prepared = prepare(log, ImportRules(domains=("clinic.org",)))
    files = [SourceFile(log.report, len(CONTENT))]
    return provenance(prepared, files, profile="mine", at=datetime(2026, 1, 2, tzinfo=UTC))


def test_the_record_adds_up() -> None:
    made = record()
    assert made["counts"] == {
        "records": 6,
        "rejected": 1,
        "repeated_records": 1,
        "events_read": 4,
        "left_out": 2,
        "deleted_by_hand": 0,
        "events_kept": 2,
        "people": 2,
    }
    assert made["left_out_by_rule"] == {"domains": 1, "boilerplate": 1}
    assert made["redacted_by_kind"] == {"email": 1, "secret": 1}
    assert made["sensitive_topics"] == {"health": 1}
    assert sum(made["events_by_source"].values()) == made["counts"]["events_kept"]
    (file,) = made["files"]
    assert file["bytes"] == len(CONTENT)
    assert len(file["sha256"]) == 64
    assert json.loads(json.dumps(made)) == made


def test_the_record_tells_no_title_name_or_hidden_domain() -> None:
    told = json.dumps(record()) + as_markdown(record())
    for secret in ("ann", "bob", "Knitting", "clinic", "secret.csv", "example.org", "abc123"):
        assert secret not in told.replace("planned", "")


def test_the_dictionary_has_a_row_a_column() -> None:
    log = read_log(io.BytesIO(CONTENT))
    prepared = prepare(log)
    rows = data_dictionary(prepared, log.report.mapping)
    assert [row["column"] for row in rows] == list(prepared.log.frame.columns)
    title = next(row for row in rows if row["column"] == "title")
    assert (title["read_from"], title["filled"], title["distinct"]) == ("what", 3, 3)
    assert all(row["meaning"] and row["type"] for row in rows)


def test_markdown_cells_cannot_break_the_table() -> None:
    made = record()
    made["files"][0]["format"] = "csv | <b>`x`\n# heading"
    page = as_markdown(made)
    (line,) = [line for line in page.splitlines() if "heading" in line]
    assert line.startswith("| csv \\| &lt;b>\\`x\\` # heading |")
    assert "| left out | 2 |" in page
