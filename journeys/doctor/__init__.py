"""Is everything there that this installation needs? Each finding says what to do.

findings = examine(Settings.from_environment())
healthy = not any(finding.state is State.MISSING for finding in findings)

Nothing is changed, made, migrated or sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from journeys.doctor.finding import Finding, State
from journeys.doctor.machine import clock, disk, graphics_card, memory
from journeys.doctor.running import data_home, database, endpoint, profile, worker
from journeys.doctor.software import models, packages, python
from journeys.errors import JourneysError
from journeys.settings import Settings
from journeys.store.examining import examine_database

__all__ = ["Finding", "State", "examine"]


def examine(settings: Settings) -> Sequence[Finding]:
    """Look at everything, in the order in which one would set it up."""
    state = examine_database(settings.database_url)
    checks: Sequence[Callable[[], Iterable[Finding]]] = (
        python,
        packages,
        lambda: models(settings),
        graphics_card,
        lambda: profile(settings),
        lambda: data_home(settings),
        lambda: database(settings, state),
        lambda: worker(settings, state),
        lambda: endpoint(settings, state),
        lambda: disk(settings),
        memory,
        lambda: clock(state),
    )
    return [finding for check in checks for finding in _careful(check)]


def _careful(check: Callable[[], Iterable[Finding]]) -> Iterable[Finding]:
    """One check that fails leaves the others."""
    try:
        return list(check())
    except JourneysError as error:
        return [Finding("setting", State.MISSING, str(error), "Correct it; see docs/settings.md.")]
