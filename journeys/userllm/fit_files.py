"""A trained route's folder: the settings, what it took, and the weights that were trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from journeys.errors import ModelError
from journeys.userllm.contextual import ContextualLM
from journeys.userllm.fit_config import FitConfig, Fitted

CONFIG_FILE = "fit.json"
WEIGHTS_FILE = "weights.safetensors"
CHECKPOINT_FILE = "checkpoint.pt"


def save_fit(model: ContextualLM, config: FitConfig, fitted: Fitted, folder: Path) -> None:
    """The trained weights and how they came about; the checkpoint goes."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file(model.trained(), folder / WEIGHTS_FILE)
    card = {"config": config.to_dict(), "fitted": vars(fitted)}
    part = folder / f"{CONFIG_FILE}.part"
    part.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    part.replace(folder / CONFIG_FILE)
    (folder / CHECKPOINT_FILE).unlink(missing_ok=True)


def read_fit(folder: Path) -> tuple[FitConfig, Fitted]:
    """What :func:`save_fit` said of a training.

    Raises:
        ModelError: nothing was trained to the end there.
    """
    try:
        found = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        return FitConfig.from_dict(found["config"]), Fitted(**found["fitted"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"There is no finished training in {folder}.") from error


def load_fit(llm: Any, encoder: Any, folder: Path) -> ContextualLM:
    """A trained model, ready to answer.

    Args:
        llm: the language model that it was trained on, untouched.
        encoder: as it was before; its trained weights are put in.

    Raises:
        ModelError: nothing was trained to the end there.
    """
    from safetensors.torch import load_file

    config, _ = read_fit(folder)
    model = ContextualLM(llm, encoder, config.context)
    model.choose(config.strategy)
    model.put(load_file(folder / WEIGHTS_FILE))
    return model.eval()
