"""Who has named a person's journeys, and how: what there is to compare, from the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from journeys.discovery.evidence import build_evidence
from journeys.discovery.renaming import renamed
from journeys.discovery.storage import PERSON_NAMER
from journeys.journey import LEVELS, Journey, Names, UserJourneys
from journeys.naming import KeyphraseNamer
from journeys.store import Store
from journeys.store.ratings import LOCAL_RATER
from journeys.store.rows import NamingRecord
from journeys.study.comparing import KEYPHRASES, OwnNames, Source, own_names
from journeys.timeline import Timeline


@dataclass(frozen=True)
class Sources:
    """All that a comparison of a person's names can be made of.

    Attributes:
        sources: key phrases first, then models, the newest first, then the person if they have
            named anything.
        own: journey id -> what the person calls it.
    """

    sources: tuple[Source, ...]
    own: dict[str, OwnNames]

    def get(self, key: str) -> Source | None:
        """The source with a key."""
        return next((source for source in self.sources if source.key == key), None)


def collect_sources(
    store: Store, run_id: int, person_id: int, timeline: Timeline, found: UserJourneys
) -> Sources:
    """Everybody who named these journeys in this run; key phrases are made where none are kept.

    Raises:
        StoreError: the run or the person is gone.
    """
    records = store.names.of_person(run_id, person_id)
    phrases = {
        journey.id: _phrases(records.get(journey.id, ()))
        or KeyphraseNamer().name(build_evidence(timeline, found, journey)).names
        for journey in found.journeys
    }
    own = _own(store, run_id, person_id, found, records)
    sources = [Source(KEYPHRASES, "", phrases), *_models(found, records)]
    if own:
        sources.append(Source(PERSON_NAMER, "", {id_: _sparse(said) for id_, said in own.items()}))
    return Sources(tuple(sources), own)


def as_own(journey: Journey, own: Names) -> Names:
    """The journey's names with the person's own at the levels of which they said so.

    Raises:
        InputError: what they said is too long for a name.
    """
    names = journey.names
    for level, name in enumerate(own.levels, start=1):
        if name:
            names = renamed(names, level, name)
    return names


def _phrases(records: Sequence[NamingRecord]) -> Names | None:
    """The key phrases that stood as names when the journey was found."""
    kept = [record.names for record in records if record.names.namer == KEYPHRASES]
    return kept[-1] if kept else None


def _models(found: UserJourneys, records: dict[str, Sequence[NamingRecord]]) -> list[Source]:
    """Namers other than key phrases and the person, each with its newest names."""
    names: dict[tuple[str, str], dict[str, Names]] = {}
    newest: dict[tuple[str, str], int] = {}
    for journey in found.journeys:
        for record in records.get(journey.id, ()):
            which = (record.names.namer, record.names.prompts)
            if record.names.namer not in (KEYPHRASES, PERSON_NAMER):
                names.setdefault(which, {})[journey.id] = record.names
                newest[which] = max(newest.get(which, 0), record.created_at)
    return [
        Source(*which, names[which])
        for which in sorted(names, key=lambda which: (-newest[which], which))
    ]


def _own(
    store: Store,
    run_id: int,
    person_id: int,
    found: UserJourneys,
    records: dict[str, Sequence[NamingRecord]],
) -> dict[str, OwnNames]:
    """Names given by hand, and before them "I would say" of the ratings."""
    said: dict[str, dict[int, str]] = {}
    for rating in store.ratings.standing(run_id, person_id):
        words = " ".join(rating.answer.own_words.split())
        if words and rating.rater == LOCAL_RATER:
            said.setdefault(rating.journey_id, {})[rating.answer.level] = words
    for journey in found.journeys:
        if any(record.names.namer == PERSON_NAMER for record in records.get(journey.id, ())):
            # Names by hand are carried over from earlier runs, where what they changed stands.
            past = sorted(
                (r for r in store.names.over_time(run_id, journey.id) if not r.alternative),
                key=lambda record: record.created_at,
            )
            given = own_names([(record.names, record.chosen) for record in past])
            said.setdefault(journey.id, {}).update(given)
    there = {journey.id for journey in found.journeys}
    return {id_: names for id_, names in said.items() if names and id_ in there}


def _sparse(own: OwnNames) -> Names:
    one, two, three, four, five = (own.get(level, "") for level in range(1, len(LEVELS) + 1))
    return Names((one, two, three, four, five), PERSON_NAMER)
