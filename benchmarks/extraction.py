"""Every extractor on every labelled log, on the same vectors.

    python benchmarks/extraction.py [--extractor NAME ...] [--log NAME ...] [--seeds N]
        [--limit NAME=N ...] [--full] [--home DIR]

The first run embeds what the vector cache in ``--home`` lacks (minutes on a CPU). ``--limit`` runs
a slow extractor on the first N users of each log only, which its row says. The logs:

* ``reddit``: reddit_mix_dev, constructed users, in the two halves that settings are chosen on and
  reported on (``(index // 2) % 2``); nearly all groups occur in both;
* ``remix``: two logs of users constructed anew from disjoint halves of its groups;
* ``til``: til_notes, three real people, each shown, without an interval;
* ``angular``: angular_components_commits, real;
* ``beer``: stackexchange_beer, real, whose tags overlap: by extended B-cubed, once with tags of at
  least five events of a user, once with all tags of the users with 20 events; and by first tag.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from common import labelled as labelled_file
from common import provenance

from journeys.cli.progress import TerminalProgress
from journeys.embedding import load_embedder
from journeys.errors import JourneysError
from journeys.evaluation.labelled import LabelledLog, Truth, prepare, read_labelled
from journeys.evaluation.metrics import MIN_GROUP
from journeys.evaluation.mixing import remix_halves
from journeys.evaluation.protocol import Evaluation, evaluate_extractor, make_extractor
from journeys.evaluation.report import RULES, short_table, table
from journeys.extraction import EXTRACTORS, Extractor, get_extractor
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.timeline import ActivityLog

REDDIT = "reddit_mix_dev/events.jsonl"
BEER = "stackexchange_beer/events.jsonl"

#: The recipe as it is usually written: vectors as they are, left-overs left unassigned.
PLAIN = "umap-hdbscan-plain"
NAMES = (*EXTRACTORS, PLAIN)


@dataclass(frozen=True)
class Part:
    """One table: a log, or some of its users.

    Attributes:
        users: who is scored; None for all that can be.
    """

    title: str
    log: ActivityLog
    truth: Truth
    users: Sequence[str] | None = None
    min_group: int = MIN_GROUP


def reddit() -> Iterator[Part]:
    log, truth = read_labelled(labelled_file(REDDIT), "group")
    for half, said in enumerate(("settings were chosen on it", "not used for choosing")):
        users = [user for at, user in enumerate(log.users) if (at // 2) % 2 == half]
        yield Part(
            f"reddit_mix_dev (constructed users), half {'AB'[half]}: {said}", log, truth, users
        )


def remix() -> Iterator[Part]:
    log, truth = read_labelled(labelled_file(REDDIT), "group")
    for name, (made, its_truth) in zip("ab", remix_halves(log, truth), strict=True):
        yield Part(
            f"reddit_mix_dev mixed anew (constructed users), groups of half {name} only",
            made,
            its_truth,
        )


def til() -> Iterator[Part]:
    yield Part(
        "til_notes (real people), folders",
        *read_labelled(labelled_file("til_notes/til_notes.jsonl"), "group"),
    )


def angular() -> Iterator[Part]:
    yield Part(
        "angular_components_commits (real people), scopes",
        *read_labelled(labelled_file("angular_components_commits/commits.csv"), "group"),
    )


def beer() -> Iterator[Part]:
    log, truth = read_labelled(labelled_file(BEER), "tags", "|")
    yield Part("stackexchange_beer (real people), tags, extended B-cubed", log, truth)
    active = [timeline.user_id for timeline in log.timelines() if len(timeline) >= 20]
    yield Part(
        "stackexchange_beer, every tag of people with 20 events, extended B-cubed",
        log,
        truth,
        active,
        min_group=1,
    )
    first = Truth.of([tags[0] if tags else "" for tags in truth.labels.tolist()])
    yield Part("stackexchange_beer (real people), first tag", log, first)


PARTS = {"reddit": reddit, "remix": remix, "til": til, "angular": angular, "beer": beer}


def evaluate(
    part: Part,
    labelled: LabelledLog,
    names: Sequence[str],
    seeds: Sequence[int],
    limits: Mapping[str, int],
) -> dict[str, Evaluation]:
    """Every extractor on a part; one that cannot run is told on standard error."""
    scorable = part.truth.scorable(part.log, min_group=part.min_group)
    users = [user for user in scorable if part.users is None or user in set(part.users)]
    progress = TerminalProgress()
    found = {}
    for name in names:
        some = users[: limits.get(name)]
        label = name if len(some) == len(users) else f"{name} (first {len(some)} users)"
        try:
            found[label] = evaluate_extractor(
                labelled,
                _extractor(name, part),
                seeds=seeds,
                users=some,
                min_group=part.min_group,
                progress=progress,
            )
        except JourneysError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    progress.close()
    return found


def _extractor(name: str, part: Part) -> Extractor:
    if name == PLAIN:
        return get_extractor("umap-hdbscan", centred=False, fill=False)
    return make_extractor(name, 0.5, part.log)


def prepared(part: Part, store: Store, known: dict[int, LabelledLog]) -> LabelledLog:
    """The part's log with its vectors, made once a log."""
    if id(part.log) not in known:
        embedder, progress = load_embedder(), TerminalProgress()
        known[id(part.log)] = prepare(
            part.log, part.truth, embedder, store.vectors, store.keys.text, progress
        )
        progress.close()
    ready = known[id(part.log)]
    return LabelledLog(part.log, part.truth, ready.mean, ready.vectors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--extractor", nargs="+", choices=NAMES, metavar="NAME")
    parser.add_argument("--log", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--limit", nargs="+", default=[], metavar="NAME=N")
    parser.add_argument("--full", action="store_true", help="all figures, and each user's of few")
    parser.add_argument("--home", type=Path, help="whose vector cache to use")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if options.home:
        os.environ |= {"JOURNEYS_HOME": str(options.home), "DATABASE_URL": ""}
    limits = {
        name: int(count) for name, _, count in (pair.partition("=") for pair in options.limit)
    }
    print(provenance())
    print("\n" + RULES.format(least=MIN_GROUP))
    store = open_store(Settings.from_environment())
    try:
        for name in options.log:
            known: dict[int, LabelledLog] = {}
            for part in PARTS[name]():
                labelled = prepared(part, store, known)
                found = evaluate(
                    part,
                    labelled,
                    options.extractor or NAMES,
                    range(options.seeds),
                    limits,
                )
                shown = table(found) if options.full else short_table(found)
                print(f"\n### {part.title}\n\n{shown}", flush=True)
    finally:
        store.close()


if __name__ == "__main__":
    main()
