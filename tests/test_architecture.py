"""The rules of the layout, held against the code."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = sorted((ROOT / "journeys").rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
#: The page that shows what agents learnt: it does to the store what the server does.
PREFERENCES = [path for path in PAGES if path.name.startswith("preferences")]
HEAVY = ("torch", "umap", "hdbscan", "sklearn", "scipy", "sentence_transformers", "xllamacpp")


JOURNEYS = ROOT / "journeys"


@cache
def imports(path: Path) -> frozenset[str]:
    """Modules that a file imports anywhere, with their parents."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for name in names:
            parts = name.split(".")
            found.update(".".join(parts[: end + 1]) for end in range(len(parts)))
    return frozenset(found)


def importers(
    files: Sequence[Path], modules: set[str], *, allowed: Sequence[Path] = ()
) -> list[str]:
    """The files that import one of the modules, beside those that may: files, or all in folders."""
    return [
        str(path.relative_to(ROOT))
        for path in files
        if imports(path) & modules and not {path, *path.parents} & set(allowed)
    ]


def test_files_were_found_and_read() -> None:
    assert len(LIBRARY) > 300
    assert len(PAGES) > 40
    assert "sqlalchemy.orm" in imports(JOURNEYS / "store" / "schema.py")
    assert importers(LIBRARY, {"sqlalchemy"})


def test_the_library_never_imports_the_user_interface() -> None:
    assert not importers(LIBRARY, {"streamlit", "pages"})


def test_only_the_store_speaks_sql() -> None:
    # A browser's history that is given is an SQLite file, opened for reading in one place.
    allowed = [JOURNEYS / "store", JOURNEYS / "ingest" / "database.py"]
    assert not importers(LIBRARY + PAGES, {"sqlalchemy", "sqlite3", "alembic"}, allowed=allowed)


def test_the_core_never_imports_user_embeddings() -> None:
    allowed = [JOURNEYS / "userllm", JOURNEYS / "cli" / "userllm", JOURNEYS / "serving"]
    assert not importers(LIBRARY, {"journeys.userllm"}, allowed=allowed)


def test_only_the_command_line_and_the_server_import_the_learner_for_agents() -> None:
    allowed = [JOURNEYS / name for name in ("agents", "cli", "serving")]
    allowed += PREFERENCES
    assert not importers(LIBRARY + PAGES, {"journeys.agents"}, allowed=allowed)


def test_only_the_command_line_knows_of_the_cluster_and_one_module_of_ray() -> None:
    workers = JOURNEYS / "cluster" / "workers.py"
    assert not importers(LIBRARY + PAGES, {"ray"}, allowed=[workers])
    allowed = [JOURNEYS / "cluster", JOURNEYS / "cli"]
    assert not importers(LIBRARY + PAGES, {"journeys.cluster"}, allowed=allowed)


def test_only_the_command_line_imports_the_server() -> None:
    allowed = [JOURNEYS / "serving", JOURNEYS / "cli"]
    server = {"fastapi", "uvicorn", "mcp", "journeys.serving.app"}
    assert not importers(LIBRARY + PAGES, server, allowed=allowed)
    assert not importers(LIBRARY + PAGES, {"journeys.serving"}, allowed=allowed + PREFERENCES)


def test_pages_compute_nothing_heavy() -> None:
    assert not importers(PAGES, {*HEAVY, "numpy"})


def test_no_file_outgrows_one_idea() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in LIBRARY + PAGES
    }
    assert {name: count for name, count in lines.items() if count > 500} == {}


@pytest.mark.parametrize(
    "module",
    [
        "journeys",
        "journeys.store",
        "journeys.jobs.worker",
        "journeys.cli",
        "journeys.ingest",
        "journeys.agents",
        "journeys.cluster",
    ],
)
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f"import {module}, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not set(json.loads(done.stdout)) & {*HEAVY, "streamlit", "openai", "plotly", "ray"}


def test_every_public_name_is_there() -> None:
    import journeys

    assert journeys.__all__ == sorted(journeys.__all__)
    for name in journeys.__all__:
        assert getattr(journeys, name) is not None
