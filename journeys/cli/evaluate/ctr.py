"""``evaluate ctr``: recommenders with and without what closed partitions say."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.errors import ConfigError

if TYPE_CHECKING:
    from journeys.ranking.experiment import Prepared, Result
    from journeys.ranking.memory import UserMemory
    from journeys.ranking.oracle import Encode

#: As in the package, which is not imported for its weight.
BACKBONES = ("lr", "fm", "dcn", "din", "dien")
SPLITS = ("random", "time", "global")
FUSIONS = ("none", "oneshot", "partitions", "cascade")
FEATURES = ("all", "plain")
ORACLES = ("oracle", "oracle-numbers")


def add_parser(actions: Any) -> None:
    """Add this action to ``evaluate``."""
    ctr = actions.add_parser(
        "ctr",
        help="train recommenders with and without summaries of closed partitions",
        description="Train a recommender that says how likely a person likes an item, without "
        "leaks: an impression knows only what was strictly before it, the best epoch is chosen on "
        "validation impressions, and intervals are over users. ML-100k is fetched once into the "
        "data home; its licence allows research and forbids passing it on.",
    )
    ctr.add_argument("--data", choices=("ml-100k",), default="ml-100k")
    ctr.add_argument("--split", choices=SPLITS, default="time", help="default: time")
    ctr.add_argument("--backbone", choices=BACKBONES, default="dcn", help="default: dcn")
    ctr.add_argument("--fusion", choices=FUSIONS, default="none", help="default: none")
    ctr.add_argument(
        "--summaries",
        default="oracle",
        metavar="WHICH",
        help=f"{', '.join(ORACLES)} (made of the true genres, an upper bound), or a file of JSON "
        "lines with user, closed_at, summary, shift, whole",
    )
    ctr.add_argument(
        "--partition", type=int, default=20, metavar="K", help="events a partition (default 20)"
    )
    ctr.add_argument("--seeds", default="0,1,2", metavar="LIST", help="default: 0,1,2")
    ctr.add_argument("--split-seed", type=int, default=0, metavar="N", help="of the random split")
    ctr.add_argument(
        "--history", type=int, default=60, metavar="L", help="past events (default 60)"
    )
    ctr.add_argument(
        "--features",
        choices=FEATURES,
        default="all",
        help="plain leaves out figures of which kinds a person liked before, which say themselves "
        "what a summary could (default: all)",
    )
    ctr.add_argument("--epochs", type=int, metavar="N", help="at most")
    ctr.add_argument("--threads", type=int, default=1, metavar="N", help="default 1")
    ctr.add_argument(
        "--versus-none",
        action="store_true",
        help="train the backbone without fusion too, and print the paired difference",
    )
    ctr.add_argument(
        "--json", action="store_true", help="end with one JSON object on standard output"
    )
    ctr.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, test, print."""
    seeds = _seeds(options.seeds)
    if options.partition < 2 or options.history < 1 or options.threads < 1:
        raise ConfigError("--partition needs at least 2, --history and --threads at least 1.")
    try:
        import torch
    except ImportError as error:
        raise ConfigError(
            "Recommenders need torch. Install it with: pip install -r requirements.txt"
        ) from error
    torch.set_num_threads(options.threads)
    from dataclasses import replace

    from journeys.ranking.experiment import figures, gain, prepare
    from journeys.ranking.experiment import run as train
    from journeys.ranking.splits import split
    from journeys.ranking.training import rules_for

    log = _read(options.data)
    prepared = prepare(
        log,
        split(log, options.split, seed=options.split_seed),
        history=options.history,
        numbers=options.features,
    )
    memories = _memories(options, prepared) if options.fusion != "none" else None
    rules = rules_for(options.backbone)
    if options.epochs:
        rules = replace(rules, epochs=options.epochs)

    def trained(fusion: str) -> Result:
        return train(
            prepared,
            options.backbone,
            fusion=fusion,
            memories=memories,
            seeds=seeds,
            rules=rules,
            on_training=training_progress(f"{options.backbone} + {fusion}"),
        )

    result = trained(options.fusion)
    found = figures(prepared, result).as_json()
    is_model = options.fusion != "none" and options.summaries not in ORACLES
    found |= {
        "llm_calls": result.texts if is_model else 0,
        "seconds": round(result.seconds, 1),
        "data": options.data,
        "split": options.split,
        "backbone": options.backbone,
        "features": options.features,
        "fusion": options.fusion,
        "summaries": options.summaries if options.fusion != "none" else None,
        "partition": options.partition if options.fusion != "none" else None,
        "seeds": list(seeds),
        "best_epochs": list(result.epochs),
        "valid_auc": list(result.valid_auc),
    }
    if options.versus_none and options.fusion != "none":
        change = gain(prepared, result, trained("none"))
        found["gain"], found["gain_interval"] = change.value, (change.low, change.high)
    _print(prepared, found)
    if options.json:
        print(json.dumps(found))
    return 0


def _seeds(text: str) -> tuple[int, ...]:
    try:
        seeds = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError as error:
        raise ConfigError(f"--seeds wants numbers such as 0,1,2 and not {text!r}.") from error
    if min(seeds) < 0:
        raise ConfigError("--seeds must not be negative.")
    return seeds


def _read(name: str) -> Any:
    from journeys.ranking.ml100k import fetch_ml100k, read_ml100k
    from journeys.settings import Settings

    return read_ml100k(fetch_ml100k(Settings.from_environment().home / "data" / name))


def _memories(options: argparse.Namespace, prepared: Prepared) -> Mapping[int, UserMemory]:
    from journeys.ranking.oracle import oracle_memories
    from journeys.ranking.summaries import read_memories

    log, known = prepared.log, prepared.split.known
    if options.summaries == "oracle-numbers":
        return oracle_memories(log, known, options.partition, None)
    with_cache = cached_encoder()
    if options.summaries == "oracle":
        return oracle_memories(log, known, options.partition, with_cache)
    return read_memories(Path(options.summaries), log, with_cache)


def cached_encoder() -> Encode:
    """Texts to vectors of the built-in embedder, each made once in this installation."""
    from journeys.cli.opening import command_store
    from journeys.cli.progress import TerminalProgress
    from journeys.embedding import embed_missing, load_embedder, text_keys

    def encode(texts: Any) -> Any:
        store = command_store("evaluate")
        progress, done = TerminalProgress(), 0
        try:
            embedder, keys = load_embedder(), text_keys(store.keys.text, texts)
            missing = len(store.vectors.missing(embedder.id, keys))
            progress.stage("embed", 0, missing)

            def report(count: int) -> None:
                nonlocal done
                done += count
                progress.update(done)

            embed_missing(texts, keys, embedder, store.vectors, chunk=512, on_progress=report)
            return store.vectors.get(embedder.id, keys)
        finally:
            progress.close()
            store.close()

    return encode


def training_progress(title: str) -> Callable[[int, int, float], None]:
    """A line on standard error after each epoch, with the time left if no seed ends early."""
    start = time.monotonic()

    def told(done: int, total: int, auc: float) -> None:
        left = (time.monotonic() - start) / done * (total - done)
        print(
            f"{title}: epoch {done} of at most {total}, validation AUC {auc:.4f}, "
            f"at most {left:.0f} s left",
            file=sys.stderr,
        )

    return told


def _print(prepared: Prepared, found: Mapping[str, Any]) -> None:
    low, high = found["auc_interval"]
    print(f"{found['data']}, split {found['split']}: {prepared.split.note}.")
    print(
        f"{found['backbone']}, fusion {found['fusion']}: AUC {found['auc']:.4f} "
        f"[{low:.4f}, {high:.4f}], GAUC {found['gauc']:.4f}, logloss {found['logloss']:.4f}, "
        f"ECE {found['ece']:.4f}; {len(found['seeds'])} seeds, {found['test_users']:,} users, "
        f"{found['test_impressions']:,} impressions; intervals over users."
    )
    if "gain" in found:
        low, high = found["gain_interval"]
        print(f"Gain over no fusion: {found['gain']:+.4f} [{low:+.4f}, {high:+.4f}].")
