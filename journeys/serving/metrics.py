"""What a server counts, for Prometheus. No label names a user, a key or anything they sent."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 5.0)


class Metrics:
    """Counters of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "journeys_requests",
            "Requests by operation, way in and status",
            ["operation", "over", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "journeys_request_seconds",
            "Seconds from a request to its answer",
            ["operation", "over"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.under_way = Gauge(
            "journeys_requests_under_way", "Requests not answered yet", registry=self.registry
        )
        self.receipts = Counter(
            "journeys_receipts",
            "Events and feedback by what came of them",
            ["what", "status"],
            registry=self.registry,
        )
        self.conflicts = Counter(
            "journeys_write_conflicts",
            "Writes done again because another process wrote first",
            registry=self.registry,
        )
        self.refreshes = Counter(
            "journeys_refreshes",
            "Refreshes of the shared weights by outcome",
            ["outcome"],
            registry=self.registry,
        )
        self.withdrawn = Counter(
            "journeys_withdrawn_weights",
            "Shared weights withdrawn because somebody was erased",
            registry=self.registry,
        )

    def text(self) -> bytes:
        """In Prometheus's format."""
        return generate_latest(self.registry)
