"""Settings of the installation: the one place that reads environment variables.

A :class:`Settings` is read once and passed on as a value. Every variable is described in
``docs/settings.md``; a test holds the two together.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from platformdirs import user_data_path

from journeys.errors import ConfigError

HOME = "JOURNEYS_HOME"
PROFILE = "JOURNEYS_PROFILE"
DATABASE = "DATABASE_URL"
BASE_URL, MODEL, KEY = "OPENAI_BASE_URL", "OPENAI_MODEL", "OPENAI_API_KEY"
LOCAL_ONLY = "JOURNEYS_LOCAL_ONLY"
OWNERS, ANALYSTS, ROLE = "JOURNEYS_OWNERS", "JOURNEYS_ANALYSTS", "JOURNEYS_ROLE"
PARTICIPANTS_ONLY = "JOURNEYS_PARTICIPANTS_ONLY"
START_WORKER = "JOURNEYS_START_WORKER"
ERASURES = "JOURNEYS_ERASURES"
LOG = "JOURNEYS_LOG"
AGENT_KEY = "JOURNEYS_AGENT_KEY"
AUDIT_DAYS = "JOURNEYS_AUDIT_DAYS"
READ_SECONDS = "JOURNEYS_READ_SECONDS"

#: For how many days it is kept who saw which raw data, unless said otherwise.
AUDIT_DAYS_DEFAULT = 365

#: Seconds that reading one upload may take in the app, unless said otherwise.
READ_SECONDS_DEFAULT = 1_800

#: Every variable that the product reads; ``docs/settings.md`` has a heading for each.
VARIABLES = (
    HOME,
    PROFILE,
    DATABASE,
    BASE_URL,
    MODEL,
    KEY,
    LOCAL_ONLY,
    OWNERS,
    ANALYSTS,
    ROLE,
    PARTICIPANTS_ONLY,
    START_WORKER,
    ERASURES,
    LOG,
    AGENT_KEY,
    AUDIT_DAYS,
    READ_SECONDS,
)

_YES = frozenset({"1", "true", "yes"})
_NO = frozenset({"0", "false", "no"})


class Profile(Enum):
    """How the product is installed."""

    EMBEDDED = "embedded"
    """One machine: SQLite, one worker, no service."""
    SERVER = "server"
    """A lab's server: PostgreSQL, several workers and app processes."""
    CLUSTER = "cluster"
    """Discoveries on Ray; logs and results are files."""


@dataclass(frozen=True)
class Settings:
    """Where things are and what is allowed. Build it with :meth:`from_environment`.

    Attributes:
        home: folder of the database, keys and fetched models.
        database_url: SQLAlchemy URL of SQLite or PostgreSQL.
        local_only: refuse every endpoint that is not on this machine.
        owners, analysts: lists of e-mail addresses, as given; see :mod:`journeys.access`.
        role: of whoever opens the app without sign-in, as given; see :mod:`journeys.study.roles`.
        participants_only: serve participants and nobody else.
        start_worker: the app starts a worker where none is alive.
    """

    home: Path
    database_url: str = field(repr=False)
    openai_base_url: str | None = None
    openai_model: str | None = None
    local_only: bool = False
    owners: str = ""
    analysts: str = ""
    role: str = ""
    participants_only: bool = False
    start_worker: bool = True
    wanted_profile: str = ""
    wanted_log: str = ""
    erasures_file: Path | None = None
    wanted_audit_days: str = ""
    wanted_read_seconds: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read :data:`VARIABLES`; ``environ`` defaults to the process's own.

        The key of the endpoint is not among what is kept: see :func:`endpoint_key`.
        """
        env = os.environ if environ is None else environ
        given = env.get(HOME)
        home = Path(given).expanduser() if given else user_data_path("interest-journeys")
        erasures = env.get(ERASURES)
        return cls(
            home=home,
            database_url=env.get(DATABASE) or sqlite_url(home),
            openai_base_url=env.get(BASE_URL) or None,
            openai_model=env.get(MODEL) or None,
            local_only=_said(env, LOCAL_ONLY) in _YES,
            owners=env.get(OWNERS, ""),
            analysts=env.get(ANALYSTS, ""),
            role=env.get(ROLE, ""),
            # Anything but a clear no: this one closes doors.
            participants_only=_said(env, PARTICIPANTS_ONLY) not in {"", *_NO},
            start_worker=_said(env, START_WORKER) not in _NO,
            wanted_profile=_said(env, PROFILE),
            wanted_log=_said(env, LOG),
            erasures_file=Path(erasures).expanduser() if erasures else None,
            wanted_audit_days=_said(env, AUDIT_DAYS),
            wanted_read_seconds=_said(env, READ_SECONDS),
        )

    @property
    def models_dir(self) -> Path:
        """Where fetched models are kept."""
        return self.home / "models"

    @property
    def erasures(self) -> Path:
        """The file of erasure receipts; see :mod:`journeys.store.receipts`."""
        return self.erasures_file or self.home / "erasures.jsonl"

    @property
    def on_postgresql(self) -> bool:
        """Whether the database is PostgreSQL."""
        return self.database_url.startswith("postgresql")

    @property
    def profile(self) -> Profile:
        """How the product is installed: as said, or by the database.

        Raises:
            ConfigError: there is no such profile, or the database does not go with it.
        """
        if not self.wanted_profile:
            return Profile.SERVER if self.on_postgresql else Profile.EMBEDDED
        try:
            profile = Profile(self.wanted_profile)
        except ValueError:
            names = ", ".join(each.value for each in Profile)
            raise ConfigError(
                f"{PROFILE} must be one of {names}, not “{self.wanted_profile}”."
            ) from None
        if profile is Profile.SERVER and not self.on_postgresql:
            raise ConfigError(
                f"{PROFILE} is server, which needs PostgreSQL: set {DATABASE} to "
                "postgresql+psycopg://user:password@host/database."
            )
        if profile is Profile.EMBEDDED and self.on_postgresql:
            raise ConfigError(
                f"{PROFILE} is embedded, which uses SQLite: unset {DATABASE}, or set {PROFILE} to "
                "server."
            )
        return profile

    @property
    def json_logs(self) -> bool:
        """Whether log lines are JSON.

        Raises:
            ConfigError: the setting says neither text nor json.
        """
        if self.wanted_log not in {"", "text", "json"}:
            raise ConfigError(f"{LOG} must be text or json, not “{self.wanted_log}”.")
        return self.wanted_log == "json"

    @property
    def audit_days(self) -> int:
        """For how many days it is kept who saw which raw data.

        Raises:
            ConfigError: the setting is no whole number from 1 to 36,500.
        """
        return _whole(AUDIT_DAYS, self.wanted_audit_days, AUDIT_DAYS_DEFAULT, 36_500)

    @property
    def read_seconds(self) -> int:
        """Seconds that reading one upload may take in the app.

        Raises:
            ConfigError: the setting is no whole number from 1 to 86,400.
        """
        return _whole(READ_SECONDS, self.wanted_read_seconds, READ_SECONDS_DEFAULT, 86_400)


def sqlite_url(home: Path) -> str:
    """The database in a data home."""
    return f"sqlite:///{home / 'journeys.sqlite3'}"


def endpoint_key(environ: Mapping[str, str] | None = None) -> str:
    """The endpoint's key, '' without one. Read when a call is made and kept in no object."""
    return (os.environ if environ is None else environ).get(KEY, "")


def agent_key(environ: Mapping[str, str] | None = None) -> str:
    """The key that one MCP client is served under by standard input and output, '' without one.

    By a variable, so that no list of processes shows it.
    """
    return (os.environ if environ is None else environ).get(AGENT_KEY, "")


def child_environment(**changes: str) -> dict[str, str]:
    """The environment of a process that we start: our own, with changes."""
    return {**os.environ, **changes}


def wait_without_spinning() -> None:
    """Threads of OpenMP sleep while they wait, unless the user said otherwise.

    To be called before a library that uses OpenMP is loaded.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def windows_folder() -> Path:
    """Where Windows is, on Windows."""
    return Path(os.environ.get("WINDIR", "C:/Windows"))


def _said(env: Mapping[str, str], name: str) -> str:
    return env.get(name, "").strip().lower()


def _whole(name: str, said: str, default: int, most: int) -> int:
    if not said:
        return default
    if not (said.isascii() and said.isdigit() and len(said) < 7 and 1 <= int(said) <= most):
        raise ConfigError(f"{name} must be a whole number from 1 to {most:,}, not “{said}”.")
    return int(said)


def refuse_usage_reports() -> None:
    """Tell Ray, by the variable that it reads, not to report to its makers, unless it is set."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
