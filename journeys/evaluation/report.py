"""Evaluations as Markdown tables and as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from journeys.evaluation.curves import Curves
from journeys.evaluation.intervals import FEWEST_FOR_INTERVAL, Interval
from journeys.evaluation.protocol import Evaluation

#: How figures are to be read; printed above a table.
RULES = (
    "Per user, then averaged over users. Groups under {least} events of a user are left out, and "
    "so are events of no other group, except in the columns marked *, which take all events. "
    "Unassigned events count as clusters of one. Noise AUROC: membership of events of a group "
    "against events of none. Count error: clusters of at least {least} events less groups, "
    "absolute (signed). Playlist recall and precision: of each group in the cluster that holds "
    "most of it; one-to-one: a cluster serves one group at most. The interval is of the ARI, or of "
    "B³ F1 where labels overlap. ms: extraction alone, one thread."
)

#: Column -> figure, and digits after the point.
_COLUMNS: Mapping[str, tuple[str, int]] = {
    "AMI": ("ami", 3),
    "B³ P": ("bcubed_precision", 3),
    "B³ R": ("bcubed_recall", 3),
    "B³ F1": ("bcubed_f1", 3),
    "coverage": ("coverage", 2),
    "noise AUROC*": ("noise_auroc", 3),
    "B³ F1*": ("bcubed_all_f1", 3),
}
_PLAYLISTS: Mapping[str, tuple[str, int]] = {
    "playlist R*": ("playlist_recall", 3),
    "playlist P*": ("playlist_precision", 3),
    "one-to-one R*": ("matched_recall", 3),
    "one-to-one P*": ("matched_precision", 3),
}
#: Columns of the short table, if anybody has them.
_SHORT = (
    "extractor", "ARI", "95% interval, or each", "AMI", "B³ F1", "coverage", "noise AUROC*",
    "B³ F1*", "count error*", "playlist R*", "playlist P*", "ms", "users",
)  # fmt: skip


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """One extractor's figures; NaN becomes None, and so do intervals over too few users."""
    figures = evaluation.figures()
    few = len(evaluation.users) < FEWEST_FOR_INTERVAL
    result: dict[str, Any] = {name: _number(figure.mean) for name, figure in figures.items()}
    for name in ("ari", "bcubed_f1"):
        result[f"{name}_low"] = None if few else _number(figures[name].low)
        result[f"{name}_high"] = None if few else _number(figures[name].high)
    result["ms_per_user"] = _number(evaluation.ms_per_user)
    result["users"] = len(evaluation.users)
    result["seeds"] = {
        str(seed): {name: _number(row[name]) for name in ("ari", "ami", "bcubed_f1", "coverage")}
        for seed, row in evaluation.by_seed().items()
    }
    result["seeds_run"] = list(evaluation.ran)
    if few:
        result["by_user"] = {
            user: {name: _number(value) for name, value in row.items()}
            for user, row in zip(evaluation.users, evaluation.by_user(), strict=True)
        }
    return result


def table(evaluations: Mapping[str, Evaluation]) -> str:
    """One row an extractor; with too few users for an interval, one a user besides."""
    few = any(len(one.users) < FEWEST_FOR_INTERVAL for one in evaluations.values())
    spread = any(len(one.ran) > 1 and _spread(one) > 0 for one in evaluations.values())
    header = ["extractor", *(["user"] if few else []), "ARI", *([] if few else ["95% interval"])]
    header += ["over seeds"] if spread else []
    header += [*_COLUMNS, "count error*", *_PLAYLISTS, "ms", "users"]
    rows = []
    for name, one in evaluations.items():
        figures = one.figures()
        means = {figure: interval.mean for figure, interval in figures.items()}
        row = [name, *(["mean"] if few else []), _cell(means["ari"], 3)]
        row += [] if few else [_range(figures[_main(means)])]
        row += [f"±{_spread(one):.3f}" if len(one.ran) > 1 else "–"] if spread else []
        rows.append([*row, *_cells(means), _cell(one.ms_per_user, 1), str(len(one.users))])
        for user, own in zip(one.users, one.by_user(), strict=True) if few else ():
            rows.append(
                ["", user, _cell(own["ari"], 3), *([""] if spread else []), *_cells(own), "", ""]
            )
    return markdown(header, rows)


def short_table(evaluations: Mapping[str, Evaluation]) -> str:
    """One row an extractor with the main figures.

    Where there are too few users for an interval, each one's ARI (or B-cubed F1 of overlapping
    labels) stands in its place, in order of their ids. Columns that nobody has are left out.
    """
    rows = []
    for name, one in evaluations.items():
        figures = one.figures()
        means = {figure: interval.mean for figure, interval in figures.items()}
        main = _main(means)
        if len(one.users) < FEWEST_FOR_INTERVAL:
            spread = ", ".join(_cell(row[main], 3) for row in one.by_user())
        else:
            spread = _range(figures[main])
        cells = {
            column: _cell(means[figure], digits)
            for column, (figure, digits) in {"ARI": ("ari", 3), **_COLUMNS, **_PLAYLISTS}.items()
        }
        cells["95% interval, or each"] = spread
        cells["count error*"] = _count_error(means)
        cells |= {"ms": _cell(one.ms_per_user, 1), "users": str(len(one.users))}
        rows.append({"extractor": name, **cells})
    columns = [column for column in _SHORT if any(row[column] != "–" for row in rows)]
    return markdown(columns, [[row[column] for column in columns] for row in rows])


def curve_tables(found: Mapping[str, Curves], figures: Mapping[str, str]) -> str:
    """For each extractor a table of every point, then one of each axis alone.

    Args:
        figures: column -> figure, each shown with its interval.
    """
    parts = []
    for name, one in found.items():
        parts.append(f"{name}:\n")
        rows = [
            [str(cell.mixed), f"{cell.noise:g}", *_with_intervals(means, figures)]
            for cell, means in one.cells.items()
        ]
        rows += [
            [str(count), "all", *_with_intervals(m, figures)] for count, m in one.by_mixed.items()
        ]
        rows += [
            ["all", f"{rate:g}", *_with_intervals(m, figures)] for rate, m in one.by_noise.items()
        ]
        parts.append(markdown(["mixed", "noise", *figures], rows) + "\n")
    return "\n".join(parts)


def curves_as_json(one: Curves, evaluation: Evaluation) -> dict[str, Any]:
    """The curves of one extractor."""
    return {
        "points": [
            {"mixed": cell.mixed, "noise": cell.noise, **_intervals(means)}
            for cell, means in one.cells.items()
        ],
        "by_mixed": [{"mixed": count, **_intervals(m)} for count, m in one.by_mixed.items()],
        "by_noise": [{"noise": rate, **_intervals(m)} for rate, m in one.by_noise.items()],
        "ms_per_user": _number(evaluation.ms_per_user),
        "constructed_users": len(evaluation.users),
    }


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _cells(means: Mapping[str, float]) -> list[str]:
    return [
        *(_cell(means[figure], digits) for figure, digits in _COLUMNS.values()),
        _count_error(means),
        *(_cell(means[figure], digits) for figure, digits in _PLAYLISTS.values()),
    ]


def _main(means: Mapping[str, float]) -> str:
    """The figure whose interval is shown: overlapping labels have no ARI."""
    return "bcubed_f1" if math.isnan(means["ari"]) else "ari"


def _count_error(means: Mapping[str, float]) -> str:
    return f"{means['count_error']:.1f} ({means['count_error_signed']:+.1f})"


def _cell(value: float, digits: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def _range(interval: Interval) -> str:
    return "–" if math.isnan(interval.low) else f"{interval.low:.3f} to {interval.high:.3f}"


def _with_intervals(means: Mapping[str, Interval], figures: Mapping[str, str]) -> list[str]:
    return [f"{_cell(means[name].mean, 3)} ({_range(means[name])})" for name in figures.values()]


def _spread(evaluation: Evaluation) -> float:
    """Half the range of the mean ARI, or B-cubed F1 where there is none, over the seeds."""
    means = evaluation.by_seed().values()
    for name in ("ari", "bcubed_f1"):
        values = [row[name] for row in means]
        if not any(map(math.isnan, values)):
            return (max(values) - min(values)) / 2
    return 0.0


def _intervals(means: Mapping[str, Interval]) -> dict[str, float | None]:
    shown: dict[str, float | None] = {}
    for name in ("ari", "bcubed_f1", "playlist_recall", "playlist_precision", "matched_recall"):
        shown[name] = _number(means[name].mean)
        shown[f"{name}_low"] = _number(means[name].low)
        shown[f"{name}_high"] = _number(means[name].high)
    for name in ("coverage", "noise_auroc"):
        shown[name] = _number(means[name].mean)
    return shown


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
