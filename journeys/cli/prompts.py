"""``prompts``: look at, check and keep the prompts that a language model names journeys with."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from journeys.naming.prompts import PromptSet
    from journeys.naming.prompts.templates import Finding
    from journeys.store import Store


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "prompts",
        help="look at, check and keep prompts for naming",
        description="Prompt sets are folders of templates and worked examples. A set that is kept "
        "is never changed: an edited one has another id. Use it with: discover --prompts ID.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="which sets there are")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=run_list)
    showing = actions.add_parser("show", help="print the whole prompt for a made-up journey")
    showing.add_argument("id", help="id of a set, or of the shipped one")
    showing.add_argument("--language", default="", metavar="NAME")
    showing.set_defaults(run=run_show)
    exporting = actions.add_parser("export", help="write a set's files, to edit them")
    exporting.add_argument("id")
    exporting.add_argument("folder", type=Path)
    exporting.set_defaults(run=run_export)
    checking = actions.add_parser("check", help="say what is wrong with the files of a folder")
    checking.add_argument("folder", type=Path)
    checking.set_defaults(run=run_check)
    adding = actions.add_parser("add", help="check the files of a folder and keep them as a set")
    adding.add_argument("folder", type=Path)
    adding.add_argument("--name", help="of the set (default: that of the folder)")
    adding.add_argument("--based-on", default="", metavar="ID", help="the set it was made from")
    adding.set_defaults(run=run_add)
    deleting = actions.add_parser("delete", help="delete a set that no run uses")
    deleting.add_argument("id")
    deleting.set_defaults(run=run_delete)


def run_list(options: argparse.Namespace) -> int:
    """Print ids, newest first, the shipped set last."""
    from journeys.naming.prompts import SHIPPED, PromptSet

    rows: list[dict[str, Any]] = []
    with _opened() as store:
        for record in store.prompts.list():
            created = datetime.fromtimestamp(record.created_at / 1e6, UTC)
            rows.append(
                {
                    "id": record.id,
                    "name": record.prompts.name,
                    "based_on": record.based_on,
                    "created": created.isoformat(timespec="seconds"),
                    "runs": list(store.prompts.runs_with(record.id)),
                }
            )
    rows += [
        {"id": shipped.id, "name": shipped.name, "shipped": True}
        for shipped in map(PromptSet.shipped, SHIPPED)
    ]
    if options.json:
        print(json.dumps(rows))
        return 0
    for row in rows:
        about = "shipped"
        if "created" in row:
            runs = ", ".join(map(str, row["runs"]))
            about = f"{row['created'][:10]}  {f'used by run {runs}' if runs else 'not used yet'}"
        print(f"{row['id']:40} {about}")
    return 0


def run_show(options: argparse.Namespace) -> int:
    """Print every message of the prompt for a journey of the sample log."""
    from journeys.discovery.config import DiscoveryConfig
    from journeys.example import example_evidence
    from journeys.naming.prompts import Shown
    from journeys.naming.showing import Budget, choose_shown

    language = DiscoveryConfig(language=options.language).language
    evidence = example_evidence()
    shown = choose_shown(evidence, Budget()) if evidence else Shown(("A title",))
    with _opened() as store:
        messages = _set(store, options.id).messages(shown, language)
    for message in messages:
        print(f"--- {message['role']}\n{message['content'].rstrip()}\n")
    return 0


def run_export(options: argparse.Namespace) -> int:
    """Write the files of a set to a folder."""
    from journeys.naming.prompts.folders import write_folder

    with _opened() as store:
        prompts = _set(store, options.id)
    write_folder(prompts, options.folder)
    print(f"Written to {options.folder}. Check them with: prompts check {options.folder}")
    return 0


def run_check(options: argparse.Namespace) -> int:
    """Print what there is to say of a folder's files; status 1 where they have errors."""
    from journeys.naming.prompts.folders import read_folder
    from journeys.naming.prompts.validation import errors, validate

    findings = validate(read_folder(options.folder, "checked"))
    for finding in findings:
        print(f"{finding.severity}: {finding}")
    if not findings:
        print("Nothing is wrong with these prompts.")
    return 1 if errors(findings) else 0


def run_add(options: argparse.Namespace) -> int:
    """Keep the files of a folder as a set; prints its id."""
    from journeys.naming.prompts.folders import read_folder

    prompts = read_folder(options.folder, options.name)
    with _opened() as store:
        if options.based_on:
            _set(store, options.based_on)
        kept = store.prompts.add(prompts, options.based_on)
    _tell_warnings(prompts)
    print(kept)
    return 0


def run_delete(options: argparse.Namespace) -> int:
    """Delete a set."""
    with _opened() as store:
        store.prompts.delete(options.id)
    print(f"The prompts {options.id} are deleted.")
    return 0


def wanted_prompts(store: Store, given: str) -> str:
    """The id of the set that ``--prompts`` names; a folder is kept as a set first.

    So a manifest's id can always be turned into the files again.

    Raises:
        JourneysError: there is no such set, or the folder's files have errors.
    """
    from journeys.naming.prompts.folders import read_folder

    folder = Path(given)
    if given and folder.is_dir():
        prompts = read_folder(folder)
        kept = store.prompts.add(prompts)
        _tell_warnings(prompts)
        print(f"Prompts: {kept}", file=sys.stderr)
        return kept
    return _set(store, given).id if given else ""


def _set(store: Store, id: str) -> PromptSet:
    """A set by its id; a shipped one by its name too."""
    return store.prompts.get(id)


def _tell_warnings(prompts: PromptSet) -> None:
    from journeys.naming.prompts.validation import validate

    findings: tuple[Finding, ...] = validate(prompts)
    for finding in findings:
        print(f"{finding.severity}: {finding}", file=sys.stderr)


@contextmanager
def _opened() -> Iterator[Store]:
    from journeys.cli.opening import command_store

    store = command_store("prompts")
    try:
        yield store
    finally:
        store.close()
