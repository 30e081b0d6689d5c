"""Erasing people, logs and what was derived from them.

Rows go first, then what the caches hold of them: a vector goes when no event in the database
has its text any more, a language-model answer when no naming or note rests on it, a map when no
result points to it. Answers and maps that were orphaned earlier, by a deleted run or one that was
cut short, go too: nobody could say any more whose they are. SQLite then overwrites freed pages
(``secure_delete``), gives them back (``VACUUM``) and empties its write-ahead log.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, delete, func, or_, select, text, update
from sqlalchemy.exc import OperationalError

from journeys.errors import StoreError
from journeys.models.encoders import encoders_folder, withdraw_encoders
from journeys.naming.tuning.installed import withdraw
from journeys.store.agent_keys import forget_in_keys
from journeys.store.agents import erase_agent_user
from journeys.store.audit import forget_in_audit, forget_log_in_audit
from journeys.store.example_names import forget_examples
from journeys.store.memory_jobs import of_people
from journeys.store.memory_schema import MemoryNoteRow
from journeys.store.receipts import Receipts
from journeys.store.runs import RunStore
from journeys.store.schema import (
    CompletionRow,
    EventRow,
    JourneyRow,
    Log,
    MapRow,
    Naming,
    NamingJob,
    Person,
    RejectedRow,
    Run,
    UserResult,
    VectorRow,
)
from journeys.store.study_schema import InvitationRow

_PART = 5_000

#: Seconds that an erasure waits for a discovery over the same log to stop.
_PATIENCE = 30.0

T = TypeVar("T")


#: A mean over fewer people than this is theirs and not the log's.
MEAN_PEOPLE = 5


@dataclass(frozen=True)
class Erased:
    """How much was erased; ``models``: names of the tuned namers, the user encoders and the agents'
    shared weights that were withdrawn."""

    events: int
    journeys: int
    vectors: int
    completions: int
    maps: int
    models: tuple[str, ...] = ()


def erase_person(
    engine: Engine,
    person_id: int,
    *,
    tuned: Path | None = None,
    receipts: Receipts | None = None,
    patience: float = _PATIENCE,
) -> Erased:
    """Erase one person: events, journeys, names, ratings, edits, vectors, cached prompts, maps.

    Namers that were tuned on what they called their journeys are withdrawn, and so are user
    encoders that learned from their events; names of others that their words were examples for are
    dropped, to be made anew. What agents learnt of them goes, with the shared weights that were
    fitted on it. Records of who saw their data stay, without what leads to them.

    Excerpts of the log's unreadable records go too, since they may be this person's. A discovery
    over the log is cancelled first; resume it for the others.

    Args:
        tuned: folder of the tuned models; None where there is none.
        receipts: where it is noted, so that a restored backup forgets them again.

    Raises:
        ConfigError: the receipt could not be written; nothing was erased.
        StoreError: there is no such person, a run over their log did not stop within
            ``patience`` seconds, or another process kept the file from being cleaned.
    """
    with engine.connect() as connection:
        found = connection.execute(
            select(Person.log_id, Person.pseudonym).where(Person.id == person_id)
        ).first()
    if found is None:
        raise StoreError("This person is not in the store; they may have been erased already.")
    log_id, pseudonym = found
    _stop_runs(engine, log_id, patience)
    withdrawn = list(_withdraw(tuned, {pseudonym}))
    with engine.begin() as connection:
        if receipts is not None:
            receipts.write(connection, [person_id])
            receipts.write_agents(pseudonym)
        erased = _erase(connection, [person_id])
        connection.execute(delete(RejectedRow).where(RejectedRow.log_id == log_id))
        left = connection.execute(
            select(
                func.count(EventRow.id), func.min(EventRow.timestamp), func.max(EventRow.timestamp)
            )
            .join(Person, Person.id == EventRow.person_id)
            .where(Person.log_id == log_id)
        ).one()
        if left[0]:
            connection.execute(
                update(Log)
                .where(Log.id == log_id)
                .values(
                    n_events=left[0],
                    first_time=left[1],
                    last_time=left[2],
                    n_users=select(func.count(Person.id))
                    .where(Person.log_id == log_id)
                    .scalar_subquery(),
                )
            )
        else:
            forget_log_in_audit(connection, log_id)
            connection.execute(delete(Log).where(Log.id == log_id))
        _forget_mean(connection, log_id)
        _forget_reports(connection, log_id)
        withdrawn += erase_agent_user(connection, pseudonym).models
        forget_in_keys(connection, pseudonym)
    shrink(engine)
    return replace(erased, models=tuple(withdrawn))


def _withdraw(tuned: Path | None, people: Collection[str]) -> Sequence[str]:
    """Delete the models that learned from these people; returns their names."""
    if tuned is None:
        return ()
    return [*withdraw(tuned, people), *withdraw_encoders(encoders_folder(tuned), people)]


def _forget_reports(connection: Connection, log_id: int) -> None:
    """Drop what tells of the person beside their rows.

    The record of an import may be of this person alone (its topics, sources, times, the hash of
    their file), notes may name files, and a run's message may hold what an endpoint said.
    """
    for id_, report in connection.execute(select(Log.id, Log.report).where(Log.id == log_id)):
        kept = {key: report[key] for key in ("format", "mapping") if key in report}
        connection.execute(
            update(Log)
            .where(Log.id == id_)
            .values(report={**kept, "notes": [], "sha256": "", "rejected_by_reason": {}})
        )
    for id_, manifest in connection.execute(
        select(Run.id, Run.manifest).where(Run.log_id == log_id)
    ).all():
        told = {**manifest, "naming_problem": ""} if "naming_problem" in manifest else manifest
        connection.execute(update(Run).where(Run.id == id_).values(message="", manifest=told))


def _forget_mean(connection: Connection, log_id: int) -> None:
    """Drop the frozen mean of a small log: with few people left, it would tell of who is gone.

    The log's next discovery makes and freezes another.
    """
    left = connection.scalar(
        select(func.count()).select_from(Person).where(Person.log_id == log_id)
    )
    if (left or 0) >= MEAN_PEOPLE:
        return
    for run_id, manifest in connection.execute(
        select(Run.id, Run.manifest).where(Run.log_id == log_id)
    ).all():
        kept = {key: value for key, value in manifest.items() if key != "mean"}
        connection.execute(update(Run).where(Run.id == run_id).values(manifest=kept))


def erase_log(
    engine: Engine, log_id: int, *, tuned: Path | None = None, patience: float = _PATIENCE
) -> Erased:
    """Erase a log with everybody in it, and withdraw the models that were trained on them.

    Raises:
        StoreError: a run over the log did not stop within ``patience`` seconds, or another
            process kept the file from being cleaned.
    """
    _stop_runs(engine, log_id, patience)
    with engine.begin() as connection:
        rows = connection.execute(
            select(Person.id, Person.pseudonym).where(Person.log_id == log_id)
        ).all()
        withdrawn = _withdraw(tuned, {row.pseudonym for row in rows})
        erased = _erase(connection, [row.id for row in rows])
        forget_log_in_audit(connection, log_id)
        connection.execute(delete(Log).where(Log.id == log_id))
    shrink(engine)
    return replace(erased, models=tuple(withdrawn))


def prune_caches(engine: Engine) -> Erased:
    """Drop cached vectors, answers and maps that nothing in the database refers to.

    The command line's runs leave such behind: they keep their results in files.
    """
    with engine.begin() as connection:
        vectors = connection.execute(
            delete(VectorRow).where(VectorRow.key.not_in(select(EventRow.text_key)))
        ).rowcount
        completions = delete_unused_completions(connection)
        maps = _delete_unused_maps(connection)
    shrink(engine)
    return Erased(0, 0, vectors, completions, maps)


def _stop_runs(engine: Engine, log_id: int, patience: float) -> None:
    """Cancel what works on a log: a worker would put back vectors and answers after the fact."""
    runs = RunStore(engine)
    deadline = time.monotonic() + patience
    while held := [run.id for run in runs.list(log_id, every_kind=True) if run.held]:
        for run_id in held:
            runs.request_cancel(run_id)
        if time.monotonic() >= deadline:
            raise StoreError(
                "Nothing was erased yet: a discovery is running over this log, and would bring "
                "back what is erased. It was asked to stop; erase again once it has."
            )
        time.sleep(0.1)


def _erase(connection: Connection, people: Sequence[int]) -> Erased:
    text_keys: set[bytes] = set()
    events = journeys = 0
    for part in _parts(people):
        text_keys.update(
            connection.scalars(select(EventRow.text_key).where(EventRow.person_id.in_(part)))
        )
        # The foreign keys would cascade here, too; this way the rows are counted.
        journeys += connection.execute(
            delete(JourneyRow).where(JourneyRow.person_id.in_(part))
        ).rowcount
        served = select(InvitationRow.id).where(InvitationRow.person_id.in_(part))
        forget_examples(connection, connection.scalars(served).all())
        jobs = select(NamingJob.run_id).where(NamingJob.person_id.in_(part))
        connection.execute(delete(Run).where(or_(Run.id.in_(jobs), of_people(part))))
        forget_in_audit(connection, list(part))
        events += connection.execute(delete(EventRow).where(EventRow.person_id.in_(part))).rowcount
        connection.execute(delete(Person).where(Person.id.in_(part)))
    vectors = 0
    for part_keys in _parts(sorted(text_keys)):
        vectors += connection.execute(
            delete(VectorRow).where(
                VectorRow.key.in_(part_keys),
                ~select(EventRow.id).where(EventRow.text_key == VectorRow.key).exists(),
            )
        ).rowcount
    completions = delete_unused_completions(connection)
    maps = _delete_unused_maps(connection)
    return Erased(events, journeys, vectors, completions, maps)


def delete_unused_completions(connection: Connection) -> int:
    """Drop the answers that no naming rests on; returns how many."""
    used: set[str] = set()
    for keys in connection.scalars(select(Naming.completion_keys)):
        used.update(keys)
    used.update(connection.scalars(select(MemoryNoteRow.completion_key)))
    unused = set(connection.scalars(select(CompletionRow.key))) - used
    return sum(
        connection.execute(delete(CompletionRow).where(CompletionRow.key.in_(part))).rowcount
        for part in _parts(sorted(unused))
    )


def _delete_unused_maps(connection: Connection) -> int:
    return connection.execute(
        delete(MapRow).where(
            ~select(UserResult.run_id).where(UserResult.map_key == MapRow.key).exists()
        )
    ).rowcount


def _parts(values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[start : start + _PART] for start in range(0, len(values), _PART))


def shrink(engine: Engine) -> None:
    """Leave nothing of what was deleted in SQLite's file or its write-ahead log.

    Raises:
        StoreError: another process reads or writes, and did not let go within the busy timeout.
    """
    if engine.dialect.name != "sqlite":
        return
    reason = "another process is reading it"
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            connection.execute(text("VACUUM"))
            busy = bool(connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()[0])
    except OperationalError as error:
        busy, reason = True, str(error.orig)
    if busy:
        raise StoreError(
            "The rows were erased, but the database file could not be cleaned of their remains: "
            f"{reason}. Stop everything that uses it, then run: python -m journeys cache prune"
        )
