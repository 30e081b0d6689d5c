"""What the store keeps of a study, as the long format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from statistics import fmean
from typing import TYPE_CHECKING

from journeys.study.answers import Correction, TrialRecord
from journeys.study.design import StudyDesign
from journeys.study.duration import duration
from journeys.study.longformat import StudyData, from_rows, study_data
from journeys.study.screens import LISTED

if TYPE_CHECKING:
    from journeys.store.labels import Label, LabelRecord
    from journeys.store.study_results import ParticipantRecord

_SPECIFICITY = {"broad": -1, "right": 0, "specific": 1}
_ONGOING = {"yes": True, "no": False}  # "unsure" is missing
_REMEMBERS = {"all": True, "some": True, "none": False}

_STEPS = {
    "opened": "opened_at",
    "consented": "consented_at",
    "stated": "stated_at",
    "confirmed": "log_at",
    "rating": "rated_at",
}

_STEP_WORDS = {
    "invited": "invited",
    "opened": "opened the link",
    "consented": "consented",
    "stated": "said their journeys",
    "confirmed": "confirmed their log",
    "rating": "began to rate",
    "corrected": "corrected journeys",
    "matched": "matched their own journeys",
    "after": "answered the last questions",
    "done": "finished",
}


def long_format(
    records: Sequence[ParticipantRecord],
    designs: Mapping[int, StudyDesign],
    *,
    labels: Sequence[LabelRecord] = (),
    funnel: Mapping[str, int] | None = None,
) -> StudyData:
    """The tables of a study.

    Args:
        records: as :meth:`journeys.store.study_results.StudyResultStore.participants` gives them.
        designs: version -> design, of every version in the records.
        labels: what others think of names of the study's runs; labels of names of people who are
            not in the records, foils, and labels by a language model are left out.
        funnel: step -> how many came to it, as the store counts them.
    """
    answers: list[dict[str, object]] = []
    stated: list[dict[str, object]] = []
    participants: list[dict[str, object]] = []
    for record in records:
        design = designs[record.version]
        answers += [_answer(record, trial, design) for trial in record.trials]
        missing = [c.words for c in record.corrections if c.kind == "missing"]
        said = [(words, "before") for words in record.stated]
        said += [(words, "missing") for words in missing]
        stated += [
            {"participant": record.pseudonym, "stated": at + 1, "words": words, "when": when,
             "match": _match(record, at) if when == "before" else None}
            for at, (words, when) in enumerate(said)
        ]  # fmt: skip
        participants.append(_participant(record, design))
    return study_data(
        answers=from_rows("answers", answers),
        stated=from_rows("stated", stated),
        participants=from_rows("participants", participants),
        third_party=from_rows("third_party", _third_party(labels, {r.pseudonym for r in records})),
        funnel=from_rows(
            "funnel",
            [
                {"step": _STEP_WORDS.get(step, step), "people": people}
                for step, people in (funnel or {}).items()
            ],
        ),
    )


def _match(record: ParticipantRecord, at: int) -> str | None:
    """What the participant says their statement is: a journey, "none", or not said."""
    if at not in record.matches:
        return None
    match = record.matches[at]
    return "none" if match is None else match[1]


def _third_party(labels: Sequence[LabelRecord], participants: set[str]) -> list[dict[str, object]]:
    """Labels by people; raters are numbered, since initials tell who they are."""
    kept = [
        (record.pseudonym, record.label)
        for record in labels
        if record.label.by_person and not record.label.foil and record.pseudonym in participants
    ]
    raters = sorted({label.rater for _, label in kept})
    number = {rater: f"rater {at}" for at, rater in enumerate(raters, start=1)}
    return [
        {"rater": number[label.rater], "unit": _unit(label), "journey": label.journey_id,
         "participant": who, "level": label.level, "name": label.name, "fit": label.fit,
         "specificity": _SPECIFICITY.get(label.specificity)}
        for who, label in kept
    ]  # fmt: skip


def _unit(label: Label) -> str:
    """A key of the name that does not say it, so that it stays where names are taken out."""
    digest = blake2b(" ".join(label.name.casefold().split()).encode(), digest_size=6).hexdigest()
    return f"{label.journey_id}:{label.level}:{digest}"


def _answer(
    record: ParticipantRecord, trial: TrialRecord, design: StudyDesign
) -> dict[str, object]:
    shown, said = trial.shown, trial.answers
    of = (shown.run_id, shown.journey_id)
    # "items" and "merge" can be said of real journeys only, and only once the step was reached.
    could_mark = "corrected" in record.steps and shown.kind != "foil"
    size = record.journeys.get((shown.run_id or 0, shown.journey_id), (0, 0))[1]
    marked = [c for c in record.corrections if c.kind == "items" and _about(c) == of]
    size = min(size, LISTED)
    return {
        "participant": record.pseudonym,
        "journey": shown.journey_id,
        "trial": shown.trial + 1,
        "condition": shown.condition,
        "arm": design.schedule,
        "level": shown.level,
        "name_shown": shown.name,
        "identification": said.identification,
        "specificity": _SPECIFICITY.get(said.specificity or ""),
        "wish_more": said.wish,
        "ongoing": _ONGOING.get(said.ongoing or ""),
        "since": said.since or None,
        "own_words": said.own_words or None,
        "remembers": _REMEMBERS.get(said.recalled or ""),
        "repeat_of": _repeated(record, trial),
        "is_foil": shown.kind == "foil",
        "items_shown": size if could_mark and size else None,
        "items_marked": len({e for c in marked for e in c.events}) if could_mark and size else None,
        "merged_with": " ".join(_same_as(record.corrections, *of)) or None,
        "journey_days": record.days.get((shown.run_id or 0, shown.journey_id)),
        "recall_ms": trial.recall_ms,
        "response_ms": trial.response_ms,
        "saved_at": trial.saved_at,
        "prompt": shown.prompts or None,
        "model": shown.namer,
    }


def _about(correction: Correction) -> tuple[int | None, str]:
    return correction.run_id, correction.journey_id


def _same_as(
    corrections: Sequence[Correction], run_id: int | None, journey_id: str
) -> Sequence[str]:
    """The journeys that the participant says are this one."""
    merges = [c for c in corrections if c.kind == "merge" and c.run_id == run_id]
    others = [c.other_id for c in merges if c.journey_id == journey_id]
    others += [c.journey_id for c in merges if c.other_id == journey_id]
    return sorted(set(others))


def _repeated(record: ParticipantRecord, trial: TrialRecord) -> int | None:
    """The trial that a repeat repeats, from 1: the latest before it that showed the same."""
    if trial.shown.kind != "repeat":
        return None
    shown = trial.shown
    same = [
        other.shown.trial + 1
        for other in record.trials
        if other.shown.kind == "journey"
        and other.shown.trial < shown.trial
        and (other.shown.journey_id, other.shown.condition) == (shown.journey_id, shown.condition)
    ]
    # Its first showing was not answered: it then repeats nothing that could be compared, but is
    # no trial of its own either.
    return max(same, default=shown.trial + 1)


def _participant(record: ParticipantRecord, design: StudyDesign) -> dict[str, object]:
    row: dict[str, object] = {
        "participant": record.pseudonym,
        "arm": design.schedule,
        "consent_version": record.consent.text_version,
        "finished_at": record.finished_at,
        "invited_at": record.invited_at,
    }
    if taken := duration(record.steps, record.trials):
        row |= {"total_seconds": taken.total, "active_seconds": taken.active}
    row["log_remark"] = next((c.words for c in record.corrections if c.kind == "log"), None)
    row |= {column: record.steps[step] for step, column in _STEPS.items() if step in record.steps}
    for moment, given in (("before", record.before), ("after", record.after)):
        for kind in ("trust", "risk"):
            values = [given[i.key] for i in design.items if i.kind == kind and i.key in given]
            row[f"{kind}_{moment}"] = fmean(values) if values else None
    return row
