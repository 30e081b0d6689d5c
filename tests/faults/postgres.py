"""A PostgreSQL server of one's own that may be killed: what it acknowledges, it keeps."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

_OWNER = "postgres"


def programs() -> Path | None:
    """The folder of initdb and postgres; None where there is no server to start."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name))
    if found:
        return found[-1]
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


class Postgres:
    """A server in a folder, on loopback.

    It waits for the disk at each commit, as an installation does: with ``synchronous_commit`` off,
    a killed server forgets what it acknowledged within the last moments.
    """

    def __init__(self, folder: Path) -> None:
        found = programs()
        if found is None:
            raise RuntimeError("there is no PostgreSQL server here")
        self._bin = found
        self._folder = folder
        # initdb and postgres refuse root.
        self._as = (
            {"user": _OWNER, "group": _OWNER, "extra_groups": ()} if os.geteuid() == 0 else {}
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.password = secrets.token_hex(12)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        folder.mkdir(parents=True, exist_ok=True)
        if self._as:
            shutil.chown(folder, _OWNER, _OWNER)
        given = folder / "password"
        given.write_text(self.password)
        if self._as:
            shutil.chown(given, _OWNER, _OWNER)
        subprocess.run(
            [
                str(found / "initdb"), "-D", str(folder / "data"), "-U", "faults", "-A",
                "scram-sha-256", "-E", "UTF8", "--no-locale", "--no-sync", "--pwfile", str(given),
            ],
            check=True, stdout=subprocess.DEVNULL, cwd=folder, **self._as,
        )  # fmt: skip

    def url(self, port: int | None = None) -> str:
        """For whoever connects directly, or through a proxy on a port."""
        where = f"127.0.0.1:{port or self.port}"
        return f"postgresql+psycopg://faults:{self.password}@{where}/postgres"

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers; does nothing where it runs."""
        if self.alive:
            return
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 300,
            "shared_buffers": "32MB",
            "min_wal_size": "32MB",
            "max_wal_size": "64MB",
        }
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._bin / "postgres"), "-D", str(self._folder / "data")]
                + [word for name, value in options.items() for word in ("-c", f"{name}={value}")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder, **self._as,
            )  # fmt: skip
        self._wait()

    def kill(self) -> None:
        """SIGKILL to the server and to every process that it started."""
        if self._process is None:
            return
        # The children stay in the list of the dead parent until that is waited for.
        family = [*_children(self._process.pid), self._process.pid]
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        until = time.monotonic() + 10
        while any(_runs(pid) for pid in family) and time.monotonic() < until:
            time.sleep(0.01)
        (self._folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def _wait(self, seconds: float = 60.0) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            done = subprocess.run(
                [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
            )
            if done.returncode == 0 or not self.alive:
                return
            time.sleep(0.05)


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
