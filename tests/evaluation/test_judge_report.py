"""Scores beside agreement, or not at all; files of labels; and the judge at work."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from journeys.discovery.progress import Silent
from journeys.errors import EndpointBusy, InputError
from journeys.evaluation.judge_report import LEAST_LABELS, report, with_repeat
from journeys.evaluation.judge_tables import as_json, tables
from journeys.evaluation.judging import judge_names, names_of
from journeys.evaluation.label_files import labels_csv, read_labels, write_labels
from journeys.naming import Evidence
from journeys.naming.fake import FakeChat
from journeys.naming.judge import NameJudge
from journeys.store.labels import FOIL, Label, LabelRecord

JUDGE = "judge:m@p"


def record(
    journey: int,
    rater: str,
    fit: int,
    specificity: str = "right",
    *,
    namers: tuple[str, ...] = ("a",),
    name: str = "",
    level: int = 3,
) -> LabelRecord:
    label = Label(
        f"j{journey}", level, name or f"name {journey}", namers, rater, fit,
        "" if fit == 1 else specificity,
    )  # fmt: skip
    return LabelRecord(f"p{journey % 3}", label, journey)


def labelled(number: int, judge_offset: int = 0) -> list[LabelRecord]:
    """So many names, each labelled by a person and the judge."""
    rng = np.random.default_rng(0)
    fits = rng.integers(1, 5, number).tolist()
    people = [record(at, "person:ab", fit) for at, fit in enumerate(fits)]
    return people + [record(at, JUDGE, fit + judge_offset) for at, fit in enumerate(fits)]


def test_with_few_human_labels_a_judge_has_no_scores_anywhere() -> None:
    found = report(labelled(LEAST_LABELS - 1, judge_offset=1))
    (figures,) = found.judges
    assert figures.scores is None
    assert figures.refusal.startswith("The judge's scores are not shown: 29 human labels")
    text = tables(found)
    assert figures.refusal in text
    assert text.count("| a | 3 |") == 1, "people's own scores are shown, the judge's are not"
    judged = as_json(found)["judges"][JUDGE]
    assert judged["scores"] is None
    assert judged["refused"] == figures.refusal
    assert judged["agreement"]["fit"]["pairs"] == 29


def test_with_enough_labels_scores_stand_beside_the_agreement() -> None:
    found = report(labelled(LEAST_LABELS, judge_offset=1))
    (figures,) = found.judges
    assert figures.refusal == ""
    assert figures.scores is not None
    assert figures.scores["a", 3].fit.mean == pytest.approx(found.scores["a", 3].fit.mean + 1)
    assert figures.agreement.fit.bias.mean == 1
    part = tables(found).partition(f"## What {JUDGE} says")[2]
    assert part.index("Its agreement with 30 human labels") < part.index("| a | 3 |")
    assert "bias +1.00 (+1.00 to +1.00)" in part


def test_a_judge_of_its_own_names_is_told() -> None:
    records = labelled(LEAST_LABELS)
    assert "judges its own names" not in tables(report(records))
    own = [replace(r, label=replace(r.label, namers=("llm:m",))) for r in records]
    assert "It judges its own names here (llm:m)" in tables(report(own))


def test_only_agreement_has_neither_scores_nor_a_refusal() -> None:
    found = report(labelled(10))
    text = tables(found, agreement_only=True)
    assert "not shown" not in text
    assert "| a | 3 |" not in text
    assert f"| {JUDGE} with people | fit |" in text
    assert "scores" not in as_json(found, agreement_only=True)
    assert "scores" not in as_json(found, agreement_only=True)["judges"][JUDGE]


def test_labels_of_names_that_the_judge_did_not_see_do_not_count() -> None:
    records = labelled(29) + [record(at, "person:cd", 3) for at in range(100, 140)]
    assert report(records).judges[0].labels == 29
    assert report(records).judges[0].scores is None


def test_a_name_that_two_namers_gave_counts_for_both() -> None:
    found = report([record(1, "person:ab", 4, namers=("a", "b")), record(2, "person:ab", 2)])
    assert found.scores["a", 3].names == 2
    assert found.scores["a", 3].fit.mean == 3
    assert found.scores["b", 3].fit.mean == 4
    assert math.isnan(found.scores["a", 3].fit.low), "two journeys are too few for an interval"


def test_foils_are_reported_apart() -> None:
    records = [
        record(1, "person:ab", 5),
        record(1, "person:ab", 1, namers=(FOIL,), name="other"),
        record(2, "person:ab", 4, namers=(FOIL,), name="another"),
        record(2, JUDGE, 2, namers=(FOIL,), name="another"),
    ]
    found = report(records)
    assert found.raters == {"person:ab": 1}
    assert list(found.scores) == [("a", 3)]
    assert (found.foils["person:ab"].caught, found.foils["person:ab"].seen) == (1, 2)
    assert (found.foils[JUDGE].caught, found.foils[JUDGE].seen) == (1, 1)
    assert found.judges[0].labels == 0
    assert "1 of 2" in tables(found)


def test_specificity_of_wrong_names_is_left_out() -> None:
    records = [
        record(at, rater, 1 if at < 5 else 4, "broad" if at % 2 else "right")
        for at in range(20)
        for rater in ("person:ab", "person:cd")
    ]
    found = report(records)
    assert found.people.fit.pairs == 20
    assert found.people.specificity.pairs == 15
    assert sum(found.scores["a", 3].specificity.values()) == pytest.approx(1)


def test_the_json_has_no_nan() -> None:
    text = json.dumps(as_json(report(labelled(3))), allow_nan=False)
    assert json.loads(text)["people"]["fit"]["alpha"]["mean"] is None


def test_labels_survive_a_file_and_a_spreadsheet(tmp_path: Path) -> None:
    records = [
        record(1, "person:ab", 4, "broad", namers=("a", "b")),
        record(2, JUDGE, 1, name='=HYPERLINK("http://x")'),
        record(3, "person:ab", 2, name="naïve, “quoted”\nline"),
    ]
    path = tmp_path / "labels.csv"
    assert write_labels(path, records) == 3
    assert path.read_bytes() == labels_csv(records)
    assert "'=HYPERLINK" in path.read_text("utf-8")
    found = read_labels(path)
    assert [r.pseudonym for r in found] == [r.pseudonym for r in records]
    assert [r.label for r in found][:2] == [r.label for r in records][:2]


def test_groups_may_stand_for_journeys_and_rows_without_a_fit_are_passed_over(
    tmp_path: Path,
) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(
        "user_id,group,level,name,namer,rater,fit,specificity\n"
        "u1,Jazz,3,playing jazz,local,ann,4,Right\n"
        "u1,Jazz,4,jazz and more,local,ann,,\n"
    )
    (found,) = read_labels(path)
    assert (found.label.journey_id, found.label.rater) == ("Jazz", "person:ann")
    assert found.label.specificity == "right"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("u,j,3,n,a,ann,7,right", "Row 1 of labels.csv: fit must be 1 to 5"),
        ("u,j,3,n,a,ann,x,right", "Row 1 of labels.csv: fit must be 1 to 5, not 'x'"),
        ("u,j,9,n,a,ann,3,right", "level must be 1 to 5"),
        ("u,j,3,n,a,ann,3,wide", "specificity must be one of"),
        ("u,j,3,n,a,,3,right", "it has no rater"),
        ("u,j,3,n,a,ann,,", "no row has a fit"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_by_its_row(
    tmp_path: Path, row: str, message: str
) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(f"user_id,journey,level,name,namer,rater,fit,specificity\n{row}\n")
    with pytest.raises(InputError, match=message):
        read_labels(path)


def test_a_file_without_a_column(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("user_id,journey,level,name\nu,j,3,n\n")
    with pytest.raises(InputError, match="no column 'namer'"):
        read_labels(path)


def answer(fit: int) -> str:
    return json.dumps({"reason": "The titles say so.", "fit": fit, "specificity": "right"})


def test_the_judge_rates_every_labelled_name_once_and_keeps_each_at_once() -> None:
    records = [record(1, "person:ab", 4), record(1, "person:cd", 2), record(2, "person:ab", 1)]
    names = names_of([*records, record(3, JUDGE, 2)])
    assert [r.label.journey_id for r in names] == ["j1", "j2"]
    evidence = {(r.pseudonym, r.label.journey_id): Evidence(("a title",)) for r in names}
    chat = FakeChat(answers=[answer(4), answer(4), answer(2), answer(3)])
    kept: list[LabelRecord] = []
    judge = NameJudge(chat)
    judged = judge_names(judge, names, evidence, progress=Silent(), repeat=True, keep=kept.append)
    assert [r.label.fit for r in judged.labels] == [4, 2]
    assert [r.label.fit for r in judged.again] == [4, 3]
    assert kept == judged.labels
    assert judged.calls == 4
    found = report([*records, *judged.labels])
    itself = with_repeat(found.judges[0], judged.labels, judged.again).itself
    assert itself is not None
    assert (itself.fit.pairs, itself.fit.exact) == (2, 0.5)


def test_names_that_get_no_answer_are_counted_and_the_rest_goes_on() -> None:
    names = [record(at, "person:ab", 4) for at in range(3)]
    evidence = {(r.pseudonym, r.label.journey_id): Evidence(("a title",)) for r in names}
    chat = FakeChat(answers=["?", "?", "?", answer(5)], errors={1: EndpointBusy("later")})
    judged = judge_names(NameJudge(chat), names, evidence, progress=Silent())
    assert (judged.failed, judged.unjudged, len(judged.labels)) == (1, 1, 1)


def test_what_a_person_wrote_into_a_name_is_redacted_before_it_is_sent() -> None:
    one = record(1, "person:ab", 4, name="mails to ann@example.org")
    chat = FakeChat(answers=[answer(4)])
    judged = judge_names(
        NameJudge(chat), [one], {("p1", "j1"): Evidence(("a",))}, progress=Silent()
    )
    assert "ann@example.org" not in str(chat.calls)
    assert judged.labels[0].label.name == one.label.name


def test_an_empty_report_says_nothing_and_does_not_fail() -> None:
    found = report([])
    assert found.judges == ()
    assert "## Agreement" in tables(found)
    write_labels(io.StringIO(), [])
