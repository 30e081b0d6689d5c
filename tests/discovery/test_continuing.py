"""A log that grew: what stays of its journeys, in memory and through the files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeys.discovery import Discovery, DiscoveryConfig, MemoryStorage, Silent, run_discovery
from journeys.discovery import discover as discover_
from journeys.discovery.continuing import Continued, continue_from, read_continued
from journeys.discovery.tools import Tools
from journeys.editing import Edit
from journeys.embedding import MemoryVectorCache
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import Cancelled, InputError
from journeys.export import write_discovery
from journeys.extraction import Clusters, HdbscanExtractor, UserEvents
from journeys.timeline import ActivityLog, Timeline
from tests.logs import make_log

KEY = b"k" * 32


class Maps(dict):  # type: ignore[type-arg]
    def put(self, key: str, points: np.ndarray) -> None:
        self[key] = points


TOOLS = Tools(FakeEmbedder(), MemoryVectorCache(), Maps(), KEY)


def discover(log: ActivityLog, earlier: Discovery | None = None, **config: object) -> Discovery:
    settings = DiscoveryConfig(**{"map": "none", **config})  # type: ignore[arg-type]
    return discover_(log, settings, tools=TOOLS, earlier=earlier)


def older_part(log: ActivityLog, without: int) -> ActivityLog:
    """Each person's events but the last few, for those who have that many."""
    parts = [t.frame.iloc[: max(len(t) - without, 3)] for t in log.timelines()]
    return ActivityLog(pd.concat(parts))


@pytest.fixture(scope="module")
def log() -> ActivityLog:
    """Odd ids too: cells that are neutralised in files."""
    frame = make_log(users=3, per_topic=20).frame
    frame.loc[::7, "item_id"] = [f"=SUM(A{at})" for at in range(len(frame.loc[::7]))]
    return ActivityLog(frame)


@pytest.fixture(scope="module")
def before(log: ActivityLog) -> Discovery:
    return discover(older_part(log, 2))


@pytest.fixture
def extractions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of what the default extractor is given."""
    sizes: list[int] = []
    extract = HdbscanExtractor.extract

    def counted(self: HdbscanExtractor, events: UserEvents, *, seed: int = 0) -> Clusters:
        sizes.append(len(events))
        return extract(self, events, seed=seed)

    monkeypatch.setattr(HdbscanExtractor, "extract", counted)
    return sizes


def parts(found: Discovery) -> dict[str, set[tuple[str, str, int]]]:
    """Journey id -> its events."""
    result = {}
    for user in found.users:
        timeline = found.log.timeline(user.user_id)
        items, times = timeline.frame["item_id"].tolist(), timeline.times.tolist()
        for journey in user.journeys:
            result[journey.id] = {(user.user_id, items[m], times[m]) for m in journey.members}
    return result


def test_nothing_new_is_not_clustered_again(before: Discovery, extractions: list[int]) -> None:
    again = discover(before.log, before)
    assert extractions == []
    assert parts(again) == parts(before)
    for one, other in zip(before.users, again.users, strict=True):
        np.testing.assert_array_equal(one.labels, other.labels)
        np.testing.assert_array_equal(one.membership, other.membership)
        assert [j.score for j in one.journeys] == [j.score for j in other.journeys]


def test_a_few_new_events_join_and_old_ones_stay(
    log: ActivityLog, before: Discovery, extractions: list[int]
) -> None:
    after = discover(log, before)
    assert max(extractions, default=0) < 20
    old, new = parts(before), parts(after)
    assert old
    assert old.keys() <= new.keys()
    assert all(old[id_] <= new[id_] for id_ in old)
    assert sum(map(len, new.values())) > sum(map(len, old.values()))
    assert after.manifest["mean"] == before.manifest["mean"]


def test_many_new_events_are_clustered_afresh_and_ids_stay(
    log: ActivityLog, extractions: list[int]
) -> None:
    before = discover(older_part(log, 25))
    extractions.clear()
    after = discover(log, before)
    assert extractions == [60, 60, 60]
    old, new = parts(before), parts(after)
    assert len(old.keys() & new.keys()) > len(old) / 2
    for id_ in old.keys() & new.keys():
        assert 2 * len(old[id_] & new[id_]) > len(old[id_])


@pytest.mark.parametrize(
    "config", [{"granularity": 0.7}, {"min_journey_events": 6}, {"update": False}, {"seed": 1}]
)
def test_other_settings_cluster_afresh(
    before: Discovery, extractions: list[int], config: dict[str, object]
) -> None:
    after = discover(before.log, before, **config)
    assert extractions == [58, 58, 58]
    old, new = parts(before), parts(after)
    for id_ in old.keys() & new.keys():
        assert 2 * len(old[id_] & new[id_]) > len(old[id_])


def test_an_extractor_that_sees_the_whole_log_builds_on_nothing(before: Discovery) -> None:
    settings = {"map": "none", "extractor": "cooccurrence"}
    found = discover(before.log, **settings)
    assert found.manifest["clustering"] == {}
    again = discover(before.log, found, **settings)
    assert parts(again) == parts(found)


def test_stability_does_not_stop_labels_from_being_taken_over(
    before: Discovery, extractions: list[int]
) -> None:
    found = discover(before.log, before, stability_draws=2)
    assert parts(found) == parts(before)
    # Of three people: two subsamples each, and five seeds.
    assert len(extractions) == 3 * (2 + 5)
    for user in found.users:
        assert (user.stability is None) == (not user.journeys)
        assert all(0 <= (j.stability or 0) <= 1 for j in user.journeys)
    figures = found.manifest["stability"]
    mean = np.mean([user.stability for user in found.users if user.journeys])
    assert figures["subsample_ari"]["mean"] == pytest.approx(mean)
    assert figures["seed_ari"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "people": 3}


class StopIn(Silent):
    """Asks to stop once a stage has begun."""

    def __init__(self, stage: str) -> None:
        self._wanted = stage
        self._there = False

    def stage(self, name: str, done: int, total: int) -> None:
        self._there = name == self._wanted

    def should_stop(self) -> bool:
        return self._there


@pytest.mark.parametrize("stage", ["cluster", "stability"])
def test_stability_is_the_same_after_an_interruption(before: Discovery, stage: str) -> None:
    config = DiscoveryConfig(map="none", stability_draws=2)
    calm = MemoryStorage(before.log, KEY)
    expected = run_discovery(calm, config, TOOLS, Silent())
    shaken = MemoryStorage(before.log, KEY)
    with pytest.raises(Cancelled):
        run_discovery(shaken, config, TOOLS, StopIn(stage))
    found = run_discovery(shaken, config, TOOLS, Silent())
    assert found["stability"] == expected["stability"]
    assert expected["stability"]["subsample_ari"]["people"] == 3
    for person, result in calm.results.items():
        assert result.journeys == () or result.stability == shaken.results[person].stability


def folder_equals_memory(folder: Continued, memory: Continued) -> None:
    assert folder.mean == memory.mean
    assert folder.users.keys() == memory.users.keys()
    for user, one in folder.users.items():
        other = memory.users[user]
        assert one.settings == other.settings
        ids = [[e.ids[label] if label >= 0 else label for label in e.labels] for e in (one, other)]
        assert ids[0] == ids[1]
        np.testing.assert_array_equal(one.membership, other.membership)


def test_the_folder_says_what_memory_knows(
    log: ActivityLog, before: Discovery, tmp_path: Path
) -> None:
    write_discovery(before, tmp_path)
    folder_equals_memory(read_continued(tmp_path, log), continue_from(before, log))


def test_continued_from_a_folder_without_news_the_files_are_the_same(
    before: Discovery, tmp_path: Path
) -> None:
    write_discovery(before, tmp_path / "one")
    continued = read_continued(tmp_path / "one", before.log)
    storage = MemoryStorage(before.log, KEY, continued.users)
    storage.save_manifest(continued.manifest(TOOLS.embedder.id))
    manifest = run_discovery(storage, DiscoveryConfig(map="none"), TOOLS, Silent())
    users = tuple(storage.results[person] for person in sorted(storage.results))
    write_discovery(
        Discovery(before.log, users, {}, manifest),
        tmp_path / "two",
        inherited=continued.journey_ids,
    )
    for name in ("assignments.csv", "journeys.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_pseudonymised_journeys_keep_their_ids(
    log: ActivityLog, before: Discovery, tmp_path: Path
) -> None:
    write_discovery(before, tmp_path / "one", pseudonym_key=KEY)
    continued = read_continued(tmp_path / "one", log, pseudonym_key=KEY)
    storage = MemoryStorage(log, KEY, continued.users)
    storage.save_manifest(continued.manifest(TOOLS.embedder.id))
    manifest = run_discovery(storage, DiscoveryConfig(map="none"), TOOLS, Silent())
    users = tuple(storage.results[person] for person in sorted(storage.results))
    found = Discovery(log, users, {}, manifest)
    write_discovery(found, tmp_path / "two", pseudonym_key=KEY, inherited=continued.journey_ids)
    one, two = (
        {json.loads(line)["journey_id"] for line in (tmp_path / name / "journeys.jsonl").open()}
        for name in ("one", "two")
    )
    assert one
    assert one <= two
    with pytest.raises(InputError, match="with --pseudonymise"):
        read_continued(tmp_path / "one", log)


def test_what_is_no_folder_of_ours_is_refused(
    log: ActivityLog, before: Discovery, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"manifest\.json is missing"):
        read_continued(tmp_path, log)
    write_discovery(before, tmp_path)
    (tmp_path / "journeys.jsonl").write_text('{"journey_id": "j1"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="as discover writes it"):
        read_continued(tmp_path, log)
    (tmp_path / "manifest.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match=r"manifest\.json is missing or not one"):
        read_continued(tmp_path, log)


def test_a_mean_of_another_embedder_is_not_used(log: ActivityLog, before: Discovery) -> None:
    continued = replace(continue_from(before, log), embedder="another")
    assert continued.manifest(TOOLS.embedder.id) == {}
    assert continued.manifest("another") == {"mean": before.manifest["mean"]}


class Edited(MemoryStorage):
    """A storage with one person's edits."""

    def __init__(self, log: ActivityLog, edits: list[Edit], **more: object) -> None:
        super().__init__(log, KEY, **more)  # type: ignore[arg-type]
        self._edits = edits

    def edits(self, person: int, timeline: Timeline) -> list[Edit]:
        return self._edits if person == 0 else []


def test_edits_survive_afresh_and_updated(log: ActivityLog, before: Discovery) -> None:
    first = before.users[0]
    assert len(first.journeys) >= 2
    one, other = (tuple(journey.members.tolist()) for journey in first.journeys[:2])
    small = other[:3]
    edits = [Edit("merge", one, other), Edit("split", small, tuple(set(other) - set(small)))]
    config = DiscoveryConfig(map="none")
    for users in ({}, continue_from(before, log).users):
        storage = Edited(log, edits, earlier=users)
        storage.save_manifest({"mean": before.manifest["mean"]})
        run_discovery(storage, config, TOOLS, Silent())
        found = storage.results[0]
        assert len(set(found.labels[[*one, *other[3:]]])) == 1
        # Made by hand, a journey may be smaller than the rule says.
        assert found.labels[small[0]] != found.labels[one[0]]
        assert len(found.journeys[found.labels[small[0]]]) == 3
        assert len({journey.id for journey in found.journeys}) == len(found.journeys)
