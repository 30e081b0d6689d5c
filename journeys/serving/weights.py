"""The shared weights in use, as the store has them: read again when another process moved them."""

from __future__ import annotations

from threading import Lock

from journeys.agents.refreshing import ModelHistory, Version
from journeys.agents.shared import SharedModel, empty_model
from journeys.errors import StoreError
from journeys.store import Store
from journeys.store.agent_models import InUse

_TRIES = 5


class Weights:
    """The weights in use, in memory once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        nothing = empty_model()
        store.agent_models.begin(nothing.version, nothing.to_bytes())
        self._held = self._read()

    def current(self) -> ModelHistory:
        """The version in use now, as a history of one."""
        return self.current_with_place()[1]

    def current_with_place(self) -> tuple[InUse, ModelHistory]:
        """The version in use now, and its place among the store's."""
        held = self._held
        if self._store.agent_models.in_use() == held[0]:
            return held
        with self._lock:
            if self._store.agent_models.in_use() != self._held[0]:
                self._held = self._read()
            return self._held

    def _read(self) -> tuple[InUse, ModelHistory]:
        for _ in range(_TRIES):  # it may be withdrawn between the two questions
            place = self._store.agent_models.in_use()
            data = self._store.agent_models.weights(place.number)
            if data is not None:
                return place, ModelHistory((Version(SharedModel.from_bytes(data), None, None),), 0)
        raise StoreError("The shared weights keep changing. Try again.")
