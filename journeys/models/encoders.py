"""The trained user encoders of an installation: where they are, and withdrawing those of a person.

Erasing a person must know of them without the packages that train them, so only their model cards
are read here; see :mod:`journeys.userllm.card`.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection
from pathlib import Path

from journeys.errors import ConfigError

CARD_FILE = "card.json"

#: An encoder's reader, a language model that was taught to read it, and whom that learned from:
#: the log may have more people by then than when the encoder was trained.
READER_FOLDER, LEARNT_FILE = "reader", "learnt.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


def encoders_folder(beside: Path) -> Path:
    """Where trained encoders are kept: beside the folders of fetched models and tuned namers."""
    return beside.parent / "encoders"


def encoder_folder(name: str, folder: Path) -> Path:
    """The folder of one encoder.

    Raises:
        ConfigError: the name is none that a folder may have.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be an encoder's name. Use small letters, digits, '.', '_' and '-', "
            "40 at most, beginning with a letter or digit."
        )
    return folder / name


def suggested_name(log: str) -> str:
    """A name that a folder may have, from a log's."""
    return re.sub(r"[^a-z0-9._-]+", "-", log.lower()).strip("-._")[:36] or "encoder"


def encoder_names(folder: Path) -> list[str]:
    """Names of the encoders that are there, finished or not."""
    if not folder.is_dir():
        return []
    return sorted(each.name for each in folder.iterdir() if (each / CARD_FILE).is_file())


def delete_encoder(name: str, folder: Path) -> None:
    """Delete one encoder with everything beside it, finished or not.

    Raises:
        ConfigError: the name is none that a folder may have.
    """
    own = encoder_folder(name, folder)
    # The card first: a training that is under way looks for it and stops.
    (own / CARD_FILE).unlink(missing_ok=True)
    shutil.rmtree(own, ignore_errors=True)


def withdraw_encoders(folder: Path, people: Collection[str]) -> list[str]:
    """Delete every encoder, finished or not, that learned from one of these people.

    Whose events an encoder without a readable card was made of nobody can tell, so it goes too. A
    reader goes with its encoder, and alone where only it learned from them.

    Args:
        people: pseudonyms.

    Returns:
        Names of the encoders that are gone.
    """
    if not folder.is_dir():
        return []
    gone = []
    for own in sorted(each for each in folder.iterdir() if each.is_dir()):
        try:
            learnt = set(json.loads((own / CARD_FILE).read_text(encoding="utf-8"))["people"])
        except (OSError, ValueError, KeyError, TypeError):
            learnt = set(people)
        if learnt.isdisjoint(people):
            gone += _withdraw_reader(own, people)
        else:
            # The card first: a training that is under way looks for it and stops.
            (own / CARD_FILE).unlink(missing_ok=True)
            shutil.rmtree(own)
            gone.append(own.name)
    return gone


def _withdraw_reader(encoder: Path, people: Collection[str]) -> list[str]:
    """Delete an encoder's reader if it learned from one of these people; says whose it was."""
    reader = encoder / READER_FOLDER
    if not reader.is_dir():
        return []
    try:
        learnt = set(json.loads((reader / LEARNT_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        learnt = set(people)
    if learnt.isdisjoint(people):
        return []
    (reader / LEARNT_FILE).unlink(missing_ok=True)
    shutil.rmtree(reader)
    return [f"the reader of {encoder.name}"]
