"""One person's events for previews, and what was tried: kept in this session only.

Names and titles are in it, so it is never in a cache that all sessions share. It holds one person
of one run at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import streamlit as st

from journeys.discovery import DiscoveryConfig
from journeys.discovery.preview import MOST_EVENTS, PersonEvents, PreparedPreview, warm_up
from journeys.embedding import decode_mean
from journeys.errors import StoreError
from journeys.journey import UserJourneys
from journeys.naming import DocumentFrequency
from journeys.timeline import Timeline
from pages.parts import state
from pages.parts.journey_choice import Chosen
from pages.parts.resources import store


class Previews:
    """What this session tried for the chosen person; each setting is computed once."""

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self._edits = tuple(store().edits.on(chosen.person.person_id, chosen.timeline))
        owner = chosen.run.id, chosen.person.person_id, len(chosen.timeline), self._edits
        self._kept = state.kept("preview", owner)

    @property
    def whole_log(self) -> bool:
        """The log is small enough to be read for a preview."""
        return self._chosen.log.n_events <= MOST_EVENTS

    def found(self, config: DiscoveryConfig) -> UserJourneys:
        """The person's journeys under other settings.

        Raises:
            StoreError: the vectors of the run are no longer there.
        """
        key = ("found", config.extractor, config.granularity)
        if key not in self._kept:
            self._kept[key] = self._prepared(config).at(config.granularity)
        result: UserJourneys = self._kept[key]
        return result

    def counts(self, config: DiscoveryConfig) -> Sequence[int] | None:
        """The number of journeys over the whole granularity range; None where that takes long."""
        key = ("counts", config.extractor)
        if key not in self._kept:
            prepared = self._prepared(config)
            self._kept[key] = prepared.counts() if prepared.quick else None
        counts: Sequence[int] | None = self._kept[key]
        return counts

    def _prepared(self, config: DiscoveryConfig) -> PreparedPreview:
        key = ("prepared", config.extractor)
        if key not in self._kept:
            _ready()
            if "person" not in self._kept:
                self._kept["person"] = self._person()
            self._kept[key] = PreparedPreview(self._kept["person"], config)
        prepared: PreparedPreview = self._kept[key]
        return prepared

    def _person(self) -> PersonEvents:
        manifest, log_id = self._chosen.run.manifest, self._chosen.log.id
        timeline = self._chosen.timeline
        try:
            vectors = store().vectors.get(
                str(manifest["embedder"]), timeline.frame["text_key"].tolist()
            )
        except KeyError:
            raise StoreError(
                "The vectors of this discovery are not kept any more, so nothing can be tried at "
                "once. A new discovery makes them again."
            ) from None
        return PersonEvents(
            timeline=timeline,
            vectors=vectors,
            mean=decode_mean(manifest["mean"]),
            now=int(manifest["now"]),
            background=_background(log_id),
            edits=self._edits,
            everybody=(lambda: _everybody(log_id)) if self.whole_log else None,
        )


@st.cache_resource(show_spinner="Getting ready to group events; the first time takes seconds")
def _ready() -> bool:
    warm_up()
    return True


def _background(log_id: int) -> DocumentFrequency:
    """How common words are in the log, from at most :data:`MOST_EVENTS` of its titles."""
    found = state.kept("background", log_id)
    if "words" not in found:
        found["words"] = DocumentFrequency.of(store().logs.some_titles(log_id, MOST_EVENTS))
    words: DocumentFrequency = found["words"]
    return words


def _everybody(log_id: int) -> Iterator[Timeline]:
    return (timeline for _, timeline in store().logs.timelines(log_id))
