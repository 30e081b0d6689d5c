"""Fetching a local model: consented to, checked by hash, and put in place in one step."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from journeys.errors import ModelError
from journeys.models.registry import LocalModelSpec, catalogue, spec
from journeys.models.sources import SOURCES, Progress, Source, SourceUnavailable

#: Bytes of disk that a fetch needs beyond the file itself: one part and its archive.
_HEADROOM = 250 * 1024 * 1024


def fetch(
    name: str,
    models_dir: Path,
    *,
    on_progress: Progress | None = None,
    sources: Sequence[Source] = SOURCES,
) -> Path:
    """Fetch a model of the catalogue unless it is already there.

    Sources are tried in order. An error or an interruption (also one raised by
    ``on_progress``) leaves what has come so far, and the next fetch goes on from there.

    Args:
        name: the model's name in the catalogue.
        models_dir: folder to keep it in, made if absent.
        on_progress: called with bytes so far and bytes in all.
        sources: where to try, in order.

    Returns:
        The path of the model's file.

    Raises:
        ModelError: unknown name, too little disk, no source has it, or the file that came is
            not the expected one (it is removed).
    """
    model = spec(name)
    target = models_dir / model.file
    if _complete(model, target):
        return target
    models_dir.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        with FileLock(target.with_name(f".{target.name}.lock"), timeout=0):
            _require_disk(model, models_dir, part)
            _bring(model, part, on_progress or _ignore, sources)
            part.replace(target)
            _write_notice(model, target)
    except Timeout as error:
        raise ModelError(
            f"{model.title} is being fetched by another process. Wait until it is done."
        ) from error
    return target


def installed(models_dir: Path) -> dict[str, Path]:
    """Name -> path of every model of the catalogue that is in the folder in full."""
    found = {model.name: models_dir / model.file for model in catalogue()}
    return {name: path for name, path in found.items() if _complete(spec(name), path)}


def find(name: str, models_dir: Path) -> Path:
    """The path of a fetched model.

    Raises:
        ModelError: unknown name, or not fetched yet; the message says how to.
    """
    path = models_dir / spec(name).file
    if not _complete(spec(name), path):
        raise ModelError(
            f"The local model {name} is not here yet. "
            f"Fetch it with: python -m journeys models fetch {name}"
        )
    return path


def _complete(model: LocalModelSpec, path: Path) -> bool:
    # The hash was checked when the file got its name; the size tells a damaged copy.
    return path.is_file() and path.stat().st_size == model.size


def _bring(
    model: LocalModelSpec, part: Path, progress: Progress, sources: Sequence[Source]
) -> None:
    reasons: list[str] = []
    for source in sources:
        try:
            source(model, part, progress)
        except SourceUnavailable as reason:
            reasons.append(str(reason))
        else:
            if wrong := _wrong_hash(model, part):
                reasons.append(wrong)
            else:
                return
    raise ModelError(
        f"{model.title} could not be fetched: {'; '.join(reasons)}. Check the network "
        f"connection and try again, or put {model.file} into {part.parent} yourself."
    )


def _require_disk(model: LocalModelSpec, folder: Path, part: Path) -> None:
    here = part.stat().st_size if part.exists() else 0
    needed = model.size - here + _HEADROOM
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ModelError(
            f"{model.title} needs {needed / 1e9:.1f} GB of free disk in {folder}, and there are "
            f"{free / 1e9:.1f} GB. Free some, or set JOURNEYS_HOME to another disk."
        )


def _wrong_hash(model: LocalModelSpec, part: Path) -> str | None:
    """Why the file that came is not the expected one, after removing it; None when it is."""
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest == model.sha256:
        return None
    part.unlink()
    return (
        f"the file that came is not the expected one (SHA-256 {digest[:12]}…, not "
        f"{model.sha256[:12]}…) and was removed"
    )


def _write_notice(model: LocalModelSpec, target: Path) -> None:
    target.with_name(f"{target.name}.NOTICE.txt").write_text(
        f"{model.title}\n"
        f"Made by {model.author}: https://huggingface.co/{model.hub_repo}\n\n"
        f'Licensed under the Apache License, Version 2.0 (the "License"); you may not use this\n'
        "file except in compliance with the License. You may obtain a copy of the License at\n\n"
        "    https://www.apache.org/licenses/LICENSE-2.0\n\n"
        "Unless required by applicable law or agreed to in writing, software distributed under\n"
        'the License is distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF\n'
        "ANY KIND, either express or implied. See the License for the specific language\n"
        "governing permissions and limitations under the License.\n\n"
        f"File: {model.file}, unchanged\nSHA-256: {model.sha256}\n",
        encoding="utf-8",
    )


def _ignore(done: int, total: int) -> None:
    """No progress was asked for."""
