"""Names by a language model, a partition after the other, by the stage of a run in memory.

One process speaks to the endpoint, so what may be spent and how many calls are under way at once
are each one number, whatever the size of the cluster.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from journeys.cluster.embedding import distinct_texts
from journeys.cluster.job import Job
from journeys.cluster.results import load_found, write_journeys
from journeys.cluster.splitting import load_partition
from journeys.discovery.evidence import gather_with
from journeys.discovery.naming_stage import name_journeys
from journeys.discovery.progress import Progress
from journeys.discovery.storage import MemoryStorage
from journeys.discovery.tools import Tools
from journeys.embedding import MemoryVectorCache, text_keys
from journeys.errors import EndpointError


def name_partition(
    job: Job, partition: int, tools: Tools, progress: Progress, manifest: dict[str, Any]
) -> None:
    """Name the journeys of a partition and write it; ``manifest["llm"]`` grows with the costs.

    Raises:
        EndpointError: not all could be named. Answers that came are in the cache of answers, and
            the partition is not written.
        Cancelled: as from naming.
    """
    log = load_partition(job, partition)
    vectors = MemoryVectorCache()
    texts, _ = distinct_texts(log)
    if texts:
        kept = np.load(job.layout.vectors(partition), allow_pickle=False)
        vectors.put(tools.embedder.id, text_keys(tools.map_key, texts), kept)
    storage = MemoryStorage(log, text_key=tools.map_key)
    storage.results = dict(enumerate(load_found(job.layout.found(partition), log)))
    name_journeys(
        storage,
        tools.open_namer,
        tools.concurrency,
        progress,
        manifest,
        tools.before_naming,
        gather_with(storage, tools.embedder, vectors),
    )
    if manifest["naming_problem"]:
        raise EndpointError(
            f"{manifest['naming_problem']} Partition {partition + 1} of {job.partitions} and later "
            "ones are without names. The same command goes on there; no answer is paid for twice."
        )
    write_journeys(
        job.layout.journeys(partition), log, [storage.results[p] for p in range(len(log.users))]
    )
