"""Label reports as tables and JSON. A judge's scores stand under its agreement, or not at all."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from journeys.evaluation.agreement import Agreement
from journeys.evaluation.intervals import Interval
from journeys.evaluation.judge_report import JudgeFigures, LabelReport, Scales, Scores
from journeys.evaluation.report import markdown
from journeys.naming.rubric import SPECIFICITY

RULES = (
    "Fit is 1 (wrong) to 5 (just so), specificity broad / right / specific for the level asked "
    "for. Alpha is Krippendorff's (ordinal for fit, nominal for specificity), kappa Cohen's with "
    "quadratic weights, bias the mean of the judge's fit minus the person's. Intervals are 95% "
    "bootstraps over journeys. Foils are left out. An alpha below .667 is too low even for "
    "tentative conclusions (Krippendorff 2004)."
)

_AGREEMENT = (
    "who", "scale", "alpha", "kappa", "Spearman", "Kendall", "exact", "bias", "pairs", "journeys",
)  # fmt: skip


def agreement_table(found: LabelReport) -> str:
    """Between people, and each judge with people and with itself, on both scales."""
    rows = _scale_rows("people with each other", found.people)
    for figures in found.judges:
        rows += _scale_rows(f"{figures.judge} with people", figures.agreement)
        if figures.itself:
            rows += _scale_rows(f"{figures.judge} with itself", figures.itself)
    return markdown(_AGREEMENT, rows)


def _scale_rows(who: str, scales: Scales) -> list[list[str]]:
    return [[who, "fit", *_cells(scales.fit)], [who, "specificity", *_cells(scales.specificity)]]


def _cells(own: Agreement) -> list[str]:
    return [
        interval_words(own.alpha),
        *(number_words(value) for value in (own.kappa, own.spearman, own.kendall, own.exact)),
        interval_words(own.bias, signed=True),
        f"{own.pairs:,}",
        f"{own.clusters:,}",
    ]


def score_table(scores: Scores) -> str:
    """Fit and specificity by namer and level."""
    rows = [
        [
            namer,
            str(level),
            interval_words(score.fit),
            *(
                f"{score.specificity[point]:.0%}" if score.specificity else "–"
                for point in SPECIFICITY
            ),
            f"{score.names:,}",
        ]
        for (namer, level), score in scores.items()
    ]
    header = ("namer", "level", "fit", "too broad", "right", "too specific", "names")
    return markdown(header, rows)


def foil_table(found: LabelReport) -> str:
    """How each rater took the names of other journeys."""
    rows = [
        [rater, f"{own.caught} of {own.seen}", f"{own.caught / own.seen:.0%}"]
        for rater, own in found.foils.items()
    ]
    return markdown(("rater", "foils with fit 1 or 2", "share"), rows)


def tables(found: LabelReport, *, agreement_only: bool = False) -> str:
    """The whole report in words and tables."""
    parts = [RULES, "## Agreement", agreement_table(found)]
    if found.foils:
        parts += ["## Foils: names of other journeys", foil_table(found)]
    if not agreement_only:
        parts += ["## What people say", score_table(found.scores)]
        for figures in found.judges:
            parts += [f"## What {figures.judge} says", _judge_part(figures)]
    return "\n\n".join(parts)


def _judge_part(figures: JudgeFigures) -> str:
    if figures.scores is None:
        return figures.refusal
    return f"{beside(figures)}\n\n{score_table(figures.scores)}"


def beside(figures: JudgeFigures) -> str:
    """The sentence that stands beside a judge's scores wherever they are shown."""
    fit, specificity = figures.agreement.fit, figures.agreement.specificity
    own = f"llm:{figures.judge.removeprefix('judge:').partition('@')[0]}"
    # Panickssery et al. 2024, arXiv 2404.13076: models favour what they wrote themselves.
    itself = any(namer == own for namer, _ in figures.scores or ())
    return (
        f"Its agreement with {figures.labels:,} human labels: alpha of fit "
        f"{interval_words(fit.alpha)}, exactly equal {fit.exact:.0%}, bias "
        f"{interval_words(fit.bias, signed=True)}; alpha of specificity "
        f"{interval_words(specificity.alpha)}."
        + (f" It judges its own names here ({own}), which models tend to favour." if itself else "")
    )


def number_words(value: float, *, signed: bool = False) -> str:
    """Two digits, or a dash for what is not defined."""
    if math.isnan(value):
        return "–"
    return f"{value:+.2f}" if signed else f"{value:.2f}"


def interval_words(own: Interval, *, signed: bool = False) -> str:
    """A figure with its interval, where there is one."""
    mean = number_words(own.mean, signed=signed)
    if math.isnan(own.mean) or math.isnan(own.low):
        return mean
    low, high = (number_words(value, signed=signed) for value in (own.low, own.high))
    return f"{mean} ({low} to {high})"


def as_json(found: LabelReport, *, agreement_only: bool = False) -> dict[str, Any]:
    """The report as one object; NaN becomes None, scores that may not be shown are None."""
    result: dict[str, Any] = {
        "raters": dict(found.raters),
        "people": asdict(found.people),
        "foils": {rater: asdict(own) for rater, own in found.foils.items()},
        "judges": {
            figures.judge: {
                "human_labels": figures.labels,
                "agreement": asdict(figures.agreement),
                "itself": asdict(figures.itself) if figures.itself else None,
            }
            for figures in found.judges
        },
    }
    if not agreement_only:
        result["scores"] = _scores(found.scores)
        for figures in found.judges:
            own = result["judges"][figures.judge]
            own["scores"] = None if figures.scores is None else _scores(figures.scores)
            own["refused"] = figures.refusal
    return dict(_without_nan(result))


def _scores(scores: Scores) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for (namer, level), score in scores.items():
        found.setdefault(namer, {})[str(level)] = asdict(score)
    return found


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(own) for key, own in value.items()}
    if isinstance(value, float) and math.isnan(value):
        return None
    return value
