"""Backups of the database in one file, and restoring them without bringing back who was erased.

A backup is a tar file of ``manifest.json``, the database (a copy by SQLite's online backup, or
``pg_dump``'s custom format) and, only if asked for, ``secret.key``. With database and secret an id
that is known can be matched to its pseudonym, so by default the two are not in one file. Without
the secret a restored database is not usable: nobody could be found to be erased, and no invitation
would open. So restoring asks for the very secret that the backup was made under.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from journeys.errors import ConfigError, InputError
from journeys.naming.tuning.installed import tuned_folder
from journeys.privacy import SECRET_FILE, Keys, install_secret, load_keys
from journeys.settings import Settings, sqlite_url
from journeys.store import Store, dumping
from journeys.store.engine import HEAD, connect, now
from journeys.store.examining import examine_database
from journeys.store.receipts import Receipts

FORMAT = 1
MANIFEST, SQLITE, POSTGRESQL = "manifest.json", "journeys.sqlite3", "journeys.dump"

#: A manifest is a few hundred bytes; nothing larger is read as one.
_MOST_MANIFEST = 1_000_000


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Attributes:
        made_at: when it was begun, microseconds since 1970-01-01 UTC.
        database: ``sqlite`` or ``postgresql``.
        revision: the migration that the database was at.
        secret: fingerprint of the secret that it was made under.
        sha256: name of each member -> its SHA-256.
    """

    made_at: int
    database: str
    revision: str
    secret: str
    sha256: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(frozen=True)
class Restored:
    """What restoring did; ``erased_again``: people who were erased after the backup was made."""

    manifest: Manifest
    erased_again: int


def make_backup(settings: Settings, path: Path, *, with_secret: bool = False) -> Manifest:
    """Write a backup; the app and workers may go on meanwhile.

    Raises:
        ConfigError: the database is missing or another version's, or ``pg_dump`` is not there or
            fails.
        InputError: the file cannot be written.
    """
    state = examine_database(settings.database_url)
    if state.problem or not state.usable:
        raise ConfigError(
            f"There is nothing to back up: {state.problem or 'no database of this version'}. "
            "See: python -m journeys doctor"
        )
    keys = load_keys(settings.home)
    began = now()
    name = POSTGRESQL if settings.on_postgresql else SQLITE
    try:
        with tempfile.TemporaryDirectory(dir=path.resolve().parent, prefix=".backup-") as made:
            folder = Path(made)
            if settings.on_postgresql:
                dumping.dump(settings.database_url, folder / name)
            else:
                _copy_sqlite(_sqlite_path(settings), folder / name)
            if with_secret:
                shutil.copyfile(settings.home / SECRET_FILE, folder / SECRET_FILE)
            members = sorted(file.name for file in folder.iterdir())
            manifest = Manifest(
                began,
                "postgresql" if settings.on_postgresql else "sqlite",
                HEAD,
                keys.fingerprint,
                {member: _sha256(folder / member) for member in members},
            )
            (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), "utf-8")
            draft = folder / "backup.tar.gz"
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar:
                    for member in (MANIFEST, *members):
                        tar.add(folder / member, member)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
    except OSError as error:
        raise InputError(f"The backup {path} cannot be written: {error.strerror}.") from error
    return manifest


def restore_backup(settings: Settings, path: Path, *, replace: bool = False) -> Restored:
    """Put a backup in the place of the database, and erase again whoever was erased since.

    Args:
        replace: a database that is there may be overwritten.

    Raises:
        InputError: the file is no backup, is damaged, or is of the other kind of database.
        ConfigError: the secret is missing or another one, a worker is alive, there is a database
            already, or the database's programs fail.
    """
    state = examine_database(settings.database_url)
    if state.problem and not replace:
        raise ConfigError(f"{state.problem}. To put the backup in its place: --replace")
    if state.workers:
        raise ConfigError("A worker is alive. Stop the workers and the app, then restore again.")
    if state.exists and state.revision is not None and not replace:
        raise ConfigError(
            "There is a database already. Back it up, then restore with --replace to overwrite it."
        )
    settings.home.mkdir(0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=".restore-") as made:
        folder = Path(made)
        manifest = _unpack(path, folder)
        _check(manifest, settings)
        keys = _matching_keys(settings, folder / SECRET_FILE, manifest)
        if settings.on_postgresql:
            dumping.check(folder / POSTGRESQL)
            dumping.load(settings.database_url, folder / POSTGRESQL)
            return Restored(manifest, _erase_again(settings, settings.database_url, keys, manifest))
        # Whoever was erased is erased before the copy takes its place.
        url = sqlite_url(folder)
        erased = _erase_again(settings, url, keys, manifest)
        _copy_sqlite(folder / SQLITE, _sqlite_path(settings))
    return Restored(manifest, erased)


def read_manifest(path: Path) -> Manifest:
    """What a backup says of itself.

    Raises:
        InputError: it is no backup, or one of a newer version.
    """
    try:
        with tarfile.open(path, "r:gz") as tar:
            first = tar.next()
            file = tar.extractfile(first) if first and first.name == MANIFEST else None
            if file is None:
                raise InputError(f"{path} is not a backup of this product.")
            told: Any = json.loads(file.read(_MOST_MANIFEST))
        manifest = Manifest(**told)
        if not (isinstance(manifest.sha256, dict) and isinstance(manifest.made_at, int)):
            raise TypeError("a manifest has checksums and a time")
        if not (isinstance(manifest.revision, str) and isinstance(manifest.secret, str)):
            raise TypeError("a manifest has a revision and a fingerprint")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (tarfile.TarError, EOFError, ValueError, TypeError) as error:
        raise InputError(f"{path} is not a backup of this product, or is damaged.") from error
    if manifest.format != FORMAT:
        raise InputError(f"{path} was made by a newer version. Update the product, then restore.")
    return manifest


def _unpack(path: Path, folder: Path) -> Manifest:
    """The members that the manifest names, each checked; nothing else of the file is touched."""
    manifest = read_manifest(path)
    database = POSTGRESQL if manifest.database == "postgresql" else SQLITE
    wanted = {database, SECRET_FILE}
    # Without its database it would put an empty one in the place of what is there.
    if database not in manifest.sha256 or not wanted.issuperset(manifest.sha256):
        raise InputError(f"The backup {path} is damaged; nothing was restored.")
    try:
        with tarfile.open(path, "r:gz") as tar:
            for member in tar:
                if member.name in wanted & set(manifest.sha256) and member.isreg():
                    source = tar.extractfile(member)
                    descriptor = os.open(
                        folder / member.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600
                    )
                    with os.fdopen(descriptor, "wb") as file:
                        if source is not None:
                            shutil.copyfileobj(source, file)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InputError(f"The backup {path} is damaged; nothing was restored.") from error
    for name, expected in manifest.sha256.items():
        if not (folder / name).is_file() or _sha256(folder / name) != expected:
            raise InputError(f"The backup {path} is damaged ({name}); nothing was restored.")
    return manifest


def _check(manifest: Manifest, settings: Settings) -> None:
    here = "postgresql" if settings.on_postgresql else "sqlite"
    if manifest.database != here:
        raise InputError(
            f"This is a backup of {manifest.database}, and DATABASE_URL is {here}. Restore it "
            "to the same kind of database."
        )
    if manifest.revision > HEAD:
        raise InputError(
            f"The backup is at revision {manifest.revision}, which this version does not know. "
            "Update the product, then restore."
        )


def _matching_keys(settings: Settings, brought: Path, manifest: Manifest) -> Keys:
    """The installation's keys, which must be those that the backup was made under."""
    if not (settings.home / SECRET_FILE).exists():
        if not brought.exists():
            raise ConfigError(
                f"The backup has no {SECRET_FILE}, and there is none in {settings.home}. Put your "
                "copy of it there first: without it nobody in the backup can be recognised."
            )
        install_secret(settings.home, brought.read_bytes())
    keys = load_keys(settings.home)
    if keys.fingerprint != manifest.secret:
        raise ConfigError(
            f"The {SECRET_FILE} in {settings.home} is not the one that the backup was made under. "
            "Put that one there, or set JOURNEYS_HOME to an empty folder."
        )
    return keys


def _erase_again(settings: Settings, url: str, keys: Keys, manifest: Manifest) -> int:
    receipts = Receipts(settings.erasures, keys.erasure)
    store = Store(connect(url), keys, tuned_folder(settings.models_dir), receipts)
    try:
        # Whoever worked on a run when the backup was made does so no more.
        store.runs.void_leases()
        return store.erase_again(manifest.made_at)
    finally:
        store.close()


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's online backup (sqlite.org/backup.html): one consistent state, readers go on."""
    if not target.exists():
        target.touch(0o600)
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
            (sound,) = new.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        raise ConfigError(f"The database could not be copied: {error}.") from error
    if sound != "ok":
        raise ConfigError(f"The database in {source} is damaged: {sound}.")


def _sqlite_path(settings: Settings) -> Path:
    return Path(str(make_url(settings.database_url).database))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
