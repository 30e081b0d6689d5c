"""The last stage of a run: names by a language model, each kept as soon as it is there."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

from journeys.discovery.progress import Progress, check
from journeys.discovery.storage import RunStorage
from journeys.discovery.user import build_evidence
from journeys.errors import (
    Cancelled,
    CapReached,
    EndpointBusy,
    EndpointError,
    JourneysError,
    PrivacyError,
)
from journeys.naming import Evidence, Named, Namer
from journeys.naming.estimate import Estimate, estimate
from journeys.naming.ledger import Ledger, Meter

#: A namer that fails so often in a row will not do better on the next journey.
FAILURES_IN_A_ROW = 5
#: Journeys whose prompts are built for the estimate.
SAMPLE = 12
#: Journeys whose evidence is held ready at most; a person's are built together.
READY = 5_000
#: Seconds between two writings of the ledger.
_EVERY = 1.0


@runtime_checkable
class MeteredNamer(Namer, Protocol):
    """A namer whose calls are counted, capped and estimated as they are made."""

    @property
    def meter(self) -> Meter: ...

    def prompt(self, evidence: Evidence) -> Sequence[dict[str, str]]:
        """What would be sent for a journey."""
        ...

    def stop(self) -> None:
        """Send nothing more; calls that wait end at once."""
        ...


def name_journeys(
    storage: RunStorage,
    open_namer: Callable[[], Any] | None,
    concurrency: int,
    progress: Progress,
    manifest: dict[str, Any],
    before: Callable[[Estimate], None] | None = None,
) -> None:
    """Name what is not named yet.

    Into the manifest go ``llm`` (the ledger over all attempts, written while naming goes on),
    ``naming_problem`` (a sentence when not all could be named, else '') and
    ``naming_estimate``.

    Args:
        before: told the estimate before anything is sent; may raise Cancelled.

    Raises:
        Cancelled: the user asked to stop; names that are there are kept.
    """
    account = _Account(storage, manifest)
    problem = ""
    try:
        if open_namer is not None:
            with open_namer() as namer:
                account.of(namer)
                waiting = deque(storage.unnamed(namer.id))
                if isinstance(namer, MeteredNamer):
                    told = estimate(
                        len(waiting),
                        [namer.prompt(each) for each in sample_evidence(storage, waiting)],
                        price=namer.meter.price,
                        concurrency=concurrency,
                        earlier=namer.meter.ledger(),
                    )
                    manifest["naming_estimate"] = told.to_dict()
                    storage.save_manifest(manifest)
                    if before is not None:
                        before(told)
                problem = _name_all(storage, namer, waiting, concurrency, progress, account)
    except Cancelled:
        raise
    except JourneysError as error:
        # Journeys with keyphrase names are worth more than a failed run.
        problem = str(error)
    finally:
        account.save()
    manifest["naming_problem"] = problem


class _Account:
    """The run's ledger, kept in its manifest as naming goes on."""

    def __init__(self, storage: RunStorage, manifest: dict[str, Any]) -> None:
        self._storage = storage
        self._manifest = manifest
        self._earlier = Ledger.from_dict(manifest.get("llm", {}))
        self._now = Ledger()
        self._meter: Meter | None = None
        self._started = self._saved = time.monotonic()

    def of(self, namer: Namer) -> None:
        """Count this namer's calls."""
        if isinstance(namer, MeteredNamer):
            self._meter = namer.meter
            self._meter.carry(self._earlier)

    def add(self, named: Named) -> None:
        """A journey was named."""
        if self._meter is None:
            self._now += Ledger.of(named.usage)
        elif named.usage.cached:
            self._meter.cached(named.usage.cached)
        if time.monotonic() - self._saved >= _EVERY:
            self.save()

    def save(self) -> None:
        """Into the manifest, and that into the storage."""
        if self._meter is not None:
            ledger = self._meter.ledger()
        else:
            seconds = time.monotonic() - self._started if self._now.calls else 0.0
            ledger = self._earlier + replace(self._now, seconds=seconds)
        self._manifest["llm"] = ledger.to_dict()
        self._storage.save_manifest(self._manifest)
        self._saved = time.monotonic()


class _Ready:
    """Evidence of journeys; a person is loaded once for all journeys that wait for names."""

    def __init__(self, storage: RunStorage, waiting: Sequence[tuple[int, str]]) -> None:
        self._storage = storage
        self._waiting: dict[int, set[str]] = {}
        for person, journey_id in waiting:
            self._waiting.setdefault(person, set()).add(journey_id)
        self._built: dict[tuple[int, str], Evidence] = {}

    def take(self, person: int, journey_id: str) -> Evidence:
        """The evidence of one journey, which is then no longer held."""
        self._waiting[person].discard(journey_id)
        known = self._built.pop((person, journey_id), None)
        if known is not None:
            return known
        timeline, found = self._storage.load_user(person)
        for journey in found.journeys:
            later = journey.id in self._waiting[person] and len(self._built) < READY
            if later and (person, journey.id) not in self._built:
                self._built[person, journey.id] = build_evidence(timeline, found, journey)
        journey = next(journey for journey in found.journeys if journey.id == journey_id)
        return build_evidence(timeline, found, journey)


def sample_evidence(
    storage: RunStorage, waiting: Sequence[tuple[int, str]], size: int = SAMPLE
) -> list[Evidence]:
    """Evidence of a few journeys, spread evenly over those that wait."""
    step = max(1, len(waiting) // size)
    found = []
    for at in range(0, len(waiting), step)[:size]:
        person, journey_id = waiting[at]
        timeline, result = storage.load_user(person)
        journey = next(journey for journey in result.journeys if journey.id == journey_id)
        found.append(build_evidence(timeline, result, journey))
    return found


@dataclass
class _Round:
    """Where naming stands."""

    total: int
    done: int = 0
    failures: int = 0
    problem: str = ""
    again: set[tuple[int, str]] = field(default_factory=set)


def _name_all(
    storage: RunStorage,
    namer: Namer,
    waiting: deque[tuple[int, str]],
    concurrency: int,
    progress: Progress,
    account: _Account,
) -> str:
    """Name all that wait; a sentence when not all could be named."""
    at = _Round(len(waiting))
    ready = _Ready(storage, waiting)
    progress.stage("name", 0, at.total)
    busy: dict[Future[Named], tuple[int, str]] = {}
    # Who waits to send again holds no place, so a few more than there are places keep them full.
    workers = concurrency + (concurrency // 4 if isinstance(namer, MeteredNamer) else 0)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        try:
            while (waiting and not at.problem) or busy:
                while waiting and len(busy) < workers and not at.problem:
                    check(progress)
                    person, journey_id = waiting.popleft()
                    evidence = ready.take(person, journey_id)
                    busy[pool.submit(namer.name, evidence)] = (person, journey_id)
                done, _ = wait(busy, timeout=1.0, return_when=FIRST_COMPLETED)
                for future in done:
                    person, journey_id = busy.pop(future)
                    named = _outcome(future, (person, journey_id), waiting, at)
                    if named is not None:
                        storage.save_names(person, journey_id, named.names)
                        account.add(named)
                        at.done += 1
                progress.update(at.done)
                check(progress)
        except BaseException:
            if isinstance(namer, MeteredNamer):
                namer.stop()
            raise
        finally:
            for future in busy:
                future.cancel()
    if at.done < at.total and not at.problem:
        at.problem = "The endpoint failed for some journeys."
    if at.problem:
        left = at.total - at.done
        return f"{left} of {at.total} journeys keep their keyphrase names. {at.problem}"
    return ""


def _outcome(
    future: Future[Named], journey: tuple[int, str], waiting: deque[tuple[int, str]], at: _Round
) -> Named | None:
    """The names; or None, and whether to go on. Who failed for a while has one more turn."""
    try:
        named = future.result()
    except (EndpointError, PrivacyError, CapReached) as error:
        at.failures += 1
        passing = isinstance(error, EndpointBusy)
        if not passing or at.failures >= FAILURES_IN_A_ROW:
            # The first reason is the one to tell; those under way fail of the same.
            at.problem = at.problem or str(error)
        elif journey not in at.again:
            at.again.add(journey)
            waiting.append(journey)
        return None
    at.failures = 0
    return named
