"""The comparison as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from journeys.userllm.fit_config import Fitted
from journeys.userllm.outcomes import Outcome, Row, difference
from journeys.userllm.questions import MEASURES

#: What the others are held against.
TEXT_ROUTE = "text prompt"
#: The same, trained with as long histories as the embedding routes are.
LONG_TEXT = "text prompt, trained long"

Answers = Mapping[tuple[str, int], Sequence[Outcome]]


def comparison_tables(
    found: Sequence[Row],
    answers: Answers,
    fits: Mapping[str, Fitted],
    flops: Mapping[int, float],
) -> str:
    """All tables, those that have nothing left out.

    Args:
        found: every row.
        answers: outcomes by route and history.
        fits: what each training took, by route.
        flops: of reading a prompt of so many tokens.
    """
    parts = [score_table(found), cost_table(found, flops), training_table(fits)]
    parts.append(difference_table(answers))
    return "\n\n".join(part for part in parts if part)


def in_order(found: Sequence[Row]) -> list[Row]:
    """Routes as they first came, histories ascending, all of it last."""
    routes = list(dict.fromkeys(row.route for row in found))
    return sorted(found, key=lambda row: (routes.index(row.route), row.history or 10**9))


def score_table(found: Sequence[Row]) -> str:
    """A line a route and history, a column a task: mean and 95% interval over people."""
    tasks = list(dict.fromkeys(row.task for row in found))
    ordered = in_order(found)
    lines = {(row.route, row.history): row for row in ordered}
    by = {(row.route, row.history, row.task): row for row in found}
    body = []
    for (route, history), row in lines.items():
        cells = [_score(by.get((route, history, task))) for task in tasks]
        body.append([route, str(history or "all"), *cells, str(row.people)])
    head = [f"{task} ({MEASURES[task]})" for task in tasks]
    return table(["route", "history", *head, "people"], body)


def _score(row: Row | None) -> str:
    return f"{row.score:.3f} [{row.low:.3f}, {row.high:.3f}]" if row else ""


def cost_table(found: Sequence[Row], flops: Mapping[int, float]) -> str:
    """What reading a prompt costs; against the text of as long a history."""
    first: dict[tuple[str, int], Row] = {}
    for row in in_order(found):
        if row.tokens:
            first.setdefault((row.route, row.history), row)
    body = []
    for (route, history), row in first.items():
        text = first.get((TEXT_ROUTE, history))
        here = flops.get(round(row.tokens), float("nan"))
        less = saved = ""
        if text is not None and route not in (TEXT_ROUTE, LONG_TEXT):
            less = f"{flops.get(round(text.tokens), float('nan')) / here:.1f}x"
            saved = f"{text.seconds / row.seconds:.1f}x"
        cells = [f"{row.tokens:.0f}", f"{here / 1e9:.1f}", less, f"{row.seconds:.3f}", saved]
        body.append([route, str(history), *cells])
    head = ["route", "history", "tokens", "GFLOPs", "less computation", "wall s", "faster"]
    return table(head, body) if body else ""


def training_table(fits: Mapping[str, Fitted]) -> str:
    """What each training took."""
    body = [
        [
            route,
            f"{fit.step:,}",
            f"{fit.tokens:,}",
            f"{fit.flops / 1e12:.1f}",
            f"{fit.seconds:,.0f}",
            f"{_mean(fit.losses[:10]):.2f} to {_mean(fit.losses[-10:]):.2f}",
        ]
        for route, fit in fits.items()
    ]
    return table(["training", "steps", "tokens", "TFLOPs", "s", "loss"], body) if body else ""


def difference_table(answers: Answers) -> str:
    """Every embedding route against the text of as long a history, person by person."""
    texts = [text for text in (TEXT_ROUTE, LONG_TEXT) if any(text == key[0] for key in answers)]
    body = []
    for (route, history), outcomes in answers.items():
        if route in (TEXT_ROUTE, LONG_TEXT) or not any(each.tokens for each in outcomes):
            continue
        if not any((text, history) in answers for text in texts):
            continue
        for task in dict.fromkeys(each.task for each in outcomes):
            gaps = [_gap(outcomes, answers.get((text, history)), task) for text in texts]
            body.append([route, str(history), task, *gaps])
    head = ["route", "history", "task", *(f"against {text}" for text in texts)]
    return table(head, body) if body else ""


def _gap(outcomes: Sequence[Outcome], text: Sequence[Outcome] | None, task: str) -> str:
    if text is None:
        return ""
    gap = difference(outcomes, text, task)
    sign = " *" if gap.low > 0 or gap.high < 0 else ""
    return f"{gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]{sign}"


def table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in body]
    return "\n".join(lines)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
