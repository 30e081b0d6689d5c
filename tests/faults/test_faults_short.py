"""Each kind of fault once over a whole installation; ``benchmarks/faults.py`` has the long form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kinds import kinds
from tests.faults.ledger import Account, Ledger
from tests.faults.postgres import programs
from tests.faults.rain import rain
from tests.faults.world import World


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    on_postgresql = request.param == "postgresql"
    if on_postgresql and programs() is None:
        pytest.skip("PostgreSQL's server programs are not here")
    # The server's own user has to reach its folder.
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder.owner() == tmp_path.owner():
            folder.chmod(0o755)
    opened = World(tmp_path, on_postgresql=on_postgresql, workers=2, participants=2, waiting=1)
    try:
        yield opened
    finally:
        opened.close()


def test_nothing_is_lost_doubled_or_paid_twice(world: World) -> None:
    world.set_up()
    known = kinds(world)
    outcome = rain(world, len(known), seed=3, most_seconds=0.3, patience=120)
    assert set(outcome.counts) == set(known)
    assert outcome.problems == []
    assert world.ended == {}
    assert outcome.findings.figures["acknowledged"] > 0
    assert outcome.findings.figures["names compared"] > 0


def test_a_ledger_counts_whole_lines(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "somebody")
    assert ledger.account() == Account(0, 0)
    for number in range(3):
        ledger.sent(number)
        ledger.done(number)
    ledger.sent(3)
    assert Ledger(tmp_path, "somebody").account() == Account(4, 3)
    with (tmp_path / "somebody.ledger").open("a") as file:
        file.write("done 1")  # a kill in the middle of a line
    assert ledger.account() == Account(4, 3)
