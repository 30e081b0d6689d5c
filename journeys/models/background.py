"""Fetching a model in a process of its own, which outlives the page that asked for it.

The process writes how far it is into a small file beside the model, and holds a lock as long as
it lives: a lock cannot outlive a killed process, so a fetch that died is never taken for one
that runs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from journeys.errors import Cancelled, JourneysError
from journeys.models.fetching import fetch
from journeys.models.registry import spec
from journeys.settings import child_environment

_EVERY_SECONDS = 0.3


@dataclass(frozen=True)
class FetchState:
    """How far a fetch is.

    Attributes:
        state: ``"running"``, ``"done"``, ``"failed"`` or ``"stopped"``.
        done, total: bytes here, and bytes in all.
        started_at: when it began, seconds since 1970.
        started_done: bytes that an earlier try had left.
        message: for the user, where it failed.
        pid: the process.
    """

    state: str
    done: int
    total: int
    started_at: float
    started_done: int = 0
    message: str = ""
    pid: int = 0

    @property
    def running(self) -> bool:
        return self.state == "running"

    def seconds_left(self, at: float | None = None) -> float | None:
        """Seconds until all is here at the rate seen so far; None while that is unknown."""
        fresh = self.done - self.started_done
        elapsed = (time.time() if at is None else at) - self.started_at
        if not self.running or fresh <= 0 or elapsed <= 0:
            return None
        return elapsed / fresh * (self.total - self.done)


def start_fetch(name: str, models_dir: Path) -> None:
    """Start fetching in the background, unless that is under way.

    Raises:
        ModelError: there is no such model.
        OSError: the folder cannot be written.
    """
    model = spec(name)
    models_dir.mkdir(parents=True, exist_ok=True)
    if _alive(name, models_dir):
        return
    _write(name, models_dir, FetchState("running", 0, model.size, time.time()))
    subprocess.Popen(
        [sys.executable, "-m", "journeys.models.background", name, str(models_dir)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=child_environment(PYTHONPATH=os.pathsep.join(path for path in sys.path if path)),
    )


def fetch_state(name: str, models_dir: Path, *, grace: float = 15.0) -> FetchState | None:
    """How far the last fetch is, or None when there was none.

    Args:
        grace: seconds that a new process may take before it holds its lock.
    """
    try:
        said = FetchState(**json.loads(_state_file(name, models_dir).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    fresh = not said.pid and time.time() - said.started_at < grace
    if said.running and not fresh and not _alive(name, models_dir):
        # It may have ended between the two looks.
        again = json.loads(_state_file(name, models_dir).read_text("utf-8"))
        if again["state"] != said.state:
            return FetchState(**again)
        return FetchState(
            "stopped", said.done, said.total, said.started_at,
            message="The fetch was interrupted. What came so far is kept; fetch again to go on.",
        )  # fmt: skip
    return said


def stop_fetch(name: str, models_dir: Path) -> None:
    """Ask a fetch to end; what came so far is kept."""
    said = fetch_state(name, models_dir)
    if said is not None and said.pid and _alive(name, models_dir):
        # The lock is held, so the process that wrote its id is still that process.
        os.killpg(said.pid, signal.SIGTERM)


def forget_fetch(name: str, models_dir: Path) -> None:
    """Forget how the last fetch ended."""
    _state_file(name, models_dir).unlink(missing_ok=True)


def remove_model(name: str, models_dir: Path) -> None:
    """Remove a fetched model, what an interrupted fetch left of it, and its notice.

    Raises:
        ModelError: there is no such model.
    """
    file = spec(name).file
    for path in (file, f"{file}.NOTICE.txt", f"{file}.part", f"{file}.part.json"):
        (models_dir / path).unlink(missing_ok=True)
    forget_fetch(name, models_dir)


def main(name: str, models_dir: Path) -> int:
    """The background process."""
    try:
        with FileLock(_lock_file(name, models_dir), timeout=5):
            return _fetch(name, models_dir)
    except Timeout:
        return 1


def _fetch(name: str, models_dir: Path) -> int:
    total, began, written_at = spec(name).size, time.time(), 0.0
    here, before = 0, -1

    def tell(state: str, message: str = "") -> None:
        _write(
            name,
            models_dir,
            FetchState(state, here, total, began, max(before, 0), message, os.getpid()),
        )

    def progress(done: int, _total: int) -> None:
        nonlocal here, before, written_at
        here = done
        before = done if before < 0 else before
        if time.monotonic() - written_at >= _EVERY_SECONDS:
            written_at = time.monotonic()
            tell("running")

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise Cancelled("Stopped. What came so far is kept; fetch again to go on.")

    signal.signal(signal.SIGTERM, stop)
    tell("running")
    try:
        fetch(name, models_dir, on_progress=progress)
    except Cancelled as stopped:
        tell("stopped", str(stopped))
        return 130
    except JourneysError as error:
        tell("failed", str(error))
        return 1
    except Exception as error:
        tell("failed", f"Something went wrong that should not ({type(error).__name__}: {error}).")
        raise
    here = total
    tell("done")
    return 0


def _state_file(name: str, models_dir: Path) -> Path:
    return models_dir / f".{name}.fetch.json"


def _lock_file(name: str, models_dir: Path) -> Path:
    return models_dir / f".{name}.fetch.lock"


def _alive(name: str, models_dir: Path) -> bool:
    """Whether a background process holds the lock."""
    if not _lock_file(name, models_dir).exists():
        return False
    lock = FileLock(_lock_file(name, models_dir))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _write(name: str, models_dir: Path, state: FetchState) -> None:
    """In one step, so that a reader never sees half of it."""
    target = _state_file(name, models_dir)
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    draft.write_text(json.dumps(asdict(state)), "utf-8")
    draft.replace(target)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], Path(sys.argv[2])))
