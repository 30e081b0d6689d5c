"""The memory in a real database: appending, telling, being killed, erasing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.errors import EndpointBusy, StoreError
from journeys.memory import ByGap, BySize, Shift, Summary, Teller, current, lives, newest, tell
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.timeline import ActivityLog
from tests.databases import contents
from tests.logs import make_log
from tests.memory.worlds import ReadingChat, phases


@pytest.fixture
def store(tmp_path: Path, database: str) -> Iterator[Store]:
    environ = {"JOURNEYS_HOME": str(tmp_path), "DATABASE_URL": database}
    opened = open_store(Settings.from_environment(environ))
    yield opened
    opened.close()


def part(log: ActivityLog, start: int, end: int) -> ActivityLog:
    return ActivityLog(log.frame.iloc[start:end])


def places(store: Store, memory: int, person: int) -> dict[int, list[str]]:
    return {
        number: [item.title for item in items]
        for number, items in store.memory.items(memory, person).items()
    }


def no_names(_person: int) -> dict[str, str]:
    return {}


def test_events_enter_the_cache_and_partitions_close(store: Store) -> None:
    log = store.logs.add(phases(), "log")
    memory = store.memory.open(log, BySize(10))
    done = store.memory.append(memory)
    assert (done.events, done.partitions, done.late, done.people) == (30, 3, 0, 1)
    (person,) = store.memory.people(memory)
    records = store.memory.partitions(memory, person.person_id)
    assert [(r.number, r.n_events) for r in records] == [(1, 10), (2, 10), (3, 10)]
    assert all(r.last_at < s.first_at for r, s in itertools.pairwise(records))


def test_appending_again_adds_nothing(store: Store) -> None:
    log = store.logs.add(make_log(), "log")
    memory = store.memory.open(log, BySize(10))
    first = store.memory.append(memory)
    before = {p.person_id: places(store, memory, p.person_id) for p in store.memory.people(memory)}
    assert first.events == len(make_log())
    assert store.memory.append(memory).events == 0
    after = {p.person_id: places(store, memory, p.person_id) for p in store.memory.people(memory)}
    assert after == before


def test_a_log_that_grows_gives_the_partitions_of_the_whole(store: Store) -> None:
    whole = phases()
    at_once = store.memory.open(store.logs.add(whole, "whole"), BySize(7))
    store.memory.append(at_once)
    grown_log = store.logs.add(part(whole, 0, 4), "grown")
    grown = store.memory.open(grown_log, BySize(7))
    store.memory.append(grown)
    for start, end in ((4, 12), (12, 13), (13, 30)):
        store.logs.append(grown_log, part(whole, start, end))
        store.memory.append(grown)
    (one,), (other,) = store.memory.people(at_once), store.memory.people(grown)
    assert places(store, at_once, one.person_id) == places(store, grown, other.person_id)


def test_a_late_event_waits_in_the_cache_and_closed_partitions_stay(store: Store) -> None:
    whole = phases()
    log = store.logs.add(part(whole, 1, 23), "log")
    memory = store.memory.open(log, BySize(10))
    store.memory.append(memory)
    (person,) = store.memory.people(memory)
    before = places(store, memory, person.person_id)
    store.logs.append(log, part(whole, 0, 1))
    store.memory.append(memory)
    after = places(store, memory, person.person_id)
    assert {n: after[n] for n in (1, 2)} == {n: before[n] for n in (1, 2)}
    assert after[0][0] == "sourdough starter step 0"
    store.logs.append(log, part(whole, 23, 30))
    assert store.memory.append(memory).late == 1
    assert [r.n_late for r in store.memory.partitions(memory, person.person_id)] == [0, 0, 1]


def test_an_append_that_is_stopped_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeys.store.memory_append._EVENTS_AT_ONCE", 40)
    log = store.logs.add(make_log(), "log")
    memory = store.memory.open(log, BySize(10))
    seen: list[int] = []
    store.memory.append(
        memory, on_progress=lambda done, _: seen.append(done), should_stop=lambda: len(seen) >= 1
    )
    assert 0 < store.memory.get(memory).events < len(make_log())
    store.memory.append(memory)
    assert store.memory.get(memory).events == len(make_log())


def test_a_partition_is_told_of_once(store: Store) -> None:
    memory = store.memory.open(store.logs.add(phases(), "log"), BySize(10))
    store.memory.append(memory)
    chat = ReadingChat()
    told = tell(store.memory, memory, Teller(chat), no_names)
    # Three summaries, two shifts: the first partition has nothing before it.
    assert len(chat.calls) == told.cost.calls == 5
    assert told.partitions == 3
    assert store.memory.cost(memory).prompt_tokens == 500
    assert tell(store.memory, memory, Teller(chat), no_names).partitions == 0
    assert len(chat.calls) == 5


def test_calls_stay_below_two_for_each_whole_partition(store: Store) -> None:
    whole = phases()
    log = store.logs.add(part(whole, 0, 1), "log")
    memory, chat = store.memory.open(log, BySize(4)), ReadingChat()
    for end in range(2, len(whole) + 1):
        store.logs.append(log, part(whole, end - 1, end))
        store.memory.append(memory)
        tell(store.memory, memory, Teller(chat), no_names)
        assert len(chat.calls) <= 2 * (end // 4)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", range(1, 6))
@pytest.mark.parametrize("before", [True, False])
def test_being_killed_between_two_steps_repeats_no_call(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: int, before: bool
) -> None:
    memory = store.memory.open(store.logs.add(phases(), "log"), BySize(10))
    store.memory.append(memory)
    chat = ReadingChat()
    teller = Teller(chat, cache=store.completions, secret=b"k")
    keep, calls = store.memory.keep, 0

    def keep_or_die(*given: object) -> None:
        nonlocal calls
        calls += 1
        if calls == step and before:
            raise Killed
        keep(*given)  # type: ignore[arg-type]
        if calls == step:
            raise Killed

    monkeypatch.setattr(store.memory, "keep", keep_or_die)
    with pytest.raises(Killed):
        tell(store.memory, memory, teller, no_names)
    monkeypatch.undo()
    tell(store.memory, memory, teller, no_names)
    assert len(chat.calls) == 5
    (person,) = store.memory.people(memory)
    assert len(store.memory.notes(memory, person.person_id)) == 6


def test_a_busy_endpoint_leaves_the_rest_for_later(store: Store) -> None:
    memory = store.memory.open(store.logs.add(phases(), "log"), BySize(10))
    store.memory.append(memory)
    told = tell(store.memory, memory, Teller(ReadingChat(error=EndpointBusy("later"))), no_names)
    assert told.partitions == 0
    assert "later" in told.problems[0]
    assert tell(store.memory, memory, Teller(ReadingChat()), no_names).partitions == 3


def test_what_was_loved_and_dropped_keeps_both_facts_with_their_dates(store: Store) -> None:
    log = phases()
    memory = store.memory.open(store.logs.add(log, "log"), BySize(10))
    store.memory.append(memory)
    (person,) = store.memory.people(memory)
    summaries = {
        1: Summary("", (_interest("baking bread", 1, 10),), 10),
        2: Summary("", (_interest("baking bread", 11, 5), _interest("ukulele", 16, 5)), 10),
        3: Summary("", (_interest("ukulele", 21, 10),), 10),
    }
    from journeys.memory import Cost, Told, counted_shift

    for number, summary in summaries.items():
        store.memory.keep(memory, person.person_id, number, Told(summary, Cost()), "hand")
        before = summaries.get(number - 1)
        shift = counted_shift(before, summary) if before else Shift("", ())
        store.memory.keep(memory, person.person_id, number, Told(shift, Cost()), "hand")
    records = store.memory.partitions(memory, person.person_id)
    found = lives(records, *newest(store.memory.notes(memory, person.person_id)))
    bread, ukulele = found
    assert [fact.kind for fact in bread.facts] == ["fading", "dropped"]
    assert bread.facts[1].first_at == records[2].first_at
    assert bread.seen[1].name == "baking bread"
    assert bread.state == "dropped"
    assert [life.name for life in current(found)] == [ukulele.name]


def _interest(name: str, start: int, count: int):
    from journeys.memory import Interest

    return Interest(name, tuple(range(start, start + count)), count / 10)


def test_a_note_told_anew_is_another_version(store: Store) -> None:
    memory = store.memory.open(store.logs.add(phases(), "log"), BySize(30))
    store.memory.append(memory)
    (person,) = store.memory.people(memory)
    items = store.memory.items(memory, person.person_id)[1]
    told = Teller(ReadingChat()).summary(items, {})
    for _ in range(2):
        store.memory.keep(memory, person.person_id, 1, told, "reading")
    assert [n.version for n in store.memory.notes(memory, person.person_id)] == [1, 2]


def test_a_memory_is_one_for_a_log_and_a_policy(store: Store) -> None:
    log = store.logs.add(phases(), "log")
    assert store.memory.open(log, BySize(10)) == store.memory.open(log, BySize(10))
    assert store.memory.open(log, ByGap()) != store.memory.open(log, BySize(10))
    assert {m.policy for m in store.memory.of_log(log)} == {BySize(10), ByGap()}
    with pytest.raises(StoreError, match="no log"):
        store.memory.open(99, BySize(10))


def test_erasing_leaves_nothing_of_a_person(store: Store, tmp_path: Path, database: str) -> None:
    log = store.logs.add(phases("ann"), "log")
    store.logs.append(log, make_log(2))
    memory = store.memory.open(log, BySize(10))
    store.memory.append(memory)
    tell(store.memory, memory, Teller(ReadingChat(), cache=store.completions), no_names)

    def everything() -> bytes:
        files = (path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        return b"".join([*files, contents(store.engine) if database else b""])

    assert b"sourdough crumb shot" in everything()
    ann = max(store.memory.people(memory), key=lambda person: person.n_events == 30)
    store.erase_person(ann.person_id)
    assert b"sourdough crumb shot" not in everything()
    assert ann.person_id not in {person.person_id for person in store.memory.people(memory)}
    store.memory.append(memory)
    assert store.memory.get(memory).events == len(make_log(2))
