"""The last stage of a run: names by a language model, each kept as soon as it is there."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

from journeys.discovery.evidence import Gather, build_evidence, gather_titles
from journeys.discovery.keeping import still_fits
from journeys.discovery.progress import Progress, check
from journeys.discovery.storage import RunStorage
from journeys.errors import (
    Cancelled,
    CapReached,
    EndpointBusy,
    EndpointError,
    JourneysError,
    PrivacyError,
)
from journeys.journey import LEVELS, Names, UserJourneys
from journeys.naming import Evidence, Named, Namer
from journeys.naming.checks import said_in_full
from journeys.naming.estimate import Estimate, estimate
from journeys.naming.ledger import Ledger, Meter

#: A namer that fails so often in a row will not do better on the next journey.
FAILURES_IN_A_ROW = 5
#: Journeys whose prompts are built for the estimate.
SAMPLE = 12
#: Journeys whose evidence is held ready at most; a person's are built together.
READY = 2_000
#: Seconds between two writings of the ledger.
_EVERY = 1.0


@runtime_checkable
class MeteredNamer(Namer, Protocol):
    """A namer whose calls are counted, capped and estimated as they are made."""

    @property
    def meter(self) -> Meter: ...

    @property
    def calls_a_journey(self) -> float:
        """Expected calls for a journey."""
        ...

    def prompt(self, evidence: Evidence) -> Sequence[dict[str, str]]:
        """What would be sent for a journey."""
        ...

    def shown(self, evidence: Evidence) -> Sequence[str]:
        """Ids of the items that would be sent."""
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
    gather: Gather = gather_titles,
) -> None:
    """Name what is not named yet.

    Into the manifest go ``llm`` (the ledger over all attempts, written while naming goes on),
    ``naming_problem`` (a sentence when not all could be named, else '') and
    ``naming_estimate``.

    Args:
        before: told the estimate before anything is sent; may raise Cancelled.
        gather: builds the evidence.

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
                        calls_a_journey=namer.calls_a_journey,
                    )
                    manifest["naming_estimate"] = told.to_dict()
                    storage.save_manifest(manifest)
                    if before is not None:
                        before(told)
                ready = _Ready(storage, waiting, gather)
                problem = _name_all(storage, namer, waiting, concurrency, progress, account, ready)
                if not problem:
                    _tell_apart(storage, namer, ready.sharing, progress, account, gather)
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

    def __init__(
        self, storage: RunStorage, waiting: Sequence[tuple[int, str]], gather: Gather
    ) -> None:
        self._storage = storage
        self._gather = gather
        self._waiting: dict[int, set[str]] = {}
        for person, journey_id in waiting:
            self._waiting.setdefault(person, set()).add(journey_id)
        self._built: dict[tuple[int, str], Evidence] = {}
        self._earlier: dict[int, Mapping[str, Names]] = {}
        self._said: set[tuple[int, int, frozenset[str]]] = set()
        self.sharing: dict[int, None] = {}
        """People two of whose journeys were given the same name."""

    def take(self, person: int, journey_id: str) -> Evidence:
        """The evidence of one journey, which is then no longer held."""
        self._waiting[person].discard(journey_id)
        known = self._built.pop((person, journey_id), None)
        if known is not None:
            return known
        timeline, found = self._storage.load_user(person)
        room = READY - len(self._built)
        later = [
            journey
            for journey in found.journeys
            if journey.id in self._waiting[person] and (person, journey.id) not in self._built
        ][: max(room, 0)]
        now = next(journey for journey in found.journeys if journey.id == journey_id)
        first, *rest = self._gather(timeline, found, [now, *later])
        self._built.update(
            ((person, journey.id), one) for journey, one in zip(later, rest, strict=True)
        )
        return first

    def given(self, person: int, names: Names) -> None:
        """Take note of the names that a journey was given."""
        own = {(person, *said) for said in _said(names)}
        if own & self._said:
            self.sharing[person] = None
        self._said |= own

    def kept(self, person: int, journey_id: str, evidence: Evidence, namer: Namer) -> Names | None:
        """Names of an earlier run that still fit; then nothing is asked."""
        if not isinstance(namer, MeteredNamer):
            return None
        if person not in self._earlier:
            self._earlier[person] = self._storage.earlier_names(person)
        names = self._earlier[person].get(journey_id)
        fits = names is not None and still_fits(names, namer.id, namer.shown(evidence))
        return names if fits else None


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
    ready: _Ready,
) -> str:
    """Name all that wait; a sentence when not all could be named."""
    at = _Round(len(waiting))
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
                    kept = ready.kept(person, journey_id, evidence, namer)
                    if kept is not None:
                        storage.save_names(person, journey_id, kept)
                        ready.given(person, kept)
                        at.done += 1
                        continue
                    busy[pool.submit(namer.name, evidence)] = (person, journey_id)
                done, _ = wait(busy, timeout=1.0, return_when=FIRST_COMPLETED)
                for future in done:
                    person, journey_id = busy.pop(future)
                    named = _outcome(future, (person, journey_id), waiting, at)
                    if named is not None:
                        storage.save_names(person, journey_id, named.names)
                        ready.given(person, named.names)
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


def _tell_apart(
    storage: RunStorage,
    namer: Namer,
    people: Iterable[int],
    progress: Progress,
    account: _Account,
    gather: Gather,
) -> None:
    """Ask again for names that two journeys of one person share; the stronger one keeps its name.

    Answers that are known are not asked for again, so this costs a call at most, and few need it.
    """
    for person in people:
        timeline, found = storage.load_user(person)
        for journey_id in sharing_names(found):
            check(progress)
            journey = next(one for one in found.journeys if one.id == journey_id)
            if journey.names.namer != namer.id:
                continue
            (evidence,) = gather(timeline, found, [journey])
            try:
                named = namer.name(evidence)
            except (EndpointError, PrivacyError, CapReached):
                return  # a shared name is worth more than a run that fails at its end
            storage.save_names(person, journey_id, named.names)
            account.add(named)
            timeline, found = storage.load_user(person)


def _unread(named: Named) -> bool:
    """Nothing in what the model answered could be read, which may be an accident of the moment."""
    asked = named.usage.calls > 0 and not named.names.completion_keys
    return asked and len(named.names.fallback) == len(LEVELS)


def _said(names: Names) -> set[tuple[int, frozenset[str]]]:
    """What names say at each level below the field, where two journeys may be alike."""
    return {(level, said_in_full(names.at(level))) for level in range(2, len(LEVELS) + 1)}


def sharing_names(found: UserJourneys) -> list[str]:
    """Ids of journeys that have another, stronger one's name at a level below the field."""
    seen: set[tuple[int, frozenset[str]]] = set()
    sharing = []
    for journey in found.journeys:
        own = _said(journey.names)
        if own & seen:
            sharing.append(journey.id)
        seen |= own
    return sharing


def _outcome(
    future: Future[Named], journey: tuple[int, str], waiting: deque[tuple[int, str]], at: _Round
) -> Named | None:
    """The names; or None, and whether to go on. Who failed for a while has one more turn."""
    try:
        named = future.result()
        if _unread(named):
            raise EndpointBusy(
                "What the model answers cannot be read. Name again, or choose another model."
            )
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
