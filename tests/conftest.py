"""Fixtures that several test packages share."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import PostgresServer, server_url

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The labelled logs beside the checkout; tests that need them are skipped without."""
    if not SHARED.is_dir():
        pytest.skip("the labelled logs (../shared/data) are not distributed with the project")
    return SHARED


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server; tests that need it are skipped without."""
    server = PostgresServer(server_url())
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """``DATABASE_URL`` of a test that holds on both databases; '' is SQLite in the data home."""
    if request.param == "sqlite":
        yield ""
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.migrated() as url:
        yield url


@pytest.fixture(autouse=True)
def no_log_handlers_left() -> Iterator[None]:
    """A command that is run in this process sets up logging; its stream ends with its test."""
    before = list(logging.root.handlers)
    level = logging.root.level
    yield
    for handler in list(logging.root.handlers):
        if handler not in before and not type(handler).__module__.startswith("_pytest"):
            logging.root.removeHandler(handler)
    logging.root.setLevel(level)
