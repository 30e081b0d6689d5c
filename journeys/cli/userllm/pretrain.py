"""``userllm pretrain``: train the user encoder by telling the next event."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from journeys.cli.progress import TerminalProgress
from journeys.cli.userllm.reading import ML_100K, chosen_device, read_data

if TYPE_CHECKING:
    from journeys.userllm.card import EncoderCard


def add_parser(actions: Any) -> None:
    """Add this action to ``userllm``."""
    parser = actions.add_parser(
        "pretrain",
        help="train the user encoder on a log",
        description="Train the user encoder by telling each person's next event, and keep it with "
        "a model card. Nothing leaves this machine. The same command after an interruption goes "
        "on after the last finished epoch. Erasing a person deletes the encoders that learned "
        "from them.",
    )
    parser.add_argument("log", metavar="LOG", help=f"a file, a stored log's name, or {ML_100K}")
    parser.add_argument("--name", metavar="NAME", help="of the encoder (default: the log's)")
    parser.add_argument("--replace", action="store_true", help="train again what is there")
    parser.add_argument("--epochs", type=int, metavar="N", help="at most")
    parser.add_argument("--width", type=int, metavar="N", help="of a vector")
    parser.add_argument("--layers", type=int, metavar="N")
    parser.add_argument("--rate", type=float, metavar="X", help="learning rate")
    parser.add_argument("--batch", type=int, metavar="N", help="timelines a step")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bf16", action="store_true", help="compute in bfloat16 (for CUDA)")
    parser.add_argument("--device", default="auto", help="cpu, cuda, or auto (default)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="default 1")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train and keep an encoder."""
    from journeys.models.encoders import encoder_folder, encoders_folder
    from journeys.settings import Settings
    from journeys.userllm.installed import train_encoder
    from journeys.userllm.pretraining import PretrainingConfig, epochs_for
    from journeys.userllm.tasks import split_next

    settings = Settings.from_environment()
    given = {
        each: getattr(options, each)
        for each in ("epochs", "width", "layers", "rate", "batch")
        if getattr(options, each) is not None
    }
    config = PretrainingConfig(**given, seed=options.seed, bf16=options.bf16)
    folder = encoders_folder(settings.models_dir)
    device = chosen_device(options.device, options.threads)
    read = read_data(options.log, settings)
    name = options.name or _name_of(read.name)
    if options.replace:
        shutil.rmtree(encoder_folder(name, folder), ignore_errors=True)
    split = split_next(read.data, "last", new_items=options.log != ML_100K)
    if options.epochs is None:
        config = replace(config, epochs=epochs_for(read.data, split.train, config))
    progress, begun = TerminalProgress(), False
    started = time.perf_counter()

    def told(done: int, most: int, score: float) -> None:
        nonlocal begun
        if not begun:
            progress.stage("train", done - 1, most)
            begun = True
        progress.update(done)

    try:
        trained = train_encoder(
            read.data,
            split,
            config,
            name=name,
            folder=folder,
            told=read.name,
            people=read.people,
            embedder=read.embedder,
            still_there=read.still_there,
            device=device,
            on_epoch=told,
        )
    finally:
        progress.close()
    seconds = time.perf_counter() - started
    print(_told(trained.card), file=sys.stderr)
    if options.json:
        test = trained.card.metrics["test"]
        row = {
            "route": "encoder",
            "history": "all",
            "task": "next item",
            "score": round(test["ndcg"][0], 6) if test else None,
            "tokens": 0,
            "seconds": round(seconds, 3),
        }
        print(json.dumps({"rows": [row], "card": vars(trained.card)}))
    return 0


def _name_of(log: str) -> str:
    """A name that a folder may have, from a log's."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", log.lower()).strip("-._")[:40]
    return plain or "encoder"


def _told(card: EncoderCard) -> str:
    metrics = card.metrics
    told = (
        f"{card.name}: {card.events:,} events of {card.users:,} people, {card.items:,} items; "
        f"epoch {metrics['kept_epoch']} of {len(metrics['loss'])}, {metrics['seconds']:,.0f} s."
    )
    if metrics["test"]:
        (ndcg, low, high), recall = metrics["test"]["ndcg"], metrics["test"]["recall"][0]
        told += (
            f" Next item, whole catalogue: NDCG@10 {ndcg:.4f} [{low:.4f}, {high:.4f}], "
            f"Recall@10 {recall:.4f}."
        )
    return told
