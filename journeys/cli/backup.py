"""``backup`` and ``restore``: the database in one file, and back."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from journeys.errors import InputError


def add_parser(commands: Any) -> None:
    """Add these commands to the command line."""
    backup = commands.add_parser(
        "backup",
        help="write the database to one file",
        description="Writes the database to one file, with checksums, while the app and workers go "
        "on. The secret is not in it: keep a copy of secret.key somewhere else, since a backup "
        "cannot be restored without it. Models are not in it: fetch or train them again.",
    )
    backup.add_argument("file", type=Path, help="file to write, e.g. journeys.tar.gz")
    backup.add_argument("--replace", action="store_true", help="overwrite a file that is there")
    backup.add_argument(
        "--with-secret", action="store_true",
        help="put secret.key into the file: whoever has the file can then match a person they "
        "know to their pseudonym",
    )  # fmt: skip
    backup.set_defaults(run=run_backup)
    restore = commands.add_parser(
        "restore",
        help="put a backup in the place of the database",
        description="Puts a backup in the place of the database. Stop the app, the workers and "
        "serve first. People who were erased after the backup was made are erased again, by the "
        "receipts in erasures.jsonl (JOURNEYS_ERASURES).",
    )
    restore.add_argument("file", type=Path, help="a file that 'backup' wrote")
    restore.add_argument(
        "--replace", action="store_true", help="overwrite a database that is there"
    )
    restore.set_defaults(run=run_restore)


def run_backup(options: argparse.Namespace) -> int:
    """Write a backup."""
    from journeys.settings import Settings
    from journeys.store.backup import make_backup

    settings = Settings.from_environment()
    if options.file.exists() and not options.replace:
        raise InputError(f"{options.file} is there already. Choose another name, or add --replace.")
    make_backup(settings, options.file, with_secret=options.with_secret)
    print(f"Wrote {options.file}, {options.file.stat().st_size / 1e6:,.1f} MB.")
    if options.with_secret:
        print("It has the secret. Keep it where nobody else can read it.")
    else:
        print(f"It does not have the secret: keep a copy of {settings.home / 'secret.key'} apart.")
    return 0


def run_restore(options: argparse.Namespace) -> int:
    """Restore a backup."""
    from journeys.settings import Settings
    from journeys.store.backup import restore_backup

    settings = Settings.from_environment()
    done = restore_backup(settings, options.file, replace=options.replace)
    made = datetime.fromtimestamp(done.manifest.made_at / 1e6, UTC)
    print(f"Restored what was there on {made:%Y-%m-%d at %H:%M} UTC.")
    if done.erased_again:
        print(f"People erased since, and erased again: {done.erased_again}.")
    if not settings.erasures.exists():
        print(
            f"There are no receipts of erasures ({settings.erasures}). If anybody was erased after "
            "the backup was made, erase them again."
        )
    print("Start the app, the workers and serve again.")
    return 0
