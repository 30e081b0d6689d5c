"""``evaluate judge``: a language model's judgement of names, beside its agreement with people."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.cli.progress import TerminalProgress
from journeys.errors import ConfigError, InputError

if TYPE_CHECKING:
    from journeys.evaluation.judging import Judged
    from journeys.naming import ChatModel
    from journeys.naming.judge import NameJudge
    from journeys.settings import Settings
    from journeys.store import LabelRecord, Store


def add_parser(actions: Any) -> None:
    """Add this action to ``evaluate``."""
    parser = actions.add_parser(
        "judge",
        help="let a language model judge names that people labelled",
        description="Judge the names that people labelled blind (page Label names, or a file), "
        "and print what the judge and people say of each namer, beside how well they agree. "
        "With fewer than 30 human labels the judge's scores are not shown.",
    )
    parser.add_argument(
        "--run", type=int, metavar="ID", dest="run_id",
        help="the discovery (default: the one labelled last)",
    )  # fmt: skip
    parser.add_argument(
        "--namer", choices=("local", "openai"), dest="provider",
        help="what judges: the built-in model or your endpoint (default: nobody; earlier "
        "judgements are shown)",
    )  # fmt: skip
    parser.add_argument("--model", metavar="NAME", help="of the built-in ones, or the endpoint's")
    parser.add_argument(
        "--labels", type=Path, metavar="FILE",
        help="use these labels too: user_id,journey,level,name,namer,rater,fit,specificity",
    )  # fmt: skip
    parser.add_argument(
        "--repeat", action="store_true",
        help="judge each name twice, the second time with its titles in another order, and say "
        "how far the judge agrees with itself",
    )  # fmt: skip
    parser.add_argument(
        "--agreement-only", action="store_true", help="print agreement, and no scores"
    )
    parser.add_argument(
        "--write-labels", type=Path, metavar="FILE", help="write all labels as a CSV file"
    )
    parser.add_argument(
        "--json", action="store_true", help="end with one JSON object on standard output"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Judge names, and print agreement and scores."""
    from journeys.cli.opening import command_store
    from journeys.evaluation.judge_report import report, with_repeat
    from journeys.evaluation.judge_tables import as_json, tables
    from journeys.evaluation.label_files import read_labels, write_labels
    from journeys.settings import Settings

    if options.repeat and not options.provider:
        raise ConfigError("--repeat needs a judge: --namer local, or --namer openai.")
    settings = Settings.from_environment()
    given = read_labels(options.labels) if options.labels else []
    store = command_store("evaluate", settings)
    try:
        run_id = _run(options, store)
        records = _merged(given, store.labels.of_run(run_id) if run_id is not None else [])
        if not any(record.label.by_person for record in records):
            raise InputError(
                "No person has labelled names yet. Label some on the page Label names, or give "
                "--labels FILE."
            )
        judged = None
        if options.provider:
            judged = _judged(options, store, settings, run_id, records)
            records = _merged(judged.labels, records)
    finally:
        store.close()
    found = report(records)
    if judged is not None and judged.again:
        rater = judged.labels[0].label.rater
        judges = tuple(
            with_repeat(own, judged.labels, judged.again) if own.judge == rater else own
            for own in found.judges
        )
        found = replace(found, judges=judges)
    if options.write_labels:
        number = write_labels(options.write_labels, records)
        print(f"{number:,} labels are in {options.write_labels}.", file=sys.stderr)
    print(tables(found, agreement_only=options.agreement_only))
    if options.json:
        answer = as_json(found, agreement_only=options.agreement_only)
        print(json.dumps({"run": run_id, **answer}))
    return 0


def _run(options: argparse.Namespace, store: Store) -> int | None:
    """The discovery whose names are judged; None where only a file's labels are looked at."""
    if options.run_id is not None:
        return store.runs.get(options.run_id).id
    labelled = store.labels.labelled_runs()
    if labelled:
        return labelled[0]
    if options.provider:
        raise InputError(
            "No discovery of this installation has labels. Say with --run which one the labels in "
            "the file are about, since the judge has to read its journeys."
            if options.labels
            else "No person has labelled names yet. Label some on the page Label names."
        )
    return None


def _merged(first: Sequence[LabelRecord], then: Sequence[LabelRecord]) -> list[LabelRecord]:
    """All labels; of two by one rater of one name the first counts."""
    found: dict[tuple[str, ...], LabelRecord] = {}
    for record in (*first, *then):
        label = record.label
        key = (record.pseudonym, label.journey_id, str(label.level), label.name, label.rater)
        found.setdefault(key, record)
    return list(found.values())


def _judged(
    options: argparse.Namespace,
    store: Store,
    settings: Settings,
    run_id: int | None,
    records: Sequence[LabelRecord],
) -> Judged:
    """The judge's labels of every name that people labelled, kept as they come."""
    from journeys.evaluation.judging import judge_names, names_of, stored_evidence
    from journeys.naming.judge import NameJudge

    if run_id is None:
        raise InputError("Say with --run which discovery the labels are about.")
    names = names_of(records)
    evidence = stored_evidence(store, run_id, names)
    known = [r for r in names if (r.pseudonym, r.label.journey_id) in evidence]
    if len(known) < len(names):
        print(
            f"{len(names) - len(known):,} of {len(names):,} labelled names are of journeys that "
            f"run {run_id} does not have; they are left out.",
            file=sys.stderr,
        )
    if not known:
        raise InputError(f"None of the labelled names is of a journey of run {run_id}.")
    progress = TerminalProgress()
    with _opened(options, store, settings) as chat:
        judge: NameJudge = NameJudge(chat, cache=store.completions, secret=store.keys.prompt)
        judged = judge_names(
            judge,
            known,
            evidence,
            progress=progress,
            repeat=options.repeat,
            keep=lambda record: store.labels.save(run_id, record.label),
        )
    progress.close()
    for number, what in (
        (judged.unjudged, "got an answer that could not be read"),
        (judged.failed, "got no answer; the same command asks again"),
    ):
        if number:
            print(f"{number:,} of {len(known):,} names {what}.", file=sys.stderr)
    print(f"{judged.calls:,} requests, {judged.tokens:,} tokens.", file=sys.stderr)
    return judged


@contextmanager
def _opened(options: argparse.Namespace, store: Store, settings: Settings) -> Iterator[ChatModel]:
    """The model that judges."""
    from journeys.endpoint import chosen_endpoint, local_only
    from journeys.models import DEFAULT_MODEL, find
    from journeys.naming.endpoint import OpenAIChat
    from journeys.naming.local import LocalModel

    if options.provider == "local":
        name = options.model or DEFAULT_MODEL
        with LocalModel(find(name, settings.models_dir), name=name) as chat:
            yield chat
        return
    endpoint = chosen_endpoint(settings, store.choices)
    if endpoint is None:
        raise ConfigError(
            "No endpoint is chosen. Set OPENAI_API_KEY and OPENAI_MODEL (and OPENAI_BASE_URL for "
            "one that is not OpenAI's own), or choose one on the page Settings."
        )
    model = options.model or endpoint.model
    print(
        f"Titles, redacted, and names will be sent to {endpoint.host} (model {model}).",
        file=sys.stderr,
    )
    chat = OpenAIChat(
        base_url=endpoint.base_url,
        api_key=endpoint.key or "none",
        model=model,
        local_only=local_only(settings, store.choices),
        reach=endpoint.reach,
    )
    try:
        yield chat
    finally:
        chat.close()
