"""What each idea for the default extractor gains, on the users it was chosen on and on others.

    python benchmarks/ablation.py [--home DIR] [--titles] [--json FILE]

Every row is the default with one thing exchanged; figures are its gain in ARI over the default,
user by user, with a bootstrap interval over users, and nothing in brackets for too few users.
Choices were made on half A of reddit_mix_dev; half B, both halves of the remix from disjoint
groups, and the logs of real people were looked at afterwards. ``--titles`` adds the row that
clusters titles alone, whose vectors take minutes to make. The last rows are no methods: they tell
what bounds the figures.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import variants as v
from common import provenance
from extraction import PARTS, Part, prepared

from journeys.cli.progress import TerminalProgress
from journeys.evaluation.intervals import FEWEST_FOR_INTERVAL, macro_mean
from journeys.evaluation.labelled import LabelledLog, Truth
from journeys.evaluation.protocol import Evaluation, evaluate_extractor
from journeys.evaluation.report import markdown
from journeys.extraction import Extractor, HdbscanExtractor, UserEvents
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.timeline import ActivityLog

#: The parts of the benchmark that take part here, and their columns.
COLUMNS = {
    "reddit": ("reddit A (chosen on)", "reddit B"),
    "remix": ("remix a", "remix b"),
    "til": ("til_notes",),
    "angular": ("angular",),
    "beer": ("beer (tags)",),
}


def ideas(part: Part, labelled: LabelledLog) -> Iterator[tuple[str, str, Extractor]]:
    """(what it is about, the idea, the extractor), the default first."""
    default = HdbscanExtractor()
    yield "", "the default", default
    about = "representation"
    yield about, "no mean subtracted", v.WithMean("", default, _zero)
    yield about, "the person's own mean", v.WithMean("", default, lambda mean: None)
    covariance = _covariance(labelled)
    yield about, "whitened by a third", v.Composed("", rows=v.whitened(0.3, 0.3, covariance))
    yield about, "whitened by half", v.Composed("", rows=v.whitened(0.5, 0.5, covariance))
    texts = [text for timeline in part.log.timelines() for text in timeline.texts()]
    for weight in (0.3, 0.5, 0.8):
        yield (
            about,
            f"plus {weight} x tf-idf cosine",
            v.Composed("", alike=v.Lexical(weight, texts)),
        )
    about = "graph"
    yield about, "6 neighbours", HdbscanExtractor(neighbours=6)
    yield about, "15 neighbours", HdbscanExtractor(neighbours=15)
    yield about, "neighbours by size, .7 sqrt n", v.Composed("", neighbours=_by_size)
    yield about, "mutual neighbours count more", v.Composed("", weigh=v.mutual)
    yield about, "shared neighbours as weights", v.Composed("", weigh=v.shared)
    yield about, "local scaling of weights", v.Composed("", weigh=v.local_scale)
    about = "time"
    yield about, "no time", HdbscanExtractor(time_least=0, time_gain=0)
    yield about, "the same weight for everybody", HdbscanExtractor(time_least=0.2, time_gain=0)
    yield about, "half the reach", HdbscanExtractor(time_scale=4)
    yield about, "twice the reach", HdbscanExtractor(time_scale=16)
    yield about, "a near and a far reach", v.Composed("", near=v.two_scales)
    yield about, "by order, not by the clock", v.Composed("", near=v.near_by(0.0, 8.0))
    yield about, "by the clock, not by order", v.Composed("", near=v.near_by(1.0, 8.0))
    yield about, "same sitting counts more", v.Composed("", near=v.same_sitting)
    about = "map"
    yield about, "1 step of diffusion", HdbscanExtractor(steps=1)
    yield about, "4 steps", HdbscanExtractor(steps=4)
    yield about, "6 dimensions", HdbscanExtractor(dimensions=6)
    yield about, "20 dimensions", HdbscanExtractor(dimensions=20)
    about = "clusters"
    yield about, "min_samples 2", HdbscanExtractor(min_samples=2)
    yield about, "min_cluster_size 8", HdbscanExtractor(min_cluster_size=8)
    yield about, "leaves of the tree", v.Composed("", cut=v.leaves)
    yield about, "average link, no map", v.Composed("", cut=v.average_link)
    yield about, "consensus of 8 clusterings", v.Composed("", cut=v.consensus)
    yield about, "near-duplicates merged", v.Composed("", settle=v.without_duplicates)
    about = "left-overs"
    yield about, "stay unassigned", v.Composed("", leave=True)
    yield about, "no reject", HdbscanExtractor(reject=0)
    yield about, "stricter reject, .15", HdbscanExtractor(reject=0.15)
    yield about, "events reassigned by activity", v.Composed("", settle=v.reassigned)
    if not part.truth.overlapping:
        for kind in ("count", "vote"):
            oracle = v.Oracle(kind, lambda events: _groups(part.truth, events))
            yield "bound (no method)", oracle.id, oracle


def _zero(mean: np.ndarray | None) -> np.ndarray | None:
    return None if mean is None else np.zeros_like(mean)


def _by_size(n: int) -> int:
    return int(np.clip(0.7 * np.sqrt(n), 5, 20))


def _covariance(labelled: LabelledLog) -> np.ndarray:
    vectors = np.concatenate([labelled.vectors(t) for t in labelled.log.timelines()])
    return np.cov((vectors - labelled.mean).T)


def _groups(truth: Truth, events: UserEvents) -> np.ndarray:
    assert events.timeline is not None
    start = events.timeline.start
    return truth.labels[start : start + len(events)].astype(str)


def gains(part: Part, labelled: LabelledLog) -> Iterator[tuple[str, str, Evaluation, Evaluation]]:
    """Each idea's evaluation beside the default's."""
    scorable = part.truth.scorable(part.log, min_group=part.min_group)
    users = [user for user in scorable if part.users is None or user in set(part.users)]
    progress = TerminalProgress()
    default: Evaluation | None = None
    for about, idea, extractor in ideas(part, labelled):
        found = evaluate_extractor(
            labelled, extractor, users=users, min_group=part.min_group, progress=progress
        )
        default = default or found
        yield about, idea, found, default
    progress.close()


def cell(found: Evaluation, default: Evaluation, figure: str) -> str:
    """Mean, gain over the default and its interval."""
    own = [row[figure] for row in found.by_user()]
    base = [row[figure] for row in default.by_user()]
    if len(own) < FEWEST_FOR_INTERVAL:
        each = " / ".join(f"{value:.3f}" for value in own)
        return f"{np.mean(own):.3f} ({each})"
    if found is default:
        return f"{np.mean(own):.3f}"
    gain = macro_mean(np.subtract(own, base))
    return f"{np.mean(own):.3f}, {gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"


def titles_only(part: Part, store: Store) -> tuple[LabelledLog, Evaluation]:
    """The default on vectors of the titles alone."""
    log = ActivityLog(part.log.frame.assign(text=""), sorted_=True)
    bare = replace(part, log=log)
    labelled = prepared(bare, store, {})
    scorable = part.truth.scorable(log, min_group=part.min_group)
    users = [user for user in scorable if part.users is None or user in set(part.users)]
    return labelled, evaluate_extractor(labelled, HdbscanExtractor(), users=users)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--home", type=Path, help="whose vector cache to use")
    parser.add_argument("--titles", action="store_true", help="also cluster titles alone")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if options.home:
        os.environ |= {"JOURNEYS_HOME": str(options.home), "DATABASE_URL": ""}
    print(provenance())
    store = open_store(Settings.from_environment())
    rows: dict[tuple[str, str], list[str]] = {}
    raw: dict[str, dict[str, float]] = {}
    header = ["about", "idea"]
    for name, columns in COLUMNS.items():
        known: dict[int, LabelledLog] = {}
        for part, column in zip(PARTS[name](), columns, strict=False):
            figure = "bcubed_f1" if part.truth.overlapping else "ari"
            header.append(f"{column}, {'B³ F1' if part.truth.overlapping else 'ARI'}")
            labelled = prepared(part, store, known)
            for about, idea, found, default in gains(part, labelled):
                rows.setdefault((about, idea), []).append(cell(found, default, figure))
                raw.setdefault(idea, {})[column] = found.figures()[figure].mean
                if idea == "the default":
                    base = found
            if options.titles and name == "reddit":
                _, found = titles_only(part, store)
                rows.setdefault(("representation", "titles alone"), []).append(
                    cell(found, base, figure)
                )
    store.close()
    width = len(header) - 2
    print()
    print(
        markdown(
            header, [[*key, *cells, *["–"] * (width - len(cells))] for key, cells in rows.items()]
        )
    )
    if options.json:
        options.json.write_text(json.dumps(raw, indent=1))


if __name__ == "__main__":
    main()
