"""The compose file is one, and the database's role in it may do no more than it must."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from journeys.store.engine import HEAD, connect, current_revision
from tests.databases import PostgresServer, server_url

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "deploy" / "database-role.sh"


def compose() -> dict[str, Any]:
    yaml = pytest.importorskip("ruamel.yaml", reason="requirements-dev.txt is not installed")
    found: dict[str, Any] = yaml.YAML(typ="safe").load(ROOT / "compose.yaml")
    return found


@pytest.mark.skipif(not find_spec("check_jsonschema"), reason="requirements-dev.txt")
def test_it_is_valid_by_the_specification_of_compose() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec",
         str(ROOT / "compose.yaml")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_it_names_is_there_and_nothing_listens_beyond_this_machine() -> None:
    services = compose()["services"]
    mounted = [each for one in services.values() for each in one.get("volumes", ())]
    named = compose()["volumes"]
    for each in mounted:
        source = each.split(":")[0]
        secret = source.startswith("./secrets/")
        assert source in named or secret or (ROOT / source).is_file(), source
    ports = [port for one in services.values() for port in one.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert services["postgres"]["environment"]["POSTGRES_USER"] == "postgres"
    assert "//journeys:" in services["app"]["environment"]["DATABASE_URL"]


@pytest.mark.skipif(not shutil.which("psql"), reason="psql is not installed")
def test_the_role_owns_its_database_and_nothing_else(postgres_server: PostgresServer) -> None:
    admin = make_url(server_url())
    # The server may be somebody's: nothing of theirs is called so.
    role, superuser = f"journeys_role_{os.getpid()}", f"superuser_{os.getpid()}"
    script = SCRIPT.read_text(encoding="utf-8").replace("journeys", role)
    script = script.replace('-v admin="$POSTGRES_USER"', f"-v admin={superuser}")
    server = create_engine(admin, isolation_level="AUTOCOMMIT")
    environment = {
        **os.environ,
        "PGHOST": str(admin.host), "PGPORT": str(admin.port), "PGPASSWORD": str(admin.password),
        "POSTGRES_USER": str(admin.username), "POSTGRES_DB": "postgres",
        "POSTGRES_PASSWORD": "it's \\ a \"pass$word",
    }  # fmt: skip
    try:
        with server.connect() as connection:
            connection.execute(text(f"CREATE ROLE {superuser} SUPERUSER PASSWORD 'x'"))
        done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        own = admin.set(username=role, password=environment["POSTGRES_PASSWORD"], database=role)
        engine = connect(own.render_as_string(hide_password=False))
        assert current_revision(engine) == HEAD
        for statement in (
            "COPY (SELECT 1) TO PROGRAM 'true'",
            "SELECT pg_read_file('/etc/hostname')",
            "CREATE ROLE another",
            "CREATE DATABASE another",
            f"ALTER ROLE {role} SUPERUSER",
        ):
            with (
                engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
                pytest.raises(DBAPIError, match=r"permission denied|must be superuser"),
            ):
                connection.execute(text(statement))
        engine.dispose()
        with server.connect() as connection:
            query = f"SELECT rolpassword FROM pg_authid WHERE rolname = '{superuser}'"
            assert connection.scalar(text(query)) is None
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {role} WITH (FORCE)"))
            for each in (role, superuser):
                connection.execute(text(f"DROP ROLE IF EXISTS {each}"))
        server.dispose()
