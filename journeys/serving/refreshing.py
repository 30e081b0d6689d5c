"""Refreshes of a server: one at a time, on request, by the clock, and after a withdrawal."""

from __future__ import annotations

import logging
from datetime import timedelta
from threading import Event, Lock, Thread

from journeys.agents.fitting import FitRules
from journeys.agents.refreshing import Judged
from journeys.errors import JourneysError, StoreError
from journeys.serving.metrics import Metrics
from journeys.serving.operations import Operations
from journeys.serving.publishing import publish_refresh

_log = logging.getLogger(__name__)


class Refresher:
    """Refreshes one at a time, on request and by the clock.

    Args:
        every: seconds between refreshes; None: only when asked, or when somebody was erased.
    """

    def __init__(
        self,
        operations: Operations,
        metrics: Metrics,
        *,
        rules: FitRules | None = None,
        every: timedelta | None = None,
    ) -> None:
        self._operations = operations
        self._metrics = metrics
        self._rules = rules
        self._every = every
        self._one = Lock()
        self._wanted, self._ended = Event(), Event()
        self._thread: Thread | None = None

    def refresh(self) -> tuple[Judged, bool, str]:
        """Fit, judge, and publish unless it is worse; returns also the version in use.

        Raises:
            InputError: too little was said.
            StoreError: a refresh is under way, or another process published first.
            PrivacyError: somebody was erased meanwhile.
        """
        if not self._one.acquire(blocking=False):
            raise StoreError("A refresh is under way. Wait for it.")
        try:
            judged, published, version = publish_refresh(
                self._operations, self._operations.clock(), self._rules
            )
            self._metrics.refreshes.labels("published" if published else "worse").inc()
            return judged, published, version
        except JourneysError:
            self._metrics.refreshes.labels("refused").inc()
            raise
        finally:
            self._one.release()

    def roll_back(self) -> str:
        """Put the version before in use; returns which that is.

        Raises:
            ConfigError: there is none.
        """
        self._operations.store.agent_models.roll_back()
        return self._operations.weights.current().model.version

    def soon(self) -> None:
        """Refresh in the background: weights were withdrawn."""
        self._wanted.set()

    def start(self) -> None:
        """Begin to refresh in the background."""
        self._thread = Thread(target=self._run, name="refreshes", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the background, after a refresh that is under way."""
        self._ended.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        pause = self._every.total_seconds() if self._every else None
        while True:
            self._wanted.wait(pause)
            self._wanted.clear()
            if self._ended.is_set():
                return
            try:
                self.refresh()
            except JourneysError:
                continue  # too little was said, or another server was first; it is counted
            except Exception:  # the database is away; the next one may find it
                _log.exception("a refresh in the background failed")
