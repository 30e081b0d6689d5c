"""The engine by partition finds what the engine in memory finds, and does nothing twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from journeys.cluster import InProcess, Job, Sizes, discover_by_partition, read_journeys
from journeys.cluster.sources import find_files
from journeys.discovery import Discovery, DiscoveryConfig, Silent, Tools, discover
from journeys.embedding import MemoryVectorCache
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import Cancelled, ConfigError, EndpointError, EndpointRefused, InputError
from journeys.ingest import read_log
from journeys.naming import MemoryCompletionCache, Namer
from journeys.naming.fake import FakeChat
from journeys.naming.ladder import LadderNamer
from tests.logs import make_log

KEY = b"k" * 32
SMALL = Sizes(block_rows=40, partition_events=60)


class NoMaps:
    def get(self, key: str) -> np.ndarray | None:
        return None

    def put(self, key: str, points: np.ndarray) -> None:
        raise AssertionError("no map was asked for")


def local(path: Path, **settings: Any) -> Discovery:
    tools = Tools(FakeEmbedder(), MemoryVectorCache(), NoMaps(), KEY)
    return discover(read_log(path), DiscoveryConfig(map="none", **settings), tools=tools)


def job(out: Path, sizes: Sizes = SMALL, **settings: Any) -> Job:
    config = DiscoveryConfig(map="none", **settings)
    return Job(out, config, FakeEmbedder, FakeEmbedder().id, sizes=sizes)


def found_locally(found: Discovery) -> dict[str, tuple[Any, ...]]:
    """All that there is of each journey, by its id."""
    members = {}
    for user in found.users:
        for j in user.journeys:
            members[j.id] = (
                j.user_id, j.rank, j.score, j.stage, j.kind, j.confidence, j.family,
                j.first_seen, j.last_seen, j.active_months, list(j.names.levels), j.names.namer,
                list(j.keyphrases), j.members.tolist(), user.membership[j.members].tolist(),
                list(j.central), list(j.boundary),
            )  # fmt: skip
    return members


def found_by_partition(out: Path) -> dict[str, tuple[Any, ...]]:
    names = (
        "user_id", "rank", "score", "stage", "kind", "confidence", "family", "first_seen",
        "last_seen", "active_months", "names", "namer", "keyphrases", "members", "membership",
        "central", "boundary",
    )  # fmt: skip
    return {row["journey_id"]: tuple(row[name] for name in names) for row in read_journeys(out)}


def assigned_locally(found: Discovery) -> set[tuple[str, str, int, str, float]]:
    rows = set()
    for user in found.users:
        timeline = found.log.timeline(user.user_id)
        ids = [j.id for j in user.journeys] + [""]
        rows |= set(
            zip(
                [user.user_id] * len(timeline),
                timeline.frame["item_id"].tolist(),
                timeline.times.tolist(),
                [ids[label] for label in user.labels],
                user.membership.tolist(),
                strict=True,
            )
        )
    return rows


def assigned_by_partition(out: Path) -> set[tuple[str, str, int, str, float]]:
    rows = set()
    for path in (out / "assignments").glob("*.parquet"):
        table = pq.read_table(path)
        columns = [table.column(name) for name in table.column_names]
        columns[2] = columns[2].cast("int64")
        rows |= set(zip(*(column.to_pylist() for column in columns), strict=True))
    return rows


class Counting(InProcess):
    """Notes what was worked on."""

    def __init__(self, stop_in: str = "", after: int = 1) -> None:
        self.done: list[tuple[str, int]] = []
        self._stop, self._after = stop_in, after

    def each(self, work: Any, items: Sequence[int], *, keep: bool = False) -> Any:
        name = type(work).__name__
        for number, item in enumerate(items):
            if name == self._stop and number == self._after:
                raise Cancelled("stopped here")
            self.done.append((name, item))
            yield work(item)


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log in many row groups, in no order, with repeats, an odd title and a rejected row."""
    frame = make_log(users=6).frame
    frame = frame.sample(frac=1.0, random_state=1)
    frame = frame.iloc[[*range(len(frame)), 3, 50, 3]].reset_index(drop=True)
    frame.loc[7, "title"] = "  two   spaces "
    frame.loc[9, "title"] = ""
    path = tmp_path_factory.mktemp("log") / "log.parquet"
    frame.to_parquet(path, row_group_size=16, index=False)
    return path


@pytest.fixture(scope="module")
def expected(parquet: Path) -> Discovery:
    return local(parquet)


def test_it_finds_what_the_local_engine_finds_bit_for_bit(
    parquet: Path, expected: Discovery, tmp_path: Path
) -> None:
    manifest = discover_by_partition(job(tmp_path), [parquet], InProcess(), Silent())
    assert manifest["partitions"] > 3
    assert manifest["blocks"] > 5
    assert manifest["mean"] == expected.manifest["mean"]
    assert (manifest["users"], manifest["events"]) == (len(expected.log.users), len(expected.log))
    assert manifest["now"] == expected.manifest["now"]
    assert manifest["rejected"] == len(expected.log.report.rejected) == 1
    assert manifest["duplicates"] == expected.log.report.duplicates > 0
    assert manifest["unassigned_share"] == expected.unassigned_share
    assert found_by_partition(tmp_path) == found_locally(expected)
    assert assigned_by_partition(tmp_path) == assigned_locally(expected)
    assert len(expected.journeys) > 10


def test_a_csv_is_converted_and_gives_the_same(expected: Discovery, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    expected.log.frame.to_csv(path, index=False)
    one = local(path)
    manifest = discover_by_partition(job(tmp_path / "out"), [path], InProcess(), Silent())
    assert manifest["events"] == len(one.log)
    assert found_by_partition(tmp_path / "out") == found_locally(one)


def test_files_of_one_log_are_one_log(parquet: Path, expected: Discovery, tmp_path: Path) -> None:
    table = pq.read_table(parquet)
    folder = tmp_path / "log"
    folder.mkdir()
    for number, start in enumerate(range(0, len(table), 100)):
        pq.write_table(table.slice(start, 100), folder / f"{number:03d}.parquet")
    files = find_files([folder])
    discover_by_partition(job(tmp_path / "out"), files, InProcess(), Silent())
    assert found_by_partition(tmp_path / "out") == found_locally(expected)


@pytest.mark.parametrize("stage", ["Splitting", "Embedding", "Finding"])
def test_what_was_written_is_not_done_again(
    parquet: Path, expected: Discovery, tmp_path: Path, stage: str
) -> None:
    first = Counting(stop_in=stage, after=2)
    with pytest.raises(Cancelled):
        discover_by_partition(job(tmp_path), [parquet], first, Silent())
    second = Counting()
    discover_by_partition(job(tmp_path), [parquet], second, Silent())
    assert not set(first.done) & set(second.done)
    assert found_by_partition(tmp_path) == found_locally(expected)
    third = Counting()
    discover_by_partition(job(tmp_path), [parquet], third, Silent())
    assert not third.done


def test_a_file_that_was_cut_short_is_never_taken_for_whole(
    parquet: Path, expected: Discovery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pq.write_table

    def half(table: Any, where: Any, **options: Any) -> None:
        real(table, where, **options)
        if "journeys" in str(where):
            Path(where).write_bytes(Path(where).read_bytes()[:50])
            raise OSError("no space left")

    monkeypatch.setattr(pq, "write_table", half)
    with pytest.raises(OSError, match="no space left"):
        discover_by_partition(job(tmp_path), [parquet], InProcess(), Silent())
    monkeypatch.undo()
    assert not list((tmp_path / "journeys").iterdir())
    discover_by_partition(job(tmp_path), [parquet], InProcess(), Silent())
    assert found_by_partition(tmp_path) == found_locally(expected)


def test_nothing_of_an_unfinished_run_is_left(parquet: Path, tmp_path: Path) -> None:
    discover_by_partition(job(tmp_path), [parquet], InProcess(), Silent())
    assert not (tmp_path / "work").exists()
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".part")]


def test_another_run_is_not_mixed_into_a_folder(parquet: Path, tmp_path: Path) -> None:
    discover_by_partition(job(tmp_path), [parquet], InProcess(), Silent())
    with pytest.raises(InputError, match="other settings or another log"):
        discover_by_partition(job(tmp_path, granularity=0.9), [parquet], InProcess(), Silent())


def test_a_folder_that_cannot_be_written_is_said(parquet: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(InputError, match="Nothing can be written"):
        discover_by_partition(job(tmp_path / "taken"), [parquet], InProcess(), Silent())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"extractor": "cooccurrence"}, "whole log"),
        ({"stability_draws": 3}, "stability"),
        ({"namer": "local"}, "needs tools"),
    ],
)
def test_what_it_does_not_have_is_refused_first(
    parquet: Path, tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        discover_by_partition(job(tmp_path, **settings), [parquet], InProcess(), Silent())
    assert not (tmp_path / "request.json").exists()


def naming_tools(chat: FakeChat, cache: MemoryCompletionCache) -> Tools:
    @contextmanager
    def opened() -> Iterator[Namer]:
        yield LadderNamer(chat, cache=cache, secret=KEY)

    return Tools(FakeEmbedder(), MemoryVectorCache(), NoMaps(), KEY, opened, 2)


def test_a_language_model_names_as_it_does_locally_and_no_call_is_made_twice(
    parquet: Path, tmp_path: Path
) -> None:
    config = DiscoveryConfig(map="none", namer="openai")
    whole = FakeChat()
    expected = discover(
        read_log(parquet), config, tools=naming_tools(whole, MemoryCompletionCache())
    )
    cache = MemoryCompletionCache()
    refused = {number: EndpointRefused("The key is not valid.") for number in range(4, 1000)}
    first = FakeChat(errors=refused)
    with pytest.raises(EndpointError, match=r"key is not valid.*goes on there"):
        discover_by_partition(
            job(tmp_path, namer="openai"), [parquet], InProcess(), Silent(),
            tools=naming_tools(first, cache),
        )  # fmt: skip
    second = FakeChat()
    resumed = Counting()
    manifest = discover_by_partition(
        job(tmp_path, namer="openai"), [parquet], resumed, Silent(),
        tools=naming_tools(second, cache),
    )  # fmt: skip
    assert not resumed.done
    assert found_by_partition(tmp_path) == found_locally(expected)
    assert all(journey.names.namer == "llm:fake" for journey in expected.journeys)
    assert len(second.calls) == len(whole.calls) - 3
    assert manifest["llm"]["calls"] >= len(second.calls)
