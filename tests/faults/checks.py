"""What must be true after the faults, by plain SQL."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, text

from tests.faults.actors import ROUND, Actor, Appender, Namer, Participant, Rater, Stage, cast
from tests.faults.endpoint import FIRST
from tests.faults.ledger import Account, Ledger
from tests.faults.world import World

#: Seconds from a look for a stored answer to the last request that may follow from it.
_CROSSING = 15.0


@dataclass
class Findings:
    """What is wrong, and what was counted.

    Attributes:
        problems: sentences; none where all is well.
        figures: for the report.
    """

    problems: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)


def look(world: World) -> Findings:
    """Everything."""
    findings = Findings()
    stage = Stage.load(world.folder)
    everybody = [(a, Ledger(world.folder, a.name).account()) for a in cast(stage)]
    findings.figures["acknowledged"] = sum(account.done for _, account in everybody)
    _answers(world, everybody, findings)
    _ratings(world, everybody, findings)
    _names(world, everybody, findings)
    _events(world, stage, everybody, findings)
    _runs(world, findings)
    _payments(world, findings)
    if not world.on_postgresql:
        for pragma in ("integrity_check", "foreign_key_check"):
            said = [tuple(row) for row in world.rows(f"PRAGMA {pragma}")]
            if said not in ([], [("ok",)]):
                findings.problems.append(f"{pragma}: {said[:3]}")
    return findings


def _last(account: Account, slot: int) -> tuple[int | None, int | None]:
    """Of what is done in turn with others: the last that was acknowledged, and one that may be."""
    done = [n for n in range(account.done) if n % ROUND == slot]
    maybe = account.sent - 1
    doubtful = maybe if account.sent > account.done and maybe % ROUND == slot else None
    return (done[-1] if done else None), doubtful


def _in_place(
    what: str, actor: Actor, account: Account, found: dict[int, list[str]], findings: Findings
) -> None:
    """Of what is changed in place, the last that was acknowledged stands, once."""
    for slot in range(ROUND):
        last, doubtful = _last(account, slot)
        may = [actor.words(n) for n in (last, doubtful) if n is not None]  # type: ignore[attr-defined]
        there = found.get(slot, [])
        if last is None and not there:
            continue
        if len(there) != 1 or there[0] not in may:
            findings.problems.append(f"{what} of {actor.name}: {there} instead of one of {may}")


def _answers(world: World, everybody: list[tuple[Actor, Account]], findings: Findings) -> None:
    rows = world.rows("SELECT trial, answers FROM study_answer ORDER BY trial")
    said = []
    for trial, answers in rows:
        told = answers if isinstance(answers, dict) else json.loads(answers)
        said.append((trial, told["own_words"]))
    for actor, account in everybody:
        if isinstance(actor, Participant):
            found: dict[int, list[str]] = {}
            for trial, words in said:
                if words.startswith(f"{actor.name} "):
                    found.setdefault(trial, []).append(words)
            _in_place("answers", actor, account, found, findings)
    findings.figures["answers"] = len(said)


def _ratings(world: World, everybody: list[tuple[Actor, Account]], findings: Findings) -> None:
    for actor, account in everybody:
        if isinstance(actor, Rater):
            rows = world.rows(
                "SELECT journey_id, own_words FROM rating WHERE rater = :who", who=actor.name
            )
            found: dict[int, list[str]] = {}
            for journey, words in rows:
                found.setdefault(actor.stage.journeys.index(journey), []).append(words)
            _in_place("ratings", actor, account, found, findings)
            findings.figures["ratings"] = findings.figures.get("ratings", 0) + len(rows)


def _once(
    what: str, there: Counter[str], must: set[str], may: set[str], findings: Findings
) -> None:
    """Of what is added: all that was acknowledged once, and nothing that was not sent."""
    for sentence, wrong in {
        "lost": must - set(there),
        "doubled": {one for one, times in there.items() if times > 1},
        "never sent": set(there) - must - may,
    }.items():
        if wrong:
            findings.problems.append(f"{len(wrong)} {what} {sentence}: {sorted(wrong)[:4]}")


def _names(world: World, everybody: list[tuple[Actor, Account]], findings: Findings) -> None:
    rows = world.rows("SELECT levels FROM naming WHERE namer = 'person'")
    there = Counter(
        (levels if isinstance(levels, list) else json.loads(levels))[0] for (levels,) in rows
    )
    must, may = set(), set()
    for actor, account in everybody:
        if isinstance(actor, Namer):
            must |= {actor.words(n) for n in range(account.done)}
            may |= {actor.words(n) for n in range(account.sent)}
    _once("names", there, must, may, findings)
    findings.figures["names by hand"] = len(must)


def _events(
    world: World, stage: Stage, everybody: list[tuple[Actor, Account]], findings: Findings
) -> None:
    rows = world.rows(
        "SELECT e.item_id FROM event e JOIN person p ON p.id = e.person_id WHERE p.log_id = :log",
        log=stage.appended,
    )
    there = Counter(item for (item,) in rows)
    first = set(Appender(stage, 9).items(0))
    must, may = set(first), set()
    for actor, account in everybody:
        if isinstance(actor, Appender):
            for number in range(account.sent):
                piece = set(actor.items(number))
                (must if number < account.done else may).update(piece)
                if 0 < len(piece & set(there)) < len(piece):
                    findings.problems.append(f"half of a piece of {actor.name}: {number}")
    _once("events", there, must, may, findings)
    for table, count in (("log", "id"), ("person", "log_id")):
        (told,) = world.rows(
            f"SELECT coalesce(sum(n_events), 0) FROM {table} WHERE {count} = :log",
            log=stage.appended,
        )
        if told[0] != len(rows):
            findings.problems.append(f"{table} tells {told[0]} events, there are {len(rows)}")
    findings.figures["events added"] = len(must)


def _runs(world: World, findings: Findings) -> None:
    """Each run is done, and found and named what an undisturbed one does, once."""
    findings.figures["runs"] = len(world.runs)
    with tempfile.TemporaryDirectory() as folder:
        store, same = world.undisturbed(Path(folder) / "home")
        for run, number in world.runs.items():
            summary = world.store.runs.get(run)
            if summary.status != "done" or summary.message:
                findings.problems.append(f"run {run} is {summary.status}: {summary.message}")
                continue
            for what, read in (("events", _assigned), ("names", _named)):
                expected, found = read(store.engine, same[number]), read(world.engine, run)
                if expected != found:
                    more, less = found - expected, expected - found
                    findings.problems.append(
                        f"run {run}, {what}: {sum(more.values())} too many "
                        f"({list(more)[:2]}), {sum(less.values())} missing ({list(less)[:2]})"
                    )
                findings.figures[f"{what} compared"] = findings.figures.get(
                    f"{what} compared", 0
                ) + sum(expected.values())
        store.close()


def _assigned(engine: Engine, run: int) -> Counter[tuple]:
    query = (
        "SELECT p.pseudonym, e.item_id, e.timestamp, a.journey_id, a.membership FROM assignment a"
        " JOIN event e ON e.id = a.event_id JOIN person p ON p.id = e.person_id"
        " WHERE a.run_id = :run"
    )
    with engine.connect() as connection:
        return Counter(
            (*row[:4], round(row[4], 6)) for row in connection.execute(text(query), {"run": run})
        )


def _named(engine: Engine, run: int) -> Counter[tuple]:
    query = "SELECT journey_id, levels, namer, provisional FROM naming WHERE run_id = :run"
    with engine.connect() as connection:
        return Counter(
            (row[0], str(row[1] if isinstance(row[1], list) else json.loads(row[1])), row[2],
             bool(row[3]))
            for row in connection.execute(text(query), {"run": run})
        )  # fmt: skip


def _payments(world: World, findings: Findings) -> None:
    endpoint = world.endpoint
    stored = {
        number
        for (number,) in world.rows(
            "SELECT prompt_tokens FROM completion WHERE prompt_tokens >= :first", first=FIRST
        )
    }
    stored |= world.damaged
    lost = sum(number not in stored for paid in endpoint.paid.values() for number in paid)
    # Two living workers had the run: one looked before the other's answer was stored.
    crossed = sum(
        any(0 < at - lapse < _CROSSING for lapse in world.lapses) for at in endpoint.again
    )
    again = len(endpoint.again) - crossed
    findings.figures |= {
        "requests": endpoint.requests,
        "paid calls": endpoint.calls,
        "prompts": len(endpoint.paid),
        "paid, answer lost on its way": lost,
        "unusable answers": endpoint.wasted,
        "asked by two workers at once": crossed,
        "asked again though stored": again,
    }
    if again:
        findings.problems.append(f"{again} stored answers were asked for again")
