"""``ingest``: exports and tables become one clean log, with the record of how."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.cli.progress import TerminalProgress
from journeys.errors import InputError

if TYPE_CHECKING:
    from journeys.ingest.joining import JoinReport
    from journeys.ingest.preparing import Prepared
    from journeys.ingest.profiles import Profile
    from journeys.ingest.provenance import SourceFile
    from journeys.ingest.rules import ImportRules
    from journeys.timeline import ActivityLog


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "ingest",
        help="read exports and tables into one clean log",
        description="Read the files that platforms give (zip as downloaded) and any table of "
        "events into one log: cleaned, redacted, as Parquet that 'discover' reads. Beside it "
        "are written OUT.provenance.json and OUT.provenance.md: counts, rules, hashes and a data "
        "dictionary. The files themselves are not kept.",
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="LOG.parquet")
    parser.add_argument("--profile", metavar="NAME", help="import as this stored profile says")
    parser.add_argument("--save-profile", metavar="NAME", help="store these settings by this name")
    parser.add_argument("--items", type=Path, metavar="FILE",
                        help="a table of items: titles, descriptions, categories")  # fmt: skip
    parser.add_argument("--item-key", default="", metavar="COLUMN",
                        help="the items' id in it, where the recognised one is wrong")  # fmt: skip
    parser.add_argument("--timezone", metavar="TZ", help="of times without one (default UTC)")
    parser.add_argument("--column", action="append", default=[], metavar="OURS=THEIRS",
                        help="read our column from theirs, e.g. title=headline")  # fmt: skip
    parser.add_argument("--keep", action="append", default=[], metavar="COLUMN",
                        help="keep a further column of the file as an attribute")  # fmt: skip
    parser.add_argument("--keep-out-domain", action="append", default=[], metavar="DOMAIN",
                        help="leave out a domain and its subdomains")  # fmt: skip
    parser.add_argument("--keep-out-action", action="append", default=[], metavar="ACTION")
    parser.add_argument("--keep-out-source", action="append", default=[], metavar="SOURCE")
    parser.add_argument("--keep-out-topic", action="append", default=[], metavar="TOPIC",
                        help="leave out events flagged with a sensitive topic")  # fmt: skip
    parser.add_argument("--from", dest="start", metavar="DATE", help="first day, e.g. 2023-01-01")
    parser.add_argument("--to", dest="end", metavar="DATE", help="last day")
    parser.add_argument("--rule", action="append", default=[], metavar="NAME=on|off",
                        help="switch a rule, e.g. autoplay=off")  # fmt: skip
    parser.add_argument("--no-redact", action="store_true",
                        help="keep mail addresses, numbers and tokens as they are")  # fmt: skip
    parser.add_argument("--pseudonymise", action="store_true",
                        help="write pseudonyms instead of the log's own user ids")  # fmt: skip
    parser.add_argument("--json", action="store_true",
                        help="end with one JSON object on standard output")  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    from journeys.ingest.joining import one_log
    from journeys.ingest.preparing import nothing_left, prepare
    from journeys.ingest.profiles import save_profile
    from journeys.ingest.provenance import as_markdown, provenance

    profile = _profile(options)
    progress = TerminalProgress()
    logs: list[ActivityLog] = []
    files: list[SourceFile] = []
    for path in options.files:
        log, file = _read(path, profile, options, progress)
        logs.append(log)
        files.append(file)
    progress.close()
    log = one_log(logs)
    logs.clear()
    log, join = _joined(log, options)
    prepared = prepare(log, profile.rules)
    del log
    if not len(prepared.log):
        raise nothing_left(prepared)
    if options.pseudonymise:
        prepared = replace(prepared, log=_pseudonymised(prepared.log))
    record = provenance(
        prepared, files, timezone=profile.timezone, join=join, profile=options.profile or ""
    )
    _write(prepared, options.out)
    base = options.out.with_suffix("")
    _text(base.with_name(f"{base.name}.provenance.json"), json.dumps(record, indent=2) + "\n")
    _text(base.with_name(f"{base.name}.provenance.md"), as_markdown(record))
    if options.save_profile:
        store = _store()
        save_profile(store.choices, options.save_profile, profile)
        store.close()
    _tell(record, files, join, options.out)
    if options.json:
        print(json.dumps(record))
    return 0


def _profile(options: argparse.Namespace) -> Profile:
    """The profile that was named, or the default, with what the options say otherwise."""
    from journeys.cli.discover import column_mapping
    from journeys.ingest.profiles import Profile, load_profile

    profile = Profile()
    if options.profile:
        store = _store()
        try:
            profile = load_profile(store.choices, options.profile)
        finally:
            store.close()
    return replace(
        profile,
        mapping={**profile.mapping, **(column_mapping(options.column) or {})},
        timezone=options.timezone or profile.timezone,
        keep=(*profile.keep, *options.keep),
        rules=_rules(profile.rules, options),
    )


def _rules(rules: ImportRules, options: argparse.Namespace) -> ImportRules:
    from journeys.ingest.rules import day

    for pair in options.rule:
        name, equals, value = pair.partition("=")
        if not equals or value not in ("on", "off"):
            raise InputError(f"--rule {pair!r} must look like autoplay=off")
        rules = rules.switched(name, value == "on")
    return replace(
        rules,
        domains=(*rules.domains, *options.keep_out_domain),
        actions=(*rules.actions, *options.keep_out_action),
        sources=(*rules.sources, *options.keep_out_source),
        topics=(*rules.topics, *options.keep_out_topic),
        start=day(options.start) if options.start else rules.start,
        end=day(options.end) if options.end else rules.end,
        redact=rules.redact and not options.no_redact,
    )


def _read(
    path: Path, profile: Profile, options: argparse.Namespace, progress: TerminalProgress
) -> tuple[ActivityLog, SourceFile]:
    from journeys.ingest import read_log
    from journeys.ingest.provenance import SourceFile

    size = path.stat().st_size if path.is_file() else 0
    progress.stage("read", 0, size // 1_000_000)
    log = read_log(
        path,
        mapping=profile.mapping,
        timezone=profile.timezone,
        keep=profile.keep,
        on_progress=lambda done, _: progress.update(done // 1_000_000),
        untitled=options.items is not None,
    )
    return log, SourceFile(log.report, size)


def _joined(log: ActivityLog, options: argparse.Namespace) -> tuple[ActivityLog, JoinReport | None]:
    from journeys.ingest.joining import join_items, read_items

    if options.items is None:
        return log, None
    items = read_items(options.items, log.frame["item_id"], key=options.item_key)
    return join_items(log, items)


def _pseudonymised(log: ActivityLog) -> ActivityLog:
    from journeys.privacy import pseudonyms
    from journeys.timeline import ActivityLog

    store = _store()
    key = store.keys.pseudonym
    store.close()
    alias = dict(zip(log.users, pseudonyms(key, log.users), strict=True))
    return ActivityLog(log.frame.assign(user_id=log.frame["user_id"].map(alias).astype("str")))


def _store() -> Any:
    from journeys.cli.opening import command_store

    return command_store("ingest")


def _write(prepared: Prepared, path: Path) -> None:
    """The log as Parquet; :func:`journeys.ingest.read_log` gives the same events again."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        prepared.log.frame.to_parquet(path, index=False)
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}). Choose another.") from error


def _text(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")


def _tell(
    record: dict[str, Any], files: Sequence[SourceFile], join: JoinReport | None, out: Path
) -> None:
    counts = record["counts"]
    lines = [
        f"{counts['events_kept']:,} events of {counts['people']:,} people are kept, of "
        f"{counts['records']:,} records in {len(files):,} {'file' if len(files) == 1 else 'files'}."
    ]
    for title, key in (
        ("By source", "events_by_source"),
        ("Rejected", "rejected_by_reason"),
        ("Left out", "left_out_by_rule"),
        ("Redacted", "redacted_by_kind"),
        ("Flagged", "sensitive_topics"),
    ):
        if record[key]:
            shown = "; ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in record[key].items())
            lines.append(f"{title}: {shown}.")
    if counts["repeated_records"]:
        lines.append(f"{counts['repeated_records']:,} records repeat another.")
    if join is not None:
        lines.append(f"{join.titled:,} events got their title from the item table.")
        if join.untitled:
            shown = ", ".join(repr(item) for item in join.examples)
            lines.append(f"{join.untitled:,} are without a title, e.g. the items {shown}.")
    lines += dict.fromkeys(note for file in files for note in file.report.notes)
    lines.append(f"Written to {out}")
    print("\n".join(lines), file=sys.stderr)
