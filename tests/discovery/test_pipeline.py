"""The run: what it finds, that it does nothing twice, and that it can be stopped and resumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from journeys.discovery import (
    Discovery,
    DiscoveryConfig,
    MemoryStorage,
    Silent,
    Tools,
    discover,
    run_discovery,
)
from journeys.embedding import MemoryVectorCache
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import Cancelled, ConfigError, EndpointBusy, EndpointRefused, PrivacyError
from journeys.journey import Names
from journeys.naming import Evidence, MemoryCompletionCache, Named, Namer, Usage
from journeys.naming.fake import FakeChat
from journeys.naming.ladder import LadderNamer
from journeys.timeline import ActivityLog
from tests.logs import make_log

KEY = b"k" * 32


class CountingEmbedder(FakeEmbedder):
    """The fake embedder, counting what it is asked to embed."""

    def __init__(self) -> None:
        super().__init__()
        self.texts = 0
        self.times: Counter[str] = Counter()

    def embed(self, texts, on_progress=None):  # type: ignore[no-untyped-def]
        self.texts += len(texts)
        self.times.update(texts)
        return super().embed(texts, on_progress)


class DictMaps(dict):  # type: ignore[type-arg]
    """A map cache that counts what is drawn."""

    drawn = 0

    def put(self, key: str, points: np.ndarray) -> None:
        self.drawn += key not in self
        self[key] = points


def make_tools(namer: Callable[[], Namer] | None = None, concurrency: int = 1) -> Tools:
    @contextmanager
    def opened() -> Iterator[Namer]:
        assert namer is not None
        yield namer()

    return Tools(
        embedder=CountingEmbedder(),
        vectors=MemoryVectorCache(),
        maps=DictMaps(),
        map_key=KEY,
        open_namer=opened if namer else None,
        concurrency=concurrency,
    )


@pytest.fixture(scope="module")
def log() -> ActivityLog:
    return make_log()


def same(one: Discovery, other: Discovery) -> bool:
    return all(
        a.user_id == b.user_id
        and np.array_equal(a.labels, b.labels)
        and [j.id for j in a.journeys] == [j.id for j in b.journeys]
        and [j.names for j in a.journeys] == [j.names for j in b.journeys]
        for a, b in zip(one.users, other.users, strict=True)
    )


def test_every_event_is_in_one_journey_of_its_user_or_counted_as_unassigned(
    log: ActivityLog,
) -> None:
    found = discover(log, DiscoveryConfig(map="none"), tools=make_tools())
    assert [user.user_id for user in found.users] == list(log.users)
    assert found.journeys
    for user in found.users:
        members = [at for journey in user.journeys for at in journey.members]
        assert len(members) == len(set(members))
        assert sorted(members) == np.flatnonzero(user.labels >= 0).tolist()
        assert [journey.rank for journey in user.journeys] == list(range(1, len(user.journeys) + 1))
        for at, journey in enumerate(user.journeys):
            assert set(user.labels[journey.members]) == {at}
            assert set(journey.central) <= set(journey.members.tolist())
            assert all(journey.names.levels)
            assert journey.names.provisional


def test_a_user_with_too_few_events_is_told_the_rule_by_name(log: ActivityLog) -> None:
    found = discover(log, DiscoveryConfig(map="none"), tools=make_tools())
    visitor = next(user for user in found.users if user.user_id == "visitor")
    assert not visitor.journeys
    assert visitor.note.startswith("min_user_events: 3 events")
    assert visitor.unassigned_share == 1.0


def test_a_second_run_with_other_settings_embeds_nothing_and_draws_nothing(
    log: ActivityLog,
) -> None:
    tools = make_tools()
    discover(log, DiscoveryConfig(), tools=tools)
    embedded, drawn = tools.embedder.texts, tools.maps.drawn  # type: ignore[attr-defined]
    assert embedded == log.frame["title"].nunique()
    assert drawn == len(log.users)
    again = discover(log, DiscoveryConfig(granularity=0.9), tools=tools)
    assert tools.embedder.texts == embedded  # type: ignore[attr-defined]
    assert tools.maps.drawn == drawn  # type: ignore[attr-defined]
    assert again.manifest["maps"]["cached"] == drawn


def test_a_log_map_is_drawn_once_and_kept_by_person(log: ActivityLog) -> None:
    tools = make_tools()
    config = DiscoveryConfig(map="log")
    found = discover(log, config, tools=tools)
    assert sum(len(points) for points in found.maps.values()) == len(log)
    assert found.manifest["maps"] == {"kind": "log", "drawn": 1, "cached": 0, "left_out": 0}
    assert discover(log, config, tools=tools).manifest["maps"]["cached"] == 1


def test_the_same_log_and_settings_give_the_same_result(log: ActivityLog) -> None:
    config = DiscoveryConfig(map="none")
    assert same(
        discover(log, config, tools=make_tools()), discover(log, config, tools=make_tools())
    )


def test_a_frozen_mean_is_used_as_it_is(log: ActivityLog) -> None:
    tools = make_tools()
    first = discover(log, DiscoveryConfig(map="none"), tools=tools)
    more = make_log(users=9, seed=3)
    storage = MemoryStorage(more, text_key=KEY)
    storage.save_manifest({"mean": first.manifest["mean"]})
    manifest = run_discovery(storage, DiscoveryConfig(map="none"), tools, Silent())
    assert manifest["mean"] == first.manifest["mean"]
    fresh = discover(more, DiscoveryConfig(map="none"), tools=tools)
    assert fresh.manifest["mean"] != first.manifest["mean"]


class StopAfter(Silent):
    """Asks to stop once it was asked ``count`` times."""

    def __init__(self, count: int) -> None:
        self.left = count

    def should_stop(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("count", [0, 1, 3, 6, 8])
def test_stopped_anywhere_and_resumed_the_result_is_the_same(log: ActivityLog, count: int) -> None:
    def namer() -> Namer:
        return LadderNamer(FakeChat(), cache=completions, secret=KEY)

    completions = MemoryCompletionCache()
    config = DiscoveryConfig(map="user", namer="openai")
    expected = discover(log, config, tools=make_tools(namer))
    tools = make_tools(namer)
    storage = MemoryStorage(log, text_key=KEY)
    with pytest.raises(Cancelled):
        run_discovery(storage, config, tools, StopAfter(count))
    manifest = run_discovery(storage, config, tools, Silent())
    got = Discovery(log, tuple(storage.results[p] for p in sorted(storage.results)), {}, manifest)
    assert same(got, expected)
    # Stopped in the midst of a chunk, that chunk is embedded again; all else only once.
    again = 2 if count == 1 else 1
    times = tools.embedder.times  # type: ignore[attr-defined]
    assert {times[title] for title in log.frame["title"]} == {again}


class Flaky:
    """A namer that fails as told, counting its calls."""

    id = "llm:flaky"

    def __init__(self, errors: dict[int, Exception]) -> None:
        self.errors = errors
        self.calls = 0

    def name(self, evidence: Evidence) -> Named:
        self.calls += 1
        if self.calls in self.errors:
            raise self.errors[self.calls]
        first = evidence.titles[0]
        return Named(Names((first,) * 5, self.id), Usage(calls=1, prompt_tokens=10))


def named(found: Discovery) -> int:
    return sum(not journey.names.provisional for journey in found.journeys)


def test_a_busy_answer_gives_the_journey_one_more_turn_at_the_end(log: ActivityLog) -> None:
    flaky = Flaky({2: EndpointBusy("slow down")})
    found = discover(log, DiscoveryConfig(map="none"), tools=make_tools(lambda: flaky))
    assert named(found) == len(found.journeys)
    assert flaky.calls == len(found.journeys) + 1
    assert found.manifest["naming_problem"] == ""


def test_a_second_busy_answer_costs_one_name_and_is_told(log: ActivityLog) -> None:
    journeys = len(discover(log, DiscoveryConfig(map="none"), tools=make_tools()).journeys)
    flaky = Flaky({2: EndpointBusy("slow down"), journeys + 1: EndpointBusy("slow down")})
    found = discover(log, DiscoveryConfig(map="none"), tools=make_tools(lambda: flaky))
    assert named(found) == len(found.journeys) - 1
    assert found.manifest["naming_problem"].startswith(f"1 of {len(found.journeys)} journeys")
    assert found.manifest["llm"]["calls"] == len(found.journeys) - 1


def test_a_lasting_refusal_ends_naming_at_once_and_keeps_the_journeys(log: ActivityLog) -> None:
    flaky = Flaky({n: EndpointRefused("wrong key") for n in range(1, 99)})
    found = discover(log, DiscoveryConfig(map="none"), tools=make_tools(lambda: flaky))
    assert flaky.calls == 1
    assert found.journeys
    assert named(found) == 0
    assert "wrong key" in found.manifest["naming_problem"]


def test_consent_withdrawn_midway_ends_naming_and_keeps_what_is_named(log: ActivityLog) -> None:
    flaky = Flaky({n: PrivacyError("agree first") for n in range(3, 99)})
    found = discover(log, DiscoveryConfig(map="none"), tools=make_tools(lambda: flaky))
    assert flaky.calls == 3
    assert named(found) == 2
    assert found.manifest["llm"]["calls"] == 2
    assert "agree first" in found.manifest["naming_problem"]


def test_many_failures_in_a_row_end_naming(log: ActivityLog) -> None:
    flaky = Flaky({n: EndpointBusy("down") for n in range(1, 99)})
    discover(log, DiscoveryConfig(map="none"), tools=make_tools(lambda: flaky))
    assert flaky.calls == 5


@pytest.mark.parametrize("concurrency", [1, 4])
def test_names_do_not_depend_on_how_many_are_made_at_once(
    log: ActivityLog, concurrency: int
) -> None:
    cache = MemoryCompletionCache()

    def namer() -> Namer:
        return LadderNamer(FakeChat(), cache=cache, secret=KEY)

    config = DiscoveryConfig(map="none")
    one = discover(log, config, tools=make_tools(namer, 1))
    calls = one.manifest["llm"]["calls"]
    assert calls >= len(one.journeys)
    other = discover(log, config, tools=make_tools(namer, concurrency))
    assert same(one, other)
    assert other.manifest["llm"]["calls"] == 0
    assert other.manifest["llm"]["cached"] == calls


def test_what_a_namer_sees_is_redacted() -> None:
    log = make_log(users=1)
    frame = log.frame.copy()
    frame["title"] = frame["title"] + " ask jane.doe@example.org"
    seen: list[Evidence] = []

    class Spy(Flaky):
        def name(self, evidence: Evidence) -> Named:
            seen.append(evidence)
            return super().name(evidence)

    discover(ActivityLog(frame), DiscoveryConfig(map="none"), tools=make_tools(lambda: Spy({})))
    assert seen
    assert "jane.doe@example.org" not in repr(seen)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="granularity"):
        DiscoveryConfig(granularity=2)
    with pytest.raises(ConfigError, match="map must be one of"):
        DiscoveryConfig(map="all")
    with pytest.raises(ConfigError, match="unknown settings nonsense"):
        DiscoveryConfig.from_dict({"nonsense": 1})
    config = DiscoveryConfig(seed=3, granularity=0.2)
    assert DiscoveryConfig.from_dict(config.to_dict()) == config
