"""The engine on Ray itself, which is started here with two processors and no dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from journeys.cluster import InProcess, Job, RayWorkers, Sizes, discover_by_partition, read_journeys
from journeys.discovery import DiscoveryConfig, Silent
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import InputError
from tests.logs import make_log

pytestmark = pytest.mark.skipif(
    find_spec("ray") is None, reason="pip install -r requirements-cluster.txt (missing: ray)"
)


@pytest.fixture(scope="module")
def workers() -> Iterator[RayWorkers]:
    with RayWorkers(2) as started:
        yield started


def test_a_run_on_ray_is_a_run_in_the_process(workers: RayWorkers, tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    make_log(users=5).frame.to_parquet(path, row_group_size=80, index=False)

    def job(out: str) -> Job:
        sizes = Sizes(block_rows=100, partition_events=80)
        config = DiscoveryConfig(map="none")
        return Job(tmp_path / out, config, FakeEmbedder, FakeEmbedder().id, sizes=sizes)

    here = discover_by_partition(job("here"), [path], InProcess(), Silent())
    there = discover_by_partition(job("ray"), [path], workers, Silent())
    unlike = {name for name in here if here[name] != there[name]}
    assert unlike == {"seconds"}
    assert list(read_journeys(tmp_path / "ray")) == list(read_journeys(tmp_path / "here"))
    assert there["journeys"] > 5


def test_what_is_told_to_people_comes_back_as_it_was(workers: RayWorkers) -> None:
    def failing(item: int) -> dict[str, Any]:
        raise InputError(f"The file {item} is damaged.")

    with pytest.raises(InputError, match=r"^The file 7 is damaged\.$"):
        list(workers.each(failing, [7]))


def test_an_actor_is_made_once(workers: RayWorkers) -> None:
    class Remembering:
        """Counts how often it was asked, as something that holds a model would be."""

        def __init__(self) -> None:
            self.asked = 0

        def __call__(self, item: int) -> dict[str, Any]:
            self.asked += 1
            return {"item": item, "asked": self.asked}

    one = RayWorkers(1)
    answers = list(one.each(Remembering(), [4, 5, 6], keep=True))
    assert sorted(each["item"] for each in answers) == [4, 5, 6]
    assert sorted(each["asked"] for each in answers) == [1, 2, 3]
