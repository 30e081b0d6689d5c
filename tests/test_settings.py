"""Settings: each read in one place, documented, and refused where it makes no sense."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from journeys.errors import ConfigError
from journeys.settings import KEY, VARIABLES, Profile, Settings, agent_key, endpoint_key

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [
    ROOT / "app.py",
    *sorted((ROOT / "journeys").rglob("*.py")),
    *sorted((ROOT / "pages").rglob("*.py")),
]
#: Read by the tests alone.
TESTS = {"JOURNEYS_TEST_POSTGRESQL", "JOURNEYS_FUZZ_CASES", "JOURNEYS_REQUIRE_BROWSER"}
POSTGRESQL = "postgresql+psycopg://ann:sekrit@host/db"


class Watched(Mapping[str, str]):
    """An empty environment that notes what is asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_every_setting_that_is_read_is_listed() -> None:
    environ = Watched()
    Settings.from_environment(environ)
    endpoint_key(environ)
    agent_key(environ)
    assert environ.asked == set(VARIABLES)


def test_every_setting_has_its_section_and_nothing_else_has() -> None:
    documented = re.findall(
        r"^### `(\w+)`\n\n\S", (ROOT / "docs" / "settings.md").read_text("utf-8"), re.MULTILINE
    )
    assert sorted(documented) == sorted(VARIABLES)


def reads_environment(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}:
            return True
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            found = {name.name for name in node.names} & {"environ", "environb", "getenv"}
            if found:
                return True
    return False


def test_one_module_reads_the_environment() -> None:
    found = [str(path.relative_to(ROOT)) for path in SOURCES if reads_environment(path)]
    assert found == ["journeys/settings.py"]


def test_no_variable_of_ours_is_named_that_is_not_read() -> None:
    for path in [*SOURCES, *sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]:
        named = set(re.findall(r"\bJOURNEYS_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")))
        assert {name for name in named if name not in TESTS} <= set(VARIABLES), path


@pytest.mark.parametrize(
    ("environ", "profile"),
    [
        ({}, Profile.EMBEDDED),
        ({"DATABASE_URL": "sqlite:///x"}, Profile.EMBEDDED),
        ({"DATABASE_URL": POSTGRESQL}, Profile.SERVER),
        ({"DATABASE_URL": POSTGRESQL, "JOURNEYS_PROFILE": " Server "}, Profile.SERVER),
        ({"JOURNEYS_PROFILE": "cluster"}, Profile.CLUSTER),
    ],
)
def test_the_profile_follows_from_the_database(environ: dict[str, str], profile: Profile) -> None:
    assert Settings.from_environment(environ).profile is profile


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"JOURNEYS_PROFILE": "laptop"}, "embedded, server, cluster"),
        ({"JOURNEYS_PROFILE": "server"}, "needs PostgreSQL"),
        ({"JOURNEYS_PROFILE": "embedded", "DATABASE_URL": POSTGRESQL}, "unset DATABASE_URL"),
    ],
)
def test_a_profile_that_does_not_fit_is_refused(environ: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        _ = Settings.from_environment(environ).profile


def test_the_store_is_not_opened_where_the_profile_does_not_fit(tmp_path: Path) -> None:
    from journeys.store import open_store

    environ = {"JOURNEYS_HOME": str(tmp_path / "home"), "JOURNEYS_PROFILE": "server"}
    with pytest.raises(ConfigError, match="needs PostgreSQL"):
        open_store(Settings.from_environment(environ))
    assert not (tmp_path / "home").exists()


def test_a_closed_door_stays_closed_unless_it_is_clearly_opened() -> None:
    def closed(said: str) -> bool:
        return Settings.from_environment({"JOURNEYS_PARTICIPANTS_ONLY": said}).participants_only

    assert [closed(said) for said in ("1", "yes", "on", "0", "no", "")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


def test_settings_that_are_printed_show_no_secret() -> None:
    settings = Settings.from_environment({"DATABASE_URL": POSTGRESQL, KEY: "sk-sekrit"})
    assert "sekrit" not in repr(settings)
