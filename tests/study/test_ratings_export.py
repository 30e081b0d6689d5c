"""The ratings file: complete, documented, harmless in a spreadsheet; and the summary's numbers."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from journeys.store import Answer, RatingRecord
from journeys.study.export import COLUMNS, codebook, iso, ratings_csv, ratings_zip
from journeys.study.summary import (
    close_share,
    close_share_by_level,
    counted,
    specificity_counts,
    wilson,
)


def record(
    identification: int | None = 4,
    specificity: str | None = "right",
    own_words: str = "",
    level: int = 3,
    name: str = "learning the ukulele",
) -> RatingRecord:
    answer = Answer(identification, specificity, own_words, level, name, "keyphrase")
    return RatingRecord(
        7, "p0123456789abcdef", "jabc", "local", answer, 2, 41, 1_700_000_000_000_000, 1
    )


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_a_row_says_all_there_is() -> None:
    (row,) = read(ratings_csv([record(own_words='strumming,\n"badly"')]))
    assert row == {
        "run_id": "7",
        "person": "p0123456789abcdef",
        "journey_id": "jabc",
        "journey_rank": "2",
        "journey_events": "41",
        "active": "yes",
        "rater": "local",
        "level": "3",
        "name_shown": "learning the ukulele",
        "namer": "keyphrase",
        "identification": "4",
        "identification_label": "Very closely",
        "specificity": "right",
        "own_words": 'strumming,\n"badly"',
        "created_at": "2023-11-14T22:13:20.000000Z",
        "updated_at": "1970-01-01T00:00:00.000001Z",
    }


def test_questions_that_were_not_answered_are_empty() -> None:
    (row,) = read(ratings_csv([record(None, None, "mine")]))
    assert (row["identification"], row["identification_label"], row["specificity"]) == ("", "", "")


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_formulas_are_neutralised(start: str) -> None:
    bad = f"{start}HYPERLINK(1)"
    (row,) = read(ratings_csv([record(own_words=bad, name=bad)]))
    assert row["own_words"] == row["name_shown"] == f"'{bad}"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_words_come_back_from_the_file(words: str) -> None:
    (row,) = csv.DictReader(
        io.StringIO(ratings_csv([record(own_words=words)]).decode(), newline="")
    )
    assert row["own_words"].removeprefix("'") == words.removeprefix("'")


def test_a_lone_surrogate_does_not_stop_the_export() -> None:
    assert b"\\ud800" in ratings_csv([record(name="\ud800")])


def test_the_codebook_explains_every_column_once() -> None:
    text = codebook()
    header = ratings_csv([]).decode().strip().split(",")
    assert header == [column.name for column in COLUMNS]
    for name in header:
        assert text.count(f"| `{name}` |") == 1
    for row in text.splitlines():
        if row.startswith("|"):
            assert row.count(" | ") == 2 or row.startswith("|---")


def test_the_archive_holds_file_and_codebook_and_is_repeatable() -> None:
    data = ratings_zip([record()])
    assert data == ratings_zip([record()])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["ratings.csv", "codebook.md"]
        assert archive.read("ratings.csv") == ratings_csv([record()])


def test_times_before_the_epoch_are_times_too() -> None:
    assert iso(-1) == "1969-12-31T23:59:59.999999Z"


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_wilsons(counts: tuple[int, int]) -> None:
    hits, n = counts
    low, high = wilson(hits, n)
    known = binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert (low, high) == pytest.approx((known.low, known.high), abs=1e-9)
    assert 0 <= low <= hits / n <= high <= 1


def test_no_answers_have_no_interval() -> None:
    with pytest.raises(ValueError, match="no interval"):
        wilson(0, 0)
    assert close_share(counted([record(identification=None)])).share is None


def test_the_share_counts_very_and_extremely_among_the_answered() -> None:
    answers = [record(n) for n in (1, 3, 4, 5)] + [record(None)]
    share = close_share(counted(answers))
    assert (share.hits, share.n, share.share) == (2, 4, 0.5)


def test_levels_are_kept_apart() -> None:
    answers = [record(5, level=3), record(1, level=3), record(4, level=5), record(None, level=1)]
    shares = close_share_by_level(counted(answers))
    assert {level: (s.hits, s.n) for level, s in shares.items()} == {3: (1, 2), 5: (1, 1)}


def test_specificity_is_counted_in_the_order_of_the_scale() -> None:
    answers = [record(specificity=s) for s in ("right", "broad", "right", None)]
    assert list(specificity_counts(counted(answers)).items()) == [
        ("broad", 1),
        ("right", 2),
        ("specific", 0),
    ]
