"""``tune-names``: teach a small model to name, from pairs or from what people corrected."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.cli.progress import TerminalProgress
from journeys.errors import ConfigError, InputError

if TYPE_CHECKING:
    from journeys.naming.tuning import ModelCard, Pair
    from journeys.settings import Settings

#: As in :mod:`journeys.naming.tuning.training`, which is not imported for its weight.
METHODS = ("soft", "lora")


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "tune-names",
        help="teach a small language model to name, on this machine",
        description="Train a soft prompt (or low-rank weights) of a small language model on pairs "
        "of titles and a name. The result is a namer: discover --namer tuned --model NAME. Nothing "
        "leaves this machine. The same command after an interruption goes on after the last "
        "finished epoch. Needs: pip install -r requirements-tuning.txt",
    )
    parser.add_argument(
        "--pairs", type=Path, metavar="FILE",
        help='JSON lines: {"titles": ["...", "..."], "name": "...", "level": 3}',
    )  # fmt: skip
    parser.add_argument(
        "--corrections", action="store_true",
        help="learn from the names that people gave their journeys in the app, and from what study "
        "participants said where they allow it; erasing one of them then deletes the model",
    )  # fmt: skip
    parser.add_argument("--name", metavar="NAME", help="what to call the result")
    parser.add_argument(
        "--method", choices=METHODS, default="soft",
        help="soft: a soft prompt, for about 100 pairs (default); lora: low-rank weights, for more",
    )  # fmt: skip
    parser.add_argument(
        "--base", default="smollm2-135m", metavar="MODEL",
        help="a model of 'models list', or a folder in the hub's layout (default smollm2-135m)",
    )  # fmt: skip
    parser.add_argument("--epochs", type=int, default=12, metavar="N", help="at most (default 12)")
    parser.add_argument("--minutes", type=float, metavar="M", help="stop after about so many")
    parser.add_argument("--learning-rate", type=float, metavar="X")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--list", action="store_true", help="list what was tuned, and end")
    parser.add_argument("--delete", metavar="NAME", help="delete a tuned namer, and end")
    parser.add_argument(
        "--json", action="store_true", help="end with the model card as one JSON object"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, list or delete."""
    from journeys.naming.tuning import tuned_folder, tuned_models
    from journeys.settings import Settings

    settings = Settings.from_environment()
    folder = tuned_folder(settings.models_dir)
    if options.list:
        cards = tuned_models(folder)
        for card in cards:
            print(_told(card), file=sys.stderr if options.json else sys.stdout)
        if options.json:
            print(json.dumps([vars(card) for card in cards]))
        return 0
    if options.delete:
        return _delete(options.delete, folder)
    if not options.name:
        raise ConfigError("Say what to call the result, with --name.")
    card = _train(options, settings, folder)
    print(_told(card), file=sys.stderr)
    print(f"Use it with: discover LOG --namer tuned --model {card.name}", file=sys.stderr)
    if options.json:
        print(json.dumps(vars(card)))
    return 0


def _train(options: argparse.Namespace, settings: Settings, folder: Path) -> ModelCard:
    from journeys.naming.tuning.model import Base
    from journeys.naming.tuning.training import TuningConfig, tune

    config = TuningConfig(
        method=options.method,
        epochs=options.epochs,
        minutes=options.minutes,
        learning_rate=options.learning_rate,
        seed=options.seed,
    )
    pairs = _pairs(options, settings)
    base = Base.of(options.base, settings.models_dir)
    progress = TerminalProgress()
    begun = False

    def tell(done: int, most: int) -> None:
        nonlocal begun
        if not begun:
            progress.stage("tune", done - 1, most)
            begun = True
        progress.update(done)

    try:
        return tune(base, pairs, config, name=options.name, folder=folder, on_step=tell)
    finally:
        progress.close()


def _pairs(options: argparse.Namespace, settings: Settings) -> list[Pair]:
    from journeys.naming.tuning import read_pairs

    pairs = read_pairs(options.pairs) if options.pairs else []
    if options.corrections:
        from journeys.cli.opening import command_store
        from journeys.store.corrections import correction_pairs

        store = command_store("tune-names", settings)
        try:
            found = correction_pairs(store)
        finally:
            store.close()
        people = {person for pair in found for person in pair.people}
        print(f"{len(found):,} names given by {len(people):,} people.", file=sys.stderr)
        pairs += found
    if not pairs:
        raise InputError("There is nothing to learn from. Give --pairs FILE or --corrections.")
    return pairs


def _delete(name: str, folder: Path) -> int:
    import shutil

    from journeys.naming.tuning.installed import folder_of

    own = folder_of(name, folder)
    if not own.is_dir():
        raise ConfigError(f"There is no tuned model called {name!r}.")
    shutil.rmtree(own)
    print(f"Deleted {name}.", file=sys.stderr)
    return 0


def _told(card: ModelCard) -> str:
    losses = card.metrics["held_out_loss"]
    return (
        f"{card.name}: {card.method} on {card.base}, {card.pairs:,} pairs of "
        f"{len(card.people):,} people, levels {', '.join(map(str, card.levels))}; loss on "
        f"{card.held_out:,} held-out pairs {losses[0]:.2f} before and "
        f"{losses[card.metrics['kept_epoch']]:.2f} after; {card.metrics['seconds']:,.0f} s."
    )
