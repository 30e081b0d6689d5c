"""What labels of names say, and a judge's scores: never without its agreement with people.

The rule is in the structure: a judge's scores exist only in :class:`JudgeFigures`, which holds its
agreement too, and they are made only where there are enough human labels to say how far it agrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from journeys.evaluation.agreement import Agreement, Rating, against, between
from journeys.evaluation.intervals import FEWEST_FOR_INTERVAL, Interval, macro_mean
from journeys.naming.rubric import FIT, SPECIFICITY
from journeys.store.labels import Label, LabelRecord

#: With fewer human labels of names that it judged, a judge's scores are not shown.
LEAST_LABELS = 30

REFUSED = (
    "The judge's scores are not shown: {labels} human {word} of the names it judged, and at least "
    "{least} are needed to say how far it agrees with people. Label more on the page Label names."
)


@dataclass(frozen=True)
class Score:
    """What raters think of a namer's names at a level.

    Attributes:
        names: how many names were rated.
        fit: mean of journeys' mean fit, 1 to 5, with a 95% interval over journeys where
            there are enough.
        specificity: share of each point among the ratings that have one; empty where none has.
    """

    names: int
    fit: Interval
    specificity: Mapping[str, float]


@dataclass(frozen=True)
class Foils:
    """How a rater took names of other journeys.

    Attributes:
        seen: foils rated.
        caught: of them, those with fit 1 or 2.
    """

    seen: int
    caught: int


#: namer and level
Scores = Mapping[tuple[str, int], Score]


@dataclass(frozen=True)
class Scales:
    """Agreement on the two scales."""

    fit: Agreement
    specificity: Agreement


@dataclass(frozen=True)
class JudgeFigures:
    """A judge beside people.

    Attributes:
        judge: its rater id.
        labels: human labels of names that it judged.
        agreement: with people, over those.
        scores: by namer and level, over all names it judged; None where there are too few labels.
        itself: with itself, with titles in another order; None where it was not asked twice.
    """

    judge: str
    labels: int
    agreement: Scales
    scores: Scores | None
    itself: Scales | None = None

    @property
    def refusal(self) -> str:
        """Why there are no scores; '' where there are."""
        if self.scores is not None:
            return ""
        word = "label" if self.labels == 1 else "labels"
        return REFUSED.format(labels=self.labels, word=word, least=LEAST_LABELS)


@dataclass(frozen=True)
class LabelReport:
    """What labels say.

    Attributes:
        raters: person -> names labelled, foils not counted.
        people: agreement between people.
        scores: by people, by namer and level.
        foils: rater -> how they took foils; judges too.
        judges: one for each judge that has rated.
    """

    raters: Mapping[str, int]
    people: Scales
    scores: Scores
    foils: Mapping[str, Foils]
    judges: tuple[JudgeFigures, ...]


def report(records: Sequence[LabelRecord], *, least: int = LEAST_LABELS) -> LabelReport:
    """What labels by people, and by judges if any, say of each namer at each level.

    Foils count only for themselves. A name that several namers gave counts for each.
    """
    real = [record for record in records if not record.label.foil]
    people = [record for record in real if record.label.by_person]
    raters = sorted({record.label.rater for record in people})
    judges = sorted({r.label.rater for r in records if not r.label.by_person})
    foils = [record.label for record in records if record.label.foil]
    return LabelReport(
        raters={rater: sum(r.label.rater == rater for r in people) for rater in raters},
        people=_scales(people, None, ()),
        scores=scores(people),
        foils={
            rater: _foils([label for label in foils if label.rater == rater])
            for rater in sorted({label.rater for label in foils})
        },
        judges=tuple(_figures(judge, real, people, raters, least) for judge in judges),
    )


def with_repeat(
    figures: JudgeFigures, first: Sequence[LabelRecord], again: Sequence[LabelRecord]
) -> JudgeFigures:
    """The figures with the judge's agreement with itself."""
    return replace(figures, itself=_scales([*first, *again], None, ()))


def _figures(
    judge: str,
    real: Sequence[LabelRecord],
    people: Sequence[LabelRecord],
    raters: Sequence[str],
    least: int,
) -> JudgeFigures:
    own = [record for record in real if record.label.rater == judge]
    agreement = _scales([*people, *own], judge, raters)
    enough = agreement.fit.pairs >= least
    return JudgeFigures(judge, agreement.fit.pairs, agreement, scores(own) if enough else None)


def _scales(records: Sequence[LabelRecord], judge: str | None, raters: Sequence[str]) -> Scales:
    fit = [_rating(record, record.label.fit - FIT[0]) for record in records]
    specificity = [
        _rating(record, SPECIFICITY.index(record.label.specificity))
        for record in records
        if record.label.specificity
    ]
    if judge is None:
        return Scales(
            between(fit, len(FIT), "ordinal"), between(specificity, len(SPECIFICITY), "nominal")
        )
    return Scales(
        against(fit, judge, raters, len(FIT), "ordinal"),
        against(specificity, judge, raters, len(SPECIFICITY), "nominal"),
    )


def _rating(record: LabelRecord, value: int) -> Rating:
    label = record.label
    cluster = f"{record.pseudonym}\x1f{label.journey_id}"
    return Rating(f"{label.level}\x1f{label.name}", cluster, label.rater, value)


def scores(records: Sequence[LabelRecord]) -> dict[tuple[str, int], Score]:
    """Mean fit and specificity by namer and level."""
    by_namer: dict[tuple[str, int], list[LabelRecord]] = {}
    for record in records:
        for namer in record.label.namers:
            by_namer.setdefault((namer, record.label.level), []).append(record)
    return {key: _score(by_namer[key]) for key in sorted(by_namer)}


def _score(records: Sequence[LabelRecord]) -> Score:
    journeys: dict[tuple[str, str], list[int]] = {}
    for record in records:
        place = (record.pseudonym, record.label.journey_id)
        journeys.setdefault(place, []).append(record.label.fit)
    said = [record.label.specificity for record in records if record.label.specificity]
    names = {(r.pseudonym, r.label.journey_id, r.label.name) for r in records}
    fit = macro_mean([float(np.mean(own)) for own in journeys.values()])
    if len(journeys) < FEWEST_FOR_INTERVAL:
        fit = Interval(fit.mean, np.nan, np.nan)
    return Score(
        len(names),
        fit,
        {point: said.count(point) / len(said) for point in SPECIFICITY} if said else {},
    )


def _foils(labels: Sequence[Label]) -> Foils:
    return Foils(len(labels), sum(label.fit <= 2 for label in labels))
