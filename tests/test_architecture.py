"""The rules of the layout, held against the code."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = sorted((ROOT / "journeys").rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
HEAVY = ("torch", "umap", "hdbscan", "sklearn", "scipy", "sentence_transformers", "xllamacpp")


def imports(path: Path) -> set[str]:
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
    return found


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_library_never_imports_the_user_interface(path: Path) -> None:
    assert not imports(path) & {"streamlit", "pages"}


@pytest.mark.parametrize("path", LIBRARY + PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_store_speaks_sql(path: Path) -> None:
    # A browser's history that is given is an SQLite file, opened for reading in one place.
    a_format = path == ROOT / "journeys" / "ingest" / "database.py"
    if (ROOT / "journeys" / "store") not in path.parents and not a_format:
        assert not imports(path) & {"sqlalchemy", "sqlite3", "alembic"}


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_core_never_imports_user_embeddings(path: Path) -> None:
    library = ROOT / "journeys"
    theirs = {library / "userllm", library / "cli" / "userllm", library / "serving"}
    if not theirs & set(path.parents):
        assert "journeys.userllm" not in imports(path)


@pytest.mark.parametrize("path", LIBRARY + PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_command_line_and_the_server_import_the_learner_for_agents(path: Path) -> None:
    allowed = [ROOT / "journeys" / name for name in ("agents", "cli", "serving")]
    if not any(folder in path.parents for folder in allowed) and not _of_preferences(path):
        assert "journeys.agents" not in imports(path)


@pytest.mark.parametrize("path", LIBRARY + PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_command_line_knows_of_the_cluster_and_one_module_of_ray(path: Path) -> None:
    found = imports(path)
    if path != ROOT / "journeys" / "cluster" / "workers.py":
        assert "ray" not in found
    if not {"cli", "cluster"} & set(path.relative_to(ROOT).parts):
        assert "journeys.cluster" not in found


@pytest.mark.parametrize("path", LIBRARY + PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_command_line_imports_the_server(path: Path) -> None:
    allowed = [ROOT / "journeys" / name for name in ("serving", "cli")]
    if not any(folder in path.parents for folder in allowed):
        found = imports(path)
        assert not found & {"fastapi", "uvicorn", "mcp", "journeys.serving.app"}
        assert "journeys.serving" not in found or _of_preferences(path)


def _of_preferences(path: Path) -> bool:
    """The page that shows what agents learnt: it does to the store what the server does."""
    return path.name.startswith("preferences") and (ROOT / "pages") in path.parents


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_pages_compute_nothing_heavy(path: Path) -> None:
    assert not imports(path) & {*HEAVY, "numpy"}


@pytest.mark.parametrize("path", LIBRARY + PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_outgrows_one_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


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
