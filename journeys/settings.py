"""Settings of the installation, read from the environment once and passed on as a value.

=====================  ================================================================
``JOURNEYS_HOME``      folder for the database, keys and fetched models
``DATABASE_URL``       SQLAlchemy URL of SQLite or PostgreSQL; default: in ``JOURNEYS_HOME``
``OPENAI_API_KEY``     key of the endpoint; read when a call is made, never stored
``OPENAI_BASE_URL``    any OpenAI-compatible endpoint
``OPENAI_MODEL``       the endpoint's model
``JOURNEYS_LOCAL_ONLY``  ``1`` refuses every endpoint that is not on this machine
=====================  ================================================================
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path


@dataclass(frozen=True)
class Settings:
    """Where things are. Build it with :meth:`from_environment` and pass it on."""

    home: Path
    database_url: str
    openai_base_url: str | None = None
    openai_model: str | None = None
    local_only: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the variables named above; ``environ`` defaults to the process's own."""
        env = os.environ if environ is None else environ
        given = env.get("JOURNEYS_HOME")
        home = Path(given).expanduser() if given else user_data_path("interest-journeys")
        return cls(
            home=home,
            database_url=env.get("DATABASE_URL") or f"sqlite:///{home / 'journeys.sqlite3'}",
            openai_base_url=env.get("OPENAI_BASE_URL") or None,
            openai_model=env.get("OPENAI_MODEL") or None,
            local_only=env.get("JOURNEYS_LOCAL_ONLY", "").lower() in {"1", "true", "yes"},
        )

    @property
    def models_dir(self) -> Path:
        """Where fetched models are kept."""
        return self.home / "models"
