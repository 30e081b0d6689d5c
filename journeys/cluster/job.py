"""What a run on a cluster is asked to do: one small value that travels to every worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from journeys.cluster.files import Layout
from journeys.discovery.config import DiscoveryConfig
from journeys.embedding import Embedder
from journeys.errors import ConfigError


@dataclass(frozen=True)
class Sizes:
    """How finely a run is cut; memory of a worker grows with these and with nothing else.

    Attributes:
        block_rows: records that are read at once. A row group of a Parquet file is never cut.
        partition_events: events that a partition has on average. People are not cut, so one with
            more events than this makes a larger partition.
    """

    block_rows: int = 200_000
    partition_events: int = 50_000

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value < 1:
                raise ConfigError(f"{name} must be at least 1, not {value}")


@dataclass(frozen=True)
class Block:
    """Some row groups of a Parquet file with our columns.

    Attributes:
        path: the file; groups ``first`` to ``last``, which is not included, of it.
        row: number of records before it in the whole input; orders what was read.
        rows: records in it.
        record: number of records before it in its own file.
    """

    path: str
    first: int
    last: int
    row: int
    rows: int
    record: int


@dataclass(frozen=True)
class Job:
    """A run.

    Attributes:
        out: output folder.
        config: settings of the discovery, as of one in memory.
        load_embedder: makes the embedder on a worker; must be picklable.
        embedder_id: of what it makes.
        timezone: of times that do not say theirs.
        mean: a frozen corpus mean, encoded; '' to take the log's own.
        blocks: the input, in order.
        partitions: in how many parts people are divided.
    """

    out: Path
    config: DiscoveryConfig
    load_embedder: Callable[[], Embedder]
    embedder_id: str
    timezone: str = "UTC"
    mean: str = ""
    sizes: Sizes = field(default_factory=Sizes)
    blocks: tuple[Block, ...] = ()
    partitions: int = 1

    @property
    def layout(self) -> Layout:
        return Layout(self.out)

    def request(self, sources: list[dict[str, Any]]) -> dict[str, Any]:
        """All that the results depend on; a folder holds the results of one such request."""
        return {
            "format": 1,
            "config": self.config.to_dict(),
            "embedder": self.embedder_id,
            "timezone": self.timezone,
            "mean": self.mean,
            "sizes": asdict(self.sizes),
            "sources": sources,
        }
