"""Recommenders on ML-100k, with and without what closed partitions say.

    python benchmarks/ctr.py --split random --fusions none
    python benchmarks/ctr.py --split time
    python benchmarks/ctr.py --split time --partitions 5 10 20 50 --backbones dcn

Every trained model's predictions are kept under the data home as soon as they are there, so that a
run that was stopped goes on. Figures are of the test impressions; nothing was chosen on them.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
from common import provenance

from journeys.cli.evaluate.ctr import (
    BACKBONES,
    FEATURES,
    FUSIONS,
    SPLITS,
    cached_encoder,
    training_progress,
)
from journeys.settings import Settings


def main() -> None:
    """Train what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=SPLITS, default="time")
    parser.add_argument("--backbones", nargs="+", choices=BACKBONES, default=list(BACKBONES))
    parser.add_argument("--fusions", nargs="+", choices=FUSIONS, default=list(FUSIONS))
    parser.add_argument("--summaries", choices=("oracle", "oracle-numbers"), default="oracle")
    parser.add_argument("--partitions", nargs="+", type=int, default=[20], metavar="K")
    parser.add_argument("--features", choices=FEATURES, default="all")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()

    import torch

    torch.set_num_threads(1)
    from journeys.ranking import experiment
    from journeys.ranking.backbones import Sizes
    from journeys.ranking.ml100k import fetch_ml100k, read_ml100k
    from journeys.ranking.oracle import oracle_memories
    from journeys.ranking.splits import split
    from journeys.ranking.training import TrainingRules

    home = Settings.from_environment().home
    log = read_ml100k(fetch_ml100k(home / "data" / "ml-100k"))
    prepared = experiment.prepare(log, split(log, options.split), numbers=options.features)
    kept = home / "benchmarks" / "ctr" / _settings_key(Sizes(), TrainingRules())
    kept.mkdir(parents=True, exist_ok=True)

    def memories(size: int):
        encode = cached_encoder() if options.summaries == "oracle" else None
        return oracle_memories(log, prepared.split.known, size, encode)

    def model(backbone: str, fusion: str, size: int, held: dict) -> experiment.Result:
        parts = []
        for seed in options.seeds:
            name = f"{options.split}-{options.features}-{backbone}-{fusion}"
            if fusion != "none":
                name += f"-{options.summaries}-{size}"
            path = kept / f"{name}-{seed}.npz"
            if not path.exists():
                if fusion != "none" and size not in held:
                    held[size] = memories(size)
                one = experiment.run(
                    prepared,
                    backbone,
                    fusion=fusion,
                    memories=held.get(size),
                    seeds=(seed,),
                    on_training=training_progress(path.stem),
                )
                _write(path, one)
            parts.append(np.load(path))
        return experiment.Result(
            np.concatenate([part["chances"] for part in parts]),
            epochs=tuple(int(part["epoch"]) for part in parts),
            valid_auc=tuple(float(part["valid"]) for part in parts),
            seconds=sum(float(part["seconds"]) for part in parts),
        )

    print(provenance())
    print(
        f"\nML-100k, split {options.split}: {prepared.split.note}. {len(options.seeds)} seeds "
        f"({', '.join(map(str, options.seeds))}), features {options.features}, "
        f"summaries: {options.summaries}; "
        "95% bootstrap intervals over users.\n"
    )
    print("| model | K | AUC | GAUC | logloss | ECE | gain over none | epochs | s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, result in experiment.baselines(prepared).items():
        found = experiment.figures(prepared, result)
        print(f"| {name} | | {_auc(found)} | {found.gauc:.4f} | | | | | |")
    held: dict = {}
    for backbone in options.backbones:
        base = model(backbone, "none", 0, held)
        for fusion in options.fusions:
            for size in options.partitions if fusion != "none" else [0]:
                result = base if fusion == "none" else model(backbone, fusion, size, held)
                print(_row(experiment, prepared, backbone, fusion, size, result, base), flush=True)


def _row(experiment, prepared, backbone, fusion, size, result, base) -> str:
    found = experiment.figures(prepared, result)
    gain = ""
    if fusion != "none":
        change = experiment.gain(prepared, result, base)
        star = " *" if change.excludes_zero else ""
        gain = f"{change.value:+.4f} [{change.low:+.4f}, {change.high:+.4f}]{star}"
    epochs = "/".join(map(str, result.epochs))
    return (
        f"| {backbone} + {fusion} | {size or ''} | {_auc(found)} | {found.gauc:.4f} | "
        f"{found.logloss:.4f} | {found.ece:.4f} | {gain} | {epochs} | {result.seconds:.0f} |"
    )


def _auc(found) -> str:
    low, high = found.auc_interval
    return f"{found.auc:.4f} [{low:.4f}, {high:.4f}]"


def _write(path: Path, one) -> None:
    """Whole or not at all."""
    draft = path.with_suffix(".part.npz")
    np.savez(
        draft,
        chances=one.chances,
        epoch=one.epochs[0],
        valid=one.valid_auc[0],
        seconds=one.seconds,
    )
    draft.replace(path)


def _settings_key(*settings: object) -> str:
    """Changes with what decides the predictions besides their names: settings and code."""
    folder = Path(sys.modules["journeys"].__file__ or "").parent / "ranking"
    digest = hashlib.sha256(repr([asdict(one) for one in settings]).encode())
    for path in sorted(folder.glob("*.py")):
        if path.stem not in ("summaries", "scores", "experiment"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


if __name__ == "__main__":
    main()
