"""The store as commands open it: it notes who reads raw data, and by which command."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

from journeys.audit import Reader, Way

if TYPE_CHECKING:
    from journeys.settings import Settings
    from journeys.store import Store


def command_store(command: str, settings: Settings | None = None) -> Store:
    """Open the store for a command.

    Args:
        command: its name, which is noted with what it reads.
        settings: the environment's by default.
    """
    from journeys.settings import Settings
    from journeys.store import open_store

    reader = Reader(login(), Way.COMMAND, command)
    return open_store(settings or Settings.from_environment()).read_by(lambda: reader)


def login() -> str:
    """The account that runs this process: by the system, where it knows, not by a variable."""
    try:
        import pwd
    except ImportError:  # Windows
        return getpass.getuser()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"account {os.getuid()}"
