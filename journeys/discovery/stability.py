"""How stable a run's journeys are, over the whole log."""

from __future__ import annotations

from typing import Any

import numpy as np

from journeys.discovery.progress import Progress, check
from journeys.discovery.storage import RunStorage
from journeys.discovery.tools import Tools
from journeys.discovery.user import UserTools
from journeys.evaluation.intervals import macro_mean
from journeys.extraction import UserEvents
from journeys.extraction.stability import seed_agreement

#: Seeds that are compared, from the run's own on.
SEEDS = 5

#: At most so many people are clustered with every seed, spread evenly over the log.
SEED_PEOPLE = 200


def measured_stability(
    storage: RunStorage, tools: Tools, user_tools: UserTools, progress: Progress
) -> dict[str, Any]:
    """Stability for the manifest; every person with journeys counts the same.

    The agreement with subsamples was measured with each person's journeys and is read from what
    was saved, so that an interrupted run loses nothing of it. The agreement over seeds is
    measured here, for at most :data:`SEED_PEOPLE` people.

    Returns:
        ``{"draws", "subsample_ari", "seeds", "seed_ari"}``; the two figures as ``{"mean", "low",
        "high", "people"}`` with a 95% bootstrap interval over people, or None where nobody has
        journeys.
    """
    config = user_tools.config
    judged, subsample = [], []
    for person, _ in storage.timelines():
        check(progress)
        _, found = storage.load_user(person)
        if found.stability is not None and found.journeys:
            judged.append(person)
            subsample.append(found.stability)
    every = max(1, -(-len(judged) // SEED_PEOPLE))
    chosen = set(judged[::every])
    progress.stage("stability", 0, len(chosen))
    seeds: list[float] = []
    for person, timeline in storage.timelines():
        if person not in chosen:
            continue
        check(progress)
        vectors = tools.vectors_of(timeline, storage.text_keys(timeline))
        events = UserEvents(vectors, timeline.times, user_tools.mean, timeline)
        seeds.append(seed_agreement(user_tools.extractor, events, seeds=SEEDS, first=config.seed))
        progress.update(len(seeds))
    return {
        "draws": config.stability_draws,
        "subsample_ari": _summary(subsample),
        "seeds": SEEDS,
        "seed_ari": _summary(seeds),
    }


def _summary(values: list[float]) -> dict[str, float] | None:
    if not values:
        return None
    interval = macro_mean(np.asarray(values).tolist())
    return {
        "mean": interval.mean,
        "low": interval.low,
        "high": interval.high,
        "people": len(values),
    }
