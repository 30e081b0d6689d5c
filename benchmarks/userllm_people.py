"""What user embeddings are worth beside the next item: new people, drift, and similar people.

    python benchmarks/userllm_people.py --part curve
    python benchmarks/userllm_people.py --part people

``curve`` asks, on ML-100k, how many events a new person needs before the encoder beats popularity;
it takes the trainings of ``userllm_next_item.py --split global``. ``people`` trains on
reddit_mix_dev, whose constructed users mix known groups: do months differ where their groups do,
and are people near each other who share groups? The mean of the content vectors is to be beaten.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import labelled, provenance

from journeys.cli.userllm.reading import ml100k_data
from journeys.settings import Settings


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("curve", "people"), required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, metavar="N", help="of people's trainings, at most")
    parser.add_argument("--figure", type=Path, metavar="HTML", help="write a person's drift there")
    options = parser.parse_args()

    import torch

    torch.set_num_threads(1)
    print(f"{provenance()}\n", flush=True)
    if options.part == "curve":
        curve_part(options.seeds)
    else:
        people_part(options.seeds, options.epochs, options.figure)


def told(title: str, done: int, most: int, score: float) -> None:
    """A line an epoch."""
    print(f"{title}: {done}/{most}, {score:.4f}", file=sys.stderr, flush=True)


def curve_part(seeds: list[int]) -> None:
    """NDCG@10 of new people by events known."""
    from journeys.userllm.baselines import (
        Neighbours,
        cosine_similarity,
        popularity,
        recent_popularity,
    )
    from journeys.userllm.experiment import fitted
    from journeys.userllm.newcomers import curve, newcomer_questions
    from journeys.userllm.pretraining import PretrainingConfig
    from journeys.userllm.scoring import encoder_score
    from journeys.userllm.tasks import split_next

    settings = Settings.from_environment()
    data = ml100k_data(settings)
    split = split_next(data, "global")
    asked = newcomer_questions(data, split.train)
    similarity = cosine_similarity(data, split.train)
    routes = {
        "popularity": popularity(data, split.train),
        "recent popularity": recent_popularity(data, split.train, days=7.0),
        "item-kNN, recent first": Neighbours(50, 3.0).score(data, similarity),
    }
    for seed in seeds:
        model, _ = fitted(
            data,
            split,
            PretrainingConfig(seed=seed),
            folder=settings.home / "benchmarks" / "userllm",
            told=told,
        )
        routes[f"encoder, seed {seed}"] = encoder_score(model, data)
    points = curve(data, asked, routes)
    users = len(np.unique(asked.user))
    print(f"{users} people with nothing in training, {len(asked):,} questions.\n")
    print(f"| events known | people | {' | '.join(routes)} | encoder less popularity |")
    print("|" + "---|" * (len(routes) + 3))
    for point in points:
        cells = [f"{each.mean:.4f}" for each in point.ndcg.values()]
        gain = point.gain[f"encoder, seed {seeds[0]}"]
        print(
            f"| {point.told} | {point.users} | {' | '.join(cells)} | "
            f"{gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}] |"
        )


def people_part(seeds: list[int], epochs: int | None, figure: Path | None) -> None:
    """Drift and similar people against what is known of constructed users."""
    import pandas as pd

    from journeys.cli.evaluate.ctr import cached_encoder
    from journeys.evaluation.intervals import macro_mean
    from journeys.timeline import ActivityLog
    from journeys.userllm.datasets import of_timelines
    from journeys.userllm.experiment import fitted
    from journeys.userllm.pretraining import PretrainingConfig, epochs_for
    from journeys.userllm.tasks import split_next
    from journeys.userllm.vectors import event_vectors

    frame = pd.read_json(labelled("reddit_mix_dev/events.jsonl"), lines=True)
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True)
    log = ActivityLog(frame[["user_id", "timestamp", "item_id", "title", "text"]])
    data = of_timelines(log.timelines(), cached_encoder())
    groups = dict(zip(frame["user_id"] + "/" + frame["item_id"], frame["group"], strict=True))
    names = sorted(set(frame["group"]) - {""})
    at = {name: number for number, name in enumerate(names)}
    items = data.vocabulary.values["item"]
    label = np.array(
        [
            at.get(groups[f"{data.users[user]}/{items[item - 1]}"], -1)
            for user, item in zip(data.owner, data.ids["item"], strict=True)
        ]
    )
    split = split_next(data, "last", new_items=True)
    config = PretrainingConfig()
    config = replace(config, epochs=epochs or epochs_for(data, split.train, config))
    folder = Settings.from_environment().home / "benchmarks" / "userllm"
    content = data.contents[data.content_row]
    found = {"mean content": [content[s:e] for s, e in _spans(data.starts)]}
    for seed in seeds:
        model, _ = fitted(data, split, replace(config, seed=seed), folder=folder, told=told)
        rows = dict(event_vectors(model, data))  # type: ignore[arg-type]
        found[f"encoder, seed {seed}"] = [rows[user] for user in range(data.n_users)]
        both = [
            np.hstack([_scaled(rows[user]), _scaled(content[s:e])])
            for user, (s, e) in enumerate(_spans(data.starts))
        ]
        found[f"both, seed {seed}"] = both
    print(
        "| vectors | drift: Spearman with the groups' distance | similar: AUC of sharing groups |"
    )
    print("|---|---|---|")
    for name, vectors in found.items():
        drift = macro_mean(_drift_agreement(vectors, data.times, data.starts, label, len(names)))
        similar = macro_mean(_similar_auc(vectors, data.starts, label, len(names)))
        cells = [f"{each.mean:.3f} [{each.low:.3f}, {each.high:.3f}]" for each in (drift, similar)]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    if figure is not None:
        _draw(found[f"encoder, seed {seeds[0]}"], data.times, data.starts, figure)


def _scaled(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _spans(starts: np.ndarray) -> list[tuple[int, int]]:
    return list(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True))


def _counts(label: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(label[label >= 0], minlength=size).astype(float)


def _drift_agreement(
    vectors: list[np.ndarray],
    times: np.ndarray,
    starts: np.ndarray,
    label: np.ndarray,
    size: int,
) -> list[float]:
    """For each person with four months: do distances of months go with those of their groups?"""
    from scipy.stats import spearmanr

    from journeys.userllm.drift import monthly_drift

    mean = np.concatenate(vectors).mean(0)
    agreements = []
    for rows, (start, stop) in zip(vectors, _spans(starts), strict=True):
        drift = monthly_drift(rows, times[start:stop], mean=mean, draws=1)
        if len(drift.months) < 4:
            continue
        month = (times[start:stop] * 1e6).astype("int64").astype("datetime64[us]")
        month = month.astype("datetime64[M]")
        mixes = np.stack([_counts(label[start:stop][month == m], size) for m in drift.months])
        unit = mixes / np.maximum(np.linalg.norm(mixes, axis=1, keepdims=True), 1e-12)
        upper = np.triu_indices(len(mixes), 1)
        truth, said = (1 - unit @ unit.T)[upper], drift.distance[upper]
        if np.ptp(truth) > 0:
            agreements.append(float(spearmanr(truth, said).statistic))
    return agreements


def _similar_auc(
    vectors: list[np.ndarray], starts: np.ndarray, label: np.ndarray, size: int
) -> list[float]:
    """For each person: are those who share a group placed before those who do not?"""
    from sklearn.metrics import roc_auc_score

    from journeys.userllm.similar import similar_people
    from journeys.userllm.vectors import UserVectors

    people = UserVectors(
        tuple(str(at) for at in range(len(vectors))),
        np.stack([rows.mean(0) for rows in vectors]),
        np.diff(starts),
    )
    has = np.stack([_counts(label[start:stop], size) >= 5 for start, stop in _spans(starts)])
    found = []
    for user in range(len(vectors)):
        similar = similar_people(people, user, most=len(vectors))
        assert similar is not None
        share = (has[similar.people] & has[user]).any(axis=1)
        if 0 < share.sum() < len(share):
            found.append(float(roc_auc_score(share, similar.likeness)))
    return found


def _draw(vectors: list[np.ndarray], times: np.ndarray, starts: np.ndarray, figure: Path) -> None:
    from journeys.figures.drift import distance_figure, steps_figure
    from journeys.userllm.drift import monthly_drift

    user = int(np.diff(starts).argmax())
    mean = np.concatenate(vectors).mean(0)
    drift = monthly_drift(vectors[user], times[starts[user] : starts[user + 1]], mean=mean)
    drawn: Mapping[str, object] = {
        "distance": distance_figure(drift.months, drift.events, drift.distance),
        "steps": steps_figure(drift.months, drift.steps, drift.noise),
    }
    for name, each in drawn.items():
        each.write_html(figure.with_stem(f"{figure.stem}-{name}"))  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
