"""A judge let loose on the names that people labelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from journeys.discovery.evidence import build_evidence
from journeys.discovery.progress import Progress
from journeys.discovery.sendable import sendable
from journeys.errors import Cancelled, EndpointBusy
from journeys.naming import Evidence
from journeys.naming.judge import Judgement, NameJudge
from journeys.store.labels import Label, LabelRecord

if TYPE_CHECKING:
    from journeys.store import Store

#: person and journey
Place = tuple[str, str]


@dataclass
class Judged:
    """What a judge made of names.

    Attributes:
        labels: its labels.
        again: with another order of the titles, of those that were judged twice.
        unjudged: names without an answer that could be read.
        failed: names that the endpoint did not answer for.
        calls, tokens: requests made now, and their tokens.
    """

    labels: list[LabelRecord] = field(default_factory=list)
    again: list[LabelRecord] = field(default_factory=list)
    unjudged: int = 0
    failed: int = 0
    calls: int = 0
    tokens: int = 0


def names_of(labels: Iterable[LabelRecord]) -> list[LabelRecord]:
    """One of the labels of each name by people, by person, journey and level."""
    first: dict[tuple[str, str, int, str], LabelRecord] = {}
    for record in labels:
        label = record.label
        if label.by_person:
            key = (record.pseudonym, label.journey_id, label.level, label.name)
            first.setdefault(key, record)
    return [first[key] for key in sorted(first)]


def stored_evidence(
    store: Store, run_id: int, names: Sequence[LabelRecord]
) -> dict[Place, Evidence]:
    """What each labelled journey of a run rests on, redacted. Journeys that are gone are absent."""
    wanted: dict[str, set[str]] = {}
    for record in names:
        wanted.setdefault(record.pseudonym, set()).add(record.label.journey_id)
    people = {one.pseudonym: one.person_id for one in store.results.people(run_id)}
    found: dict[Place, Evidence] = {}
    for pseudonym in wanted.keys() & people.keys():
        timeline = store.logs.timeline(people[pseudonym], run_id)
        result = store.results.user(run_id, people[pseudonym], timeline)
        for journey in result.journeys:
            if journey.id in wanted[pseudonym]:
                place = (pseudonym, journey.id)
                found[place] = build_evidence(timeline, result, journey)
    return found


def judge_names(
    judge: NameJudge,
    names: Sequence[LabelRecord],
    evidence: Mapping[Place, Evidence],
    *,
    progress: Progress,
    repeat: bool = False,
    keep: Callable[[LabelRecord], None] = lambda record: None,
) -> Judged:
    """Judge each name by the evidence of its journey; names without evidence are left out.

    Args:
        names: as :func:`names_of` gives them.
        repeat: judge each name a second time with its titles in another order.
        keep: told of each label as soon as it is there, so that nothing is lost.

    Raises:
        EndpointRefused: no later call will succeed either.
        Cancelled: progress said to stop.
    """
    judged = Judged()
    known = [record for record in names if (record.pseudonym, record.label.journey_id) in evidence]
    progress.stage("judge", 0, len(known))
    for done, record in enumerate(known, start=1):
        if progress.should_stop():
            raise Cancelled("The judging was stopped; the same command goes on.")
        for shuffle in range(2 if repeat else 1):
            try:
                one = _one(judge, record, evidence, shuffle, judged)
            except EndpointBusy:
                judged.failed += 1
                break
            if one is None:
                break
            (judged.again if shuffle else judged.labels).append(one)
            if not shuffle:
                keep(one)
        progress.update(done)
    return judged


def _one(
    judge: NameJudge,
    record: LabelRecord,
    evidence: Mapping[Place, Evidence],
    shuffle: int,
    judged: Judged,
) -> LabelRecord | None:
    label = record.label
    own = evidence[record.pseudonym, label.journey_id]
    answer = judge.judge(own, sendable(label.name), label.level, shuffle=shuffle)
    judged.calls += answer.usage.calls
    judged.tokens += answer.usage.prompt_tokens + answer.usage.completion_tokens
    if not isinstance(answer, Judgement):
        judged.unjudged += 1
        return None
    rater = judge.id if not shuffle else f"{judge.id}~shuffled"
    made = Label(
        label.journey_id,
        label.level,
        label.name,
        label.namers,
        rater,
        answer.fit,
        answer.specificity,
    )
    return LabelRecord(record.pseudonym, made, record.created_at)
