"""A memory for lifelong histories: LIBER (Zhu et al., arXiv 2411.14713).

A person's events enter a cache; when the partition condition holds, the cache becomes a partition
that never changes. A language model tells of each partition once: a summary, and the shift since
the partition before.
"""

from __future__ import annotations

from journeys.memory.cascade import Telling, newest, tell
from journeys.memory.history import Fact, Life, current, lives
from journeys.memory.notes import Change, Interest, Item, Shift, Summary
from journeys.memory.partitioning import Stream, partition
from journeys.memory.policies import ByChange, ByGap, BySize, Policy
from journeys.memory.records import MemorySummary, NoteRecord, PartitionRecord, PersonMemory
from journeys.memory.telling import Cost, Teller, Told, counted_shift, counted_summary

__all__ = [
    "ByChange",
    "ByGap",
    "BySize",
    "Change",
    "Cost",
    "Fact",
    "Interest",
    "Item",
    "Life",
    "MemorySummary",
    "NoteRecord",
    "PartitionRecord",
    "PersonMemory",
    "Policy",
    "Shift",
    "Stream",
    "Summary",
    "Teller",
    "Telling",
    "Told",
    "counted_shift",
    "counted_summary",
    "current",
    "lives",
    "newest",
    "partition",
    "tell",
]
