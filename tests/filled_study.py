"""A study filled by made-up participants through the functions that the page calls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from journeys.store import Participant, Store
from journeys.store.labels import FOIL, Label
from journeys.study.answers import Correction, Shown, TrialAnswers
from journeys.study.default_design import default_design
from journeys.study.design import Condition
from tests.logs import make_log
from tests.pages.filled import discovered

WORDS = ("learning the ukulele", "hydroponic lettuce", "baking sourdough bread", "nothing of this")


def fill_study(store: Store, people: int = 16, seed: int = 3) -> int:
    """A study of two conditions in which some stop early, one withdraws, and others label names."""
    log_id, run_id = discovered(store, make_log(users=people, per_topic=16))
    design = replace(
        default_design(conditions=(Condition("a", "One"), Condition("b", "Another"))),
        title="Пробное исследование 日本 🎻",
        arrangement="within",
    )
    study_id = store.studies.create(log_id, design, {"a": run_id, "b": run_id})
    store.studies.open(study_id)
    ids = [p.person_id for p in store.results.people(run_id) if p.n_journeys]
    links = store.invitations.invite(study_id, ids)
    rng = np.random.default_rng(seed)
    for at, link in enumerate(links[:-1]):  # the last never opens the link
        participant = store.invitations.enter(link.token)
        _take_part(store, participant, at, run_id, rng)
    for at in range(2):
        _label(store, run_id, f"person:r{at}", rng)
    _label(store, run_id, "judge:model", rng)
    return study_id


def _take_part(
    store: Store, participant: Participant, at: int, run_id: int, rng: np.random.Generator
) -> None:
    part = store.participation
    part.reach(participant, "opened")
    if at == 1:
        return
    part.give_consent(participant)
    part.reach(participant, "consented")
    part.save_stated(participant, list(rng.permutation(WORDS)[: 1 + at % 3]))
    part.reach(participant, "stated")
    part.reach(participant, "confirmed")
    _items(store, participant, "before", rng)
    part.reach(participant, "rating")
    journeys = part.journeys(participant, "a").journeys
    shown: list[Shown] = []
    for trial, journey in enumerate(journeys):
        level = 1 + (trial * 2 + at) % 5
        shown.append(
            Shown(trial, "journey", run_id, journey.id, "ab"[(trial + at) % 2], level,
                  journey.name(level), journey.names.namer)
        )  # fmt: skip
    checks = [
        replace(shown[0], trial=len(shown), kind="repeat"),
        replace(shown[0], trial=len(shown) + 1, kind="foil", run_id=None, journey_id="foil1",
                name="collecting stamps"),
    ]  # fmt: skip
    for each in [*shown, *checks] if at % 5 else shown[:-1]:
        part.save_answer(participant, each, _said(each, rng), int(rng.integers(500, 9_000)))
    if at % 5 == 0:
        return
    first = journeys[0]
    events = part.timeline(participant, "a").frame["event_id"].iloc[first.members[: at % 4]]
    if len(events):
        marked = tuple(int(event) for event in events)
        part.correct(participant, Correction("items", run_id, first.id, events=marked))
    if at % 3 == 0:
        for other in journeys[1:3]:
            part.correct(participant, Correction("merge", run_id, first.id, other_id=other.id))
    if at % 4 == 1:
        part.correct(participant, Correction("missing", words="chess problems"))
    part.reach(participant, "corrected")
    _items(store, participant, "after", rng)
    part.reach(participant, "after")
    part.finish(participant)
    if at == 7:
        part.withdraw(participant)


def _said(shown: Shown, rng: np.random.Generator) -> TrialAnswers:
    off = shown.level - 3 + rng.normal()
    specificity = "broad" if off < -0.8 else "specific" if off > 0.8 else "right"
    rating = int(np.clip(round(4 - abs(off) + (shown.condition == "b")), 1, 5))
    return TrialAnswers(
        recalled=("all", "some", "none", None)[int(rng.choice(4, p=[0.4, 0.35, 0.2, 0.05]))],
        identification=rating if rng.random() < 0.93 else None,
        specificity=specificity if rng.random() < 0.95 else None,
        wish=int(rng.integers(1, 6)),
        ongoing=("yes", "no", "unsure")[int(rng.integers(3))],
        own_words='=cmd|" /C calc"!A0' if rng.random() < 0.2 else "",
    )


def _items(store: Store, participant: Participant, moment: str, rng: np.random.Generator) -> None:
    given = {item.key: int(rng.integers(1, 6)) for item in participant.design.items}
    store.participation.save_items(participant, moment, given, 900)  # type: ignore[arg-type]


def _label(store: Store, run_id: int, rater: str, rng: np.random.Generator) -> None:
    for given in store.labels.namings(run_id):
        for level in (2, 3):
            true = 3 + sum(map(ord, given.journey_id + str(level))) % 3
            fit = int(np.clip(true + rng.integers(-1, 2), 1, 5))
            namers = (FOIL,) if rng.random() < 0.1 else (given.names.namer,)
            store.labels.save(
                run_id,
                Label(given.journey_id, level, given.names.levels[level - 1], namers, rater, fit,
                      ("broad", "right", "specific")[int(rng.integers(3))] if fit > 1 else ""),
            )  # fmt: skip
