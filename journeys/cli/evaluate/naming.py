"""``evaluate naming``: names of true groups, judged apart from clustering."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.cli.evaluate.common import common_arguments, read
from journeys.cli.progress import TerminalProgress
from journeys.errors import ConfigError, InputError

if TYPE_CHECKING:
    from journeys.evaluation.labelled import Truth
    from journeys.evaluation.naming_given import Given
    from journeys.evaluation.naming_groups import Case, Key, TrueGroup
    from journeys.evaluation.naming_names import HumanNames
    from journeys.settings import Settings
    from journeys.store import Store
    from journeys.timeline import ActivityLog

#: As in :mod:`journeys.discovery.namers`, which is not imported for its weight.
NAMERS = ("keyphrase", "local", "openai", "tuned")

#: As :data:`journeys.evaluation.naming_groups.LEAST_TITLES`.
LEAST_TITLES = 12


def add_parser(actions: Any) -> None:
    """Add this action to ``evaluate``."""
    parser = actions.add_parser(
        "naming",
        help="name true groups, or read anybody's names, and score them",
        description="Name the true groups of a log from one half of their titles, and score the "
        "names against the human ones and the other half. Controls are scored beside them. LOG may "
        "also be JSON lines of named playlists.",
    )
    common_arguments(parser)
    parser.add_argument(
        "--human-names", type=Path, metavar="FILE",
        help="group,level,name, or group,display_name,super_group (default: the true groups' "
        "labels are the names)",
    )  # fmt: skip
    parser.add_argument(
        "--names", type=Path, nargs="+", action="extend", metavar="FILE",
        help="score these names too: user_id,group,level,name, such as the files of --out",
    )  # fmt: skip
    parser.add_argument(
        "--namer", nargs="+", action="extend", choices=NAMERS, metavar="NAME",
        help=f"who names: {', '.join(NAMERS)} (default keyphrase; none with --names)",
    )  # fmt: skip
    parser.add_argument(
        "--model", metavar="NAME", help="model of the local or tuned namer, or endpoint"
    )
    parser.add_argument("--users", type=int, metavar="N", help="draw N users")
    parser.add_argument(
        "--sample", type=int, metavar="N", help="draw N groups, each group name once"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="of all that is drawn (default 0)"
    )
    parser.add_argument(
        "--leave-out", type=Path, metavar="FILE",
        help="group and user_id: groups, or users, looked at while prompts were written",
    )  # fmt: skip
    parser.add_argument(
        "--min-group", type=int, default=LEAST_TITLES, metavar="N",
        help=f"groups with fewer different titles are left out (default {LEAST_TITLES})",
    )  # fmt: skip
    parser.add_argument(
        "--judge", default="use", metavar="NAME",
        help="embedding model that judges: use (default), or a sentence-transformers name or path",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, metavar="FILE",
        help="write the JSON object, and beside it each namer's names (FILE.NAMER.csv) and the "
        "finished groups, with which the same command goes on (FILE.names.jsonl)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Score namers, or a file of names."""
    from journeys.cli.opening import command_store
    from journeys.evaluation.labelled import prepare
    from journeys.evaluation.naming_given import write_names
    from journeys.evaluation.naming_groups import (
        LeftOut,
        all_groups,
        draw_groups,
        gather_evidence,
    )
    from journeys.evaluation.naming_judge import Judge, load_judge
    from journeys.evaluation.naming_names import read_left_out, read_names
    from journeys.evaluation.naming_report import RULES, as_json, tables
    from journeys.evaluation.naming_scores import Bench
    from journeys.settings import Settings

    for name, least in (("users", 1), ("sample", 2), ("min_group", 4), ("seed", 0)):
        value = getattr(options, name)
        if value is not None and value < least:
            raise InputError(f"--{name.replace('_', '-')} must be at least {least}, not {value}")
    # One file is called "names"; several are told apart by their own names.
    files = options.names or []
    names = {"names" if len(files) == 1 else path.stem: read_names(path) for path in files}
    left_out = read_left_out(options.leave_out) if options.leave_out else LeftOut()
    progress = TerminalProgress()
    log, truth, human = _inputs(options, progress)
    groups = all_groups(log, truth, least=options.min_group)
    wanted = draw_groups(
        groups,
        human.names,
        seed=options.seed,
        users=options.users,
        sample=options.sample,
        left_out=left_out,
    )
    _tell_drawn(groups, wanted, human)
    settings = Settings.from_environment()
    with ExitStack() as stack:
        store = command_store("evaluate", settings)
        stack.callback(store.close)
        from journeys.embedding import load_embedder

        embedder, judge = load_embedder(options.embedder), load_judge(options.judge)
        if judge.id == embedder.id:
            raise ConfigError(
                "The judge must be another embedding model than the one that chooses what namers "
                "see, or it would judge itself. Give another --judge or --embedder."
            )
        labelled = prepare(log, truth, embedder, store.vectors, store.keys.text, progress)
        progress.close()
        cases = list(gather_evidence(labelled, groups, wanted, embedder.embed))
        ids, given = _given(options, names, cases, human, store, settings, progress)
        progress.close()
        bench = Bench(
            log,
            groups,
            cases,
            human,
            Judge(judge, store.vectors, store.keys.text),
            seed=options.seed,
        )
        scores = {name: bench.score(one) for name, one in given.items()}
    print(
        RULES.format(
            groups=len(cases),
            users=len({case.group.user_id for case in cases}),
            judge=judge.id,
            choices=bench.choices,
            own=", ".join(map(str, human.own_levels())),
            first=next(iter(given)),
        )
        + "".join(f" {name}: {id_}." for name, id_ in ids.items() if name != id_)
        + "\n\n"
        + tables(scores)
    )
    found = as_json(scores)
    for name, id_ in ids.items():
        found[name]["id"] = id_
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        for name in ids:
            write_names(Path(f"{options.out}.{name}.csv"), cases, given[name])
    if options.json:
        print(json.dumps(found))
    return 0


def _inputs(
    options: argparse.Namespace, progress: TerminalProgress
) -> tuple[ActivityLog, Truth, HumanNames]:
    """The log, its groups, and what people call them."""
    from journeys.evaluation.naming_names import HumanNames, read_human_names
    from journeys.evaluation.naming_playlists import is_playlists, read_playlists

    given = read_human_names(options.human_names) if options.human_names else None
    if is_playlists(options.log):
        log, truth, own = read_playlists(options.log)
        return log, truth, given or own
    log, truth = read(options, None, progress)
    if given is None:
        given = HumanNames.of_labels({label for label in truth.labels.tolist() if label})
    return log, truth, given


def _given(
    options: argparse.Namespace,
    names: Mapping[str, Mapping[Key, Mapping[int, str]]],
    cases: Sequence[Case],
    human: HumanNames,
    store: Store,
    settings: Settings,
    progress: TerminalProgress,
) -> tuple[dict[str, str], dict[str, list[Given]]]:
    """The namers' ids, and everybody's names: the file's, the namers' as asked, the controls'."""
    from journeys.evaluation.naming_finished import FinishedFile
    from journeys.evaluation.naming_given import control_names, given_by_file

    ids: dict[str, str] = {}
    given: dict[str, list[Given]] = {}
    for name, own in names.items():
        given[name] = given_by_file(own, cases)
    finished = None
    if options.out:
        finished = FinishedFile(Path(f"{options.out}.names.jsonl"), store.keys.prompt)
    asked = options.namer or ([] if names else ["keyphrase"])
    for namer in dict.fromkeys(asked):
        ids[namer], given[namer] = _named(
            options, namer, cases, store, settings, finished, progress
        )
    first = next(iter(given.values()))
    return ids, given | control_names(cases, human, first, seed=options.seed)


def _named(
    options: argparse.Namespace,
    namer: str,
    cases: Sequence[Case],
    store: Store,
    settings: Settings,
    finished: Any,
    progress: TerminalProgress,
) -> tuple[str, list[Given]]:
    """One namer's id and its names."""
    from journeys.discovery.config import DiscoveryConfig
    from journeys.discovery.namers import namer_opener
    from journeys.endpoint import chosen_endpoint, local_only
    from journeys.evaluation.naming_cost import Tally
    from journeys.evaluation.naming_given import name_cases
    from journeys.naming import KeyphraseNamer

    endpoint = chosen_endpoint(settings, store.choices) if namer == "openai" else None
    if endpoint is not None:
        print(
            f"Titles, redacted, will be sent to {endpoint.host} (model "
            f"{options.model or endpoint.model}).",
            file=sys.stderr,
        )
        endpoint = replace(endpoint, consented_origin=endpoint.origin)
    tally = Tally()
    opener, concurrency = namer_opener(
        DiscoveryConfig(namer=namer, model=options.model),
        models_dir=settings.models_dir,
        endpoint=endpoint,
        local_only=local_only(settings, store.choices),
        cache=tally.cache(store.completions),
        secret=store.keys.prompt,
        wrap=tally.chat,
    )
    with ExitStack() as stack:
        opened = stack.enter_context(opener()) if opener else KeyphraseNamer()
        own = name_cases(
            opened,
            cases,
            tally=tally,
            finished=finished if opener else None,
            concurrency=concurrency,
            progress=progress,
        )
    failed = sum(one.failed for one in own)
    if failed:
        print(
            f"{failed:,} of {len(own):,} groups got no answer and took keyphrases; the same "
            "command asks for them again.",
            file=sys.stderr,
        )
    return opened.id, own


def _tell_drawn(
    groups: Sequence[TrueGroup], wanted: Sequence[TrueGroup], human: HumanNames
) -> None:
    unknown = {group.group for group in groups} - set(human.names)
    print(
        f"{len(wanted):,} of {len(groups):,} groups are named"
        + (f"; {len(unknown):,} group names have no human name." if unknown else "."),
        file=sys.stderr,
    )
