"""SIMULATED studies in the long format. Nobody answered.

They serve as the labelled example of the page, and as what analysis and power are tried on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from journeys.study import adaptive
from journeys.study.checking import STEPS
from journeys.study.longformat import StudyData, from_rows, study_data
from journeys.study.simulation import Kind, people

#: Thresholds of identification, in logits.
_CUTS = np.array([-2.1, -0.8, 0.5, 1.8])


@dataclass(frozen=True)
class Study:
    """What a simulated study is like. Identification is on a latent scale, in logits.

    Attributes:
        effect: what the second condition adds, in logits.
        person_sd, journey_sd: of random intercepts of people and of their journeys.
        effect_sd: by how much the effect differs between people.
        recall: share of journeys whose items are remembered.
        foils, repeats: trials of each a participant.
        finishing: share of those who consent that reach the end.
    """

    participants: int = 40
    journeys: int = 10
    conditions: tuple[str, ...] = ("keyphrase", "llm")
    effect: float = 0.6
    person_sd: float = 0.8
    journey_sd: float = 0.8
    effect_sd: float = 0.4
    recall: float = 0.85
    foils: int = 1
    repeats: int = 1
    finishing: float = 0.85
    kind: Kind = field(default_factory=Kind)


_PURSUITS = (
    "growing vegetables on a balcony", "learning the ukulele", "cooking Italian food",
    "training for a half marathon", "restoring an old bicycle", "watching birds in winter",
    "planning a trip to Japan", "brewing coffee well", "learning watercolour",
    "reading about Roman history", "building a home server", "sewing own clothes",
)  # fmt: skip

_START = 1_767_225_600_000_000  # 2026-01-01 UTC
_MINUTE = 60_000_000


def simulated_study(study: Study | None = None, *, seed: int = 0) -> StudyData:
    """A whole study in the long format, marked as simulated; equal seeds give equal tables."""
    study = study or Study()
    rng = np.random.default_rng(seed)
    answers: list[dict[str, object]] = []
    stated: list[dict[str, object]] = []
    takers: list[dict[str, object]] = []
    for number in range(study.participants):
        _participant(study, number, rng, answers, stated, takers)
    return study_data(
        answers=from_rows("answers", answers),
        stated=from_rows("stated", stated),
        participants=from_rows("participants", takers),
        third_party=from_rows("third_party", _third_party(answers, rng)),
        funnel=from_rows("funnel", _counted(takers)),
        simulated=True,
    )


def _participant(
    study: Study,
    number: int,
    rng: np.random.Generator,
    answers: list[dict[str, object]],
    stated: list[dict[str, object]],
    takers: list[dict[str, object]],
) -> None:
    who = f"sim-{number:04d}"
    arm = "adaptive" if number % 2 else "fixed"
    times, gone = _funnel(study, rng)
    trust, risk = rng.integers(2, 5, 2)
    taker: dict[str, object] = {"participant": who, "arm": arm, **times, "consent_version": "1"}
    if "consented_at" in times:
        taker |= {"trust_before": trust, "risk_before": risk}
    if "finished_at" in times:
        taker["total_seconds"] = (times["finished_at"] - times["consented_at"]) / 1e6
        taker["active_seconds"] = 0.9 * float(str(taker["total_seconds"]))
        taker["trust_after"] = int(np.clip(trust + rng.choice([-1, 0, 0, 1, 1]), 1, 5))
        taker["risk_after"] = int(np.clip(risk + rng.choice([-1, 0, 0, 0, 1]), 1, 5))
    takers.append(taker)
    if "stated_at" not in times:
        return
    own = [_PURSUITS[at] for at in rng.permutation(len(_PURSUITS))]
    for place, at in enumerate(rng.permutation(study.journeys + 1)[:3]):
        known = at < min(study.journeys, len(own))
        stated.append(
            {"participant": who, "stated": place + 1, "when": "before",
             "words": own[at] if known else "something that no log shows",
             "match": (f"{who}-j{at}" if known else "none") if rng.random() < 0.7 else None,
             "match_by_meaning": f"{who}-j{at}" if known and rng.random() < 0.9 else "none",
             "cosine": round(float(rng.uniform(0.5, 0.95) if known else rng.uniform(0, 0.5)), 3)}
        )  # fmt: skip
    if "rated_at" not in times:
        return
    person = people(1, study.kind, int(rng.integers(2**31)))
    pull = rng.normal() * study.person_sd
    gain = study.effect + rng.normal() * study.effect_sd
    policy = adaptive.LevelPolicy(adaptive.start())
    said: list[adaptive.Answer] = []
    pulls = rng.normal(size=study.journeys) * study.journey_sd
    days = np.round(rng.lognormal(5, 1.2, study.journeys), 1)
    order = rng.permutation(study.journeys * len(study.conditions))
    last = len(order) if "finished_at" in times else max(1, int(len(order) * gone))
    levels = rng.permuted(np.tile(np.arange(1, 6), len(order) // 5 + 1))
    rows: list[dict[str, object]] = []
    for trial, at in enumerate(order[:last], start=1):
        journey, which = divmod(int(at), len(study.conditions))
        level = policy.next(said) if arm == "adaptive" else int(levels[trial - 1])
        specificity = int(person.answer(np.array([float(level)]))[0][0])
        off = abs(level - float(person.mu[0]))
        logit = 0.8 + pull + pulls[journey] + gain * which - 0.6 * off + rng.logistic()
        identification = int(1 + (logit > _CUTS).sum())
        said.append(adaptive.Answer(level, specificity, identification))
        recalled = rng.random() < study.recall
        rows.append(
            {"participant": who, "journey": f"{who}-j{journey}", "trial": trial, "arm": arm,
             "condition": study.conditions[which], "level": level,
             "name_shown": own[journey % len(own)], "identification": identification,
             "specificity": specificity,
             "wish_more": int(np.clip(identification + rng.integers(-1, 2), 1, 5)),
             "ongoing": bool(rng.random() < 0.75), "remembers": bool(recalled),
             "is_foil": False, "items_shown": 5,
             "items_marked": int(rng.binomial(5, 0.08)),
             "merged_with": f"{who}-j{(journey + 1) % study.journeys}"
             if rng.random() < 0.05 else None,
             "journey_days": float(days[journey]),
             "response_ms": int(rng.lognormal(9, 0.5)),
             "saved_at": times["rated_at"] + trial * _MINUTE, "model": "simulated"}
        )  # fmt: skip
    if "finished_at" in times:
        rows += _checks(study, rows, len(order), rng)
    answers.extend(rows)


def _checks(
    study: Study, rows: list[dict[str, object]], last: int, rng: np.random.Generator
) -> list[dict[str, object]]:
    """The foils and the repeated trials."""
    made: list[dict[str, object]] = [
            rows[0]
            | {"journey": f"foil-{at}", "trial": last + at + 1, "is_foil": True, "remembers": False,
               "name_shown": "collecting stamps of Antarctica", "items_marked": 0,
               "identification": int(rng.choice([1, 1, 1, 2, 2, 4])), "merged_with": None}
        for at in range(study.foils)
    ]  # fmt: skip
    for at in range(study.repeats):
        source = rows[int(rng.integers(len(rows)))]
        again = int(np.clip(int(str(source["identification"])) + rng.choice([-1, 0, 0, 1]), 1, 5))
        made.append(
            source
            | {"trial": last + study.foils + at + 1, "repeat_of": source["trial"],
               "identification": again}
        )  # fmt: skip
    return made


_STEPS = ("invited_at", "opened_at", "consented_at", "stated_at", "log_at", "rated_at",
          "finished_at")  # fmt: skip


def _funnel(study: Study, rng: np.random.Generator) -> tuple[dict[str, int], float]:
    """The times of the steps that a participant came to, and how far through the trials."""
    moment = _START + int(rng.integers(0, 10 * 24 * 60)) * _MINUTE
    times: dict[str, int] = {}
    go_on = (1.0, 0.9, 0.95, 0.98, 0.95, 0.98, study.finishing)
    for step, share in zip(_STEPS, go_on, strict=True):
        if rng.random() > share:
            break
        times[step] = moment
        moment += int(rng.integers(1, 30)) * _MINUTE
    return times, float(rng.uniform(0.2, 0.9))


def _counted(takers: list[dict[str, object]]) -> list[dict[str, object]]:
    """How many came to each step."""
    words = dict(zip(_STEPS, (name for name, _ in STEPS), strict=True))
    return [
        {"step": words[step], "people": sum(step in taker for taker in takers)} for step in _STEPS
    ]


def _third_party(
    answers: list[dict[str, object]], rng: np.random.Generator
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for answer in answers[:60]:
        truth = 1 + 0.7 * float(str(answer["identification"]))
        rows.extend(
                {"rater": rater, "unit": f"{answer['participant']}:{answer['trial']}",
                 "journey": answer["journey"], "participant": answer["participant"],
                 "level": answer["level"], "name": answer["name_shown"],
                 "specificity": int(
                     np.clip(round(float(str(answer["specificity"])) + rng.normal() * 0.7), -1, 1)
                 ),
                 "fit": int(np.clip(round(truth + rng.normal() * 0.7), 1, 5))}
            for rater in ("sim-rater-a", "sim-rater-b", "sim-rater-c")
        )  # fmt: skip
    return rows


def null(study: Study) -> Study:
    """The same study without any difference between conditions."""
    return replace(study, effect=0.0)
