"""Discovery on a cluster: Ray Data, one partition of people at a time, resumable by partition.

Five stages, each a pure function of files that were written by the one before, and each writing
files that are whole or not there: split the log into partitions of people, embed, add up what
must be known of the whole log, find journeys, name. What is found is, bit for bit, what
:func:`journeys.discovery.run_discovery` finds in the same log with the same vectors.

``engine`` says what is done in which order, ``workers`` where: in this process or on Ray. Only
``workers`` imports Ray.
"""

from journeys.cluster.engine import discover_by_partition
from journeys.cluster.job import Job, Sizes
from journeys.cluster.results import read_journeys
from journeys.cluster.workers import InProcess, RayWorkers, Workers

__all__ = [
    "InProcess",
    "Job",
    "RayWorkers",
    "Sizes",
    "Workers",
    "discover_by_partition",
    "read_journeys",
]
