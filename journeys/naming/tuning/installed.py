"""The tuned models of an installation: which there are, and withdrawing those of a person."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Collection
from pathlib import Path

from journeys.errors import ConfigError, ModelError
from journeys.naming.tuning.card import ModelCard

_PACKAGES = ("torch", "transformers", "peft", "gguf", "accelerate")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


def missing_packages() -> tuple[str, ...]:
    """The packages of ``requirements-tuning.txt`` that are not installed; none is imported."""
    return tuple(name for name in _PACKAGES if importlib.util.find_spec(name) is None)


def require_packages() -> None:
    """Raises:
    ModelError: packages are missing; the message says how to install them.
    """
    if missing := missing_packages():
        raise ModelError(
            f"Tuned names need packages that are not installed ({', '.join(missing)}). Install "
            "them with: pip install -r requirements-tuning.txt"
        )


def tuned_folder(models_dir: Path) -> Path:
    """Where tuned models are kept: beside the fetched ones."""
    return models_dir.parent / "tuned"


def folder_of(name: str, folder: Path) -> Path:
    """The folder of one model.

    Raises:
        ConfigError: the name is none that a folder may have.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be a tuned model's name. Use small letters, digits, '.', '_' and "
            "'-', 40 at most, beginning with a letter or digit."
        )
    return folder / name


def tuned_models(folder: Path) -> list[ModelCard]:
    """The cards of the models that are ready, by name."""
    return [card for card in _cards(folder) if card.ready]


def find_tuned(name: str | None, folder: Path) -> ModelCard:
    """The card of a model; without a name, of the only one there is.

    Raises:
        ModelError: there is none of that name, or none at all, or several and no name.
    """
    ready = {card.name: card for card in tuned_models(folder)}
    if name in ready:
        return ready[name]
    if name is None and len(ready) == 1:
        return next(iter(ready.values()))
    if not ready:
        raise ModelError(
            "No namer has been tuned yet. Tune one with: python -m journeys tune-names --help"
        )
    said = f"There is no tuned model called {name!r}." if name else "Say which tuned model."
    raise ModelError(f"{said} There are: {', '.join(ready)}.")


def withdraw(folder: Path, people: Collection[str]) -> list[str]:
    """Delete every model, finished or not, that learned from one of these people.

    Whose words a model without a readable card was made of nobody can tell, so it goes too.

    Args:
        people: pseudonyms.

    Returns:
        Names of the models that are gone.
    """
    if not folder.is_dir():
        return []
    gone = []
    for own in sorted(each for each in folder.iterdir() if each.is_dir()):
        try:
            learnt = set(ModelCard.read(own).people)
        except ModelError:
            learnt = set(people)
        if not learnt.isdisjoint(people):
            shutil.rmtree(own)
            gone.append(own.name)
    return gone


def _cards(folder: Path) -> list[ModelCard]:
    if not folder.is_dir():
        return []
    found = []
    for entry in sorted(folder.iterdir()):
        try:
            found.append(ModelCard.read(entry))
        except ModelError:
            continue
    return [card for card in found if (folder / card.name).is_dir()]
