"""What the tests of the server speak to."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journeys.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Asked:
    """A client with a key."""

    client: Any
    key: str

    def post(self, path: str, given: Any = None, **options: Any) -> Any:
        """Send JSON with the key."""
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        return self.client.post(path, json=given, headers=headers, **options)


@dataclass
class Server:
    """A server process."""

    process: subprocess.Popen[bytes]
    url: str


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """Of a process that uses the same store."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**kept, "JOURNEYS_HOME": str(settings.home), "OMP_NUM_THREADS": "1", **more}
