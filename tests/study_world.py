"""A real store with a discovered log of two people, an open study over it, and their links."""

from __future__ import annotations

from dataclasses import dataclass, replace

from journeys.store import Participant, Store
from journeys.study.answers import Shown
from journeys.study.default_design import default_design
from journeys.study.design import StudyDesign
from journeys.timeline import ActivityLog
from tests.pages.filled import discovered


@dataclass
class StudyWorld:
    """An open study; ``people`` are the ids in the store, ``tokens`` their links."""

    store: Store
    log_id: int
    run_id: int
    study_id: int
    people: list[int]
    tokens: list[str]

    def enter(self, at: int = 0, *, consent: bool = True) -> Participant:
        """The participant with a link."""
        participant = self.store.invitations.enter(self.tokens[at])
        if consent:
            self.store.participation.give_consent(participant)
            # Consent gives them their place, and with it their conditions.
            participant = self.store.invitations.enter(self.tokens[at])
        return participant

    def shown(self, participant: Participant, trial: int = 0, journey: int = 0) -> Shown:
        """A trial that shows one of the participant's journeys at level 3."""
        found = self.store.participation.journeys(participant, "a").journeys[journey]
        return Shown(
            trial, "journey", self.run_id, found.id, "a", 3, found.name(3), found.names.namer
        )


def open_study(
    store: Store, design: StudyDesign | None = None, log: ActivityLog | None = None
) -> StudyWorld:
    """Discover a made-up log, make a study of it, open it and invite who has journeys."""
    log_id, run_id = discovered(store, log)
    design = design or replace(default_design(), corrections_as_examples=True)
    study_id = store.studies.create(log_id, design, {c.key: run_id for c in design.conditions})
    store.studies.open(study_id)
    people = [p.person_id for p in store.results.people(run_id) if p.n_journeys]
    links = store.invitations.invite(study_id, people)
    return StudyWorld(store, log_id, run_id, study_id, people, [link.token for link in links])
