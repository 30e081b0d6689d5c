"""Finding a partition's journeys, by the very function that the engine in memory calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from journeys.cluster.embedding import load_vectors
from journeys.cluster.files import read_json
from journeys.cluster.job import Job
from journeys.cluster.results import write_assignments, write_journeys
from journeys.cluster.splitting import load_partition
from journeys.cluster.words import look_up
from journeys.discovery.pipeline import make_extractor
from journeys.discovery.progress import Stopwatch
from journeys.discovery.user import UserTools, find_journeys
from journeys.embedding import decode_mean
from journeys.extraction import JourneyRules
from journeys.extraction.threads import one_thread
from journeys.naming import DocumentFrequency
from journeys.timeline import ActivityLog


@dataclass(frozen=True)
class Finding:
    """Work for a worker: the people of one partition."""

    job: Job

    def __call__(self, partition: int) -> dict[str, Any]:
        job, watch = self.job, Stopwatch()
        with watch.measure("load"):
            log = load_partition(job, partition)
            vectors = load_vectors(job, partition, log)
            tools = partition_tools(job, log)
        found = []
        with one_thread():
            for timeline in log.timelines():
                own = vectors[timeline.start : timeline.start + len(timeline)].astype(np.float32)
                found.append(find_journeys(timeline, own, tools, watch))
        named = job.config.namer == "keyphrase"
        target = job.layout.journeys(partition) if named else job.layout.found(partition)
        with watch.measure("store"):
            counts = write_assignments(job.layout.assignments(partition), log, found)
            # Written last: where it is, the assignments are.
            write_journeys(target, log, found)
        return {**counts, "seconds": watch.seconds}


def partition_tools(job: Job, log: ActivityLog) -> UserTools:
    """What is the same for everybody, with the words that this partition has."""
    whole = read_json(job.layout.whole)
    words = DocumentFrequency.of(log.frame["title"].tolist()).counts
    config = job.config
    return UserTools(
        config=config,
        extractor=make_extractor(config),
        rules=JourneyRules(
            min_user_events=config.min_user_events, min_journey_events=config.min_journey_events
        ),
        now=whole["now"],
        mean=decode_mean(whole["mean"]),
        background=DocumentFrequency(whole["events"], look_up(job.layout.words, words)),
    )
