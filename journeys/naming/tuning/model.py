"""A base model with the few weights that were tuned on it: loading, attaching, generating."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from journeys.errors import ModelError
from journeys.models import find, spec
from journeys.naming.tuning.card import ModelCard
from journeys.naming.tuning.installed import require_packages
from journeys.naming.tuning.prompts import Message

#: The base model where nothing else is asked for: the smallest of the catalogue, since tuning on a
#: processor takes minutes with it and hours with the next.
DEFAULT_BASE = "smollm2-135m"

#: The text whose embeddings a soft prompt begins with; better than random ones (Lester et al.
#: 2021, "The Power of Scale for Parameter-Efficient Prompt Tuning", section 3.2).
_BEGIN = "Name what all of these titles are about, shortly, as one would tell a friend."

#: Layers that low-rank weights are added to: all but the last.
_LORA_LAYERS = "all-linear"

ADAPTER_FILE = "adapter.safetensors"

#: Longest name in tokens.
MOST_TOKENS = 24


@dataclass(frozen=True)
class Base:
    """The model that is tuned: a GGUF file of the catalogue, or a folder in the hub's layout.

    Attributes:
        path: of the GGUF file, or of the folder.
    """

    name: str
    path: Path

    @classmethod
    def of(cls, chosen: str, models_dir: Path) -> Base:
        """By name in the catalogue, or by folder.

        Raises:
            ModelError: there is no such model, or it was not fetched.
        """
        if (Path(chosen) / "config.json").is_file():
            return cls(Path(chosen).resolve().name, Path(chosen).resolve())
        return cls(spec(chosen).name, find(chosen, models_dir))

    @classmethod
    def of_card(cls, card: ModelCard, models_dir: Path) -> Base:
        """The model that a tuned one was trained on.

        Raises:
            ModelError: it is no longer there, or has changed.
        """
        base = cls.of(card.base_path or card.base, models_dir)
        if base.sha256() != card.base_sha256:
            raise ModelError(
                f"The tuned model {card.name} was trained on another {card.base} than the one that "
                "is here. Train it again."
            )
        return base

    @property
    def of_catalogue(self) -> bool:
        return self.path.is_file()

    def sha256(self) -> str:
        """Of the weights."""
        files = [self.path] if self.of_catalogue else sorted(self.path.glob("*.safetensors"))
        digest = hashlib.sha256()
        for path in files:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()


class LoadedModel:
    """A causal language model in memory, with or without tuned weights.

    Raises:
        ModelError: packages are missing, or the files are no model.
    """

    def __init__(self, base: Base, *, dtype: str = "float32", device: str | None = None) -> None:
        require_packages()
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        folder, more = base.path, {}
        if base.of_catalogue:
            folder, more = base.path.parent, {"gguf_file": base.path.name}
        self.base = base
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            with _quiet():
                self.tokenizer: Any = AutoTokenizer.from_pretrained(
                    folder, local_files_only=True, **more
                )
                model: Any = AutoModelForCausalLM.from_pretrained(
                    folder, dtype=getattr(torch, dtype), local_files_only=True, **more
                )
        except Exception as error:  # Anything may be wrong with files that somebody made.
            raise ModelError(f"The model {base.name} could not be loaded: {error}") from error
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        model.requires_grad_(False)
        self.model: Any = model.to(self.device).eval()

    def attach(self, method: str, settings: Mapping[str, Any]) -> None:
        """Put untrained weights of a method on the model.

        Args:
            settings: ``virtual_tokens`` of a soft prompt; ``rank`` of low-rank weights.
        """
        import torch
        from peft import LoraConfig, PromptTuningConfig, get_peft_model

        if method == "soft":
            config: Any = PromptTuningConfig(
                task_type="CAUSAL_LM", num_virtual_tokens=settings["virtual_tokens"]
            )
        else:
            rank = settings["rank"]
            config = LoraConfig(
                task_type="CAUSAL_LM",
                r=rank,
                lora_alpha=2 * rank,
                lora_dropout=0.05,
                target_modules=_LORA_LAYERS,
            )
        words = self.model.get_input_embeddings().weight
        with _quiet():
            self.model = get_peft_model(self.model, config)
        if method == "soft":
            ids = self.tokenizer(_BEGIN, add_special_tokens=False)["input_ids"]
            count = settings["virtual_tokens"]
            begin = words[torch.tensor((ids * count)[:count], device=words.device)]
            prompt = self.model.prompt_encoder["default"].embedding.weight
            prompt.data.copy_(begin.to(prompt.dtype))

    def weights(self) -> dict[str, Any]:
        """The tuned weights, by name."""
        from peft import get_peft_model_state_dict

        with _quiet():
            found = get_peft_model_state_dict(self.model, save_embedding_layers=False)
        return {name: value.detach().cpu().clone() for name, value in found.items()}

    def set_weights(self, weights: Mapping[str, Any]) -> None:
        """Put tuned weights in place."""
        from peft import set_peft_model_state_dict

        set_peft_model_state_dict(self.model, dict(weights))

    def chat_ids(self, messages: Sequence[Message]) -> list[int]:
        """The tokens of a chat up to where the answer begins."""
        if self.tokenizer.chat_template:
            found = self.tokenizer.apply_chat_template(
                list(messages), add_generation_prompt=True, return_dict=True
            )["input_ids"]
        else:
            text = "\n".join(message["content"] for message in messages) + "\n"
            found = self.tokenizer(text)["input_ids"]
        return list(found)

    def answer_ids(self, text: str) -> list[int]:
        """The tokens of an answer with its end."""
        ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return [*ids, self.tokenizer.eos_token_id]

    def answer(
        self, messages: Sequence[Message], *, seed: int | None = None, most: int = MOST_TOKENS
    ) -> str:
        """The model's answer to a chat: the likeliest token each time, or drawn by a seed."""
        import torch

        ids = torch.tensor([self.chat_ids(messages)], device=self.device)
        options: dict[str, Any] = {"do_sample": False}
        if seed is not None:
            torch.manual_seed(seed)
            options = {"do_sample": True, "temperature": 0.7, "top_p": 0.9}
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "position ids are not supported", and not needed
            out = self.model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=most,
                pad_token_id=self.tokenizer.pad_token_id,
                eos_token_id=self.tokenizer.eos_token_id,
                **options,
            )[0]
        # A soft prompt is given as embeddings; some versions then return the answer alone.
        fresh = out[ids.shape[1] :] if out[: ids.shape[1]].equal(ids[0]) else out
        return str(self.tokenizer.decode(fresh, skip_special_tokens=True)).strip()


@contextmanager
def _quiet() -> Iterator[None]:
    """Libraries' bars and hints about files that a GGUF file does not come with."""
    with warnings.catch_warnings(), redirect_stderr(StringIO()):
        warnings.simplefilter("ignore")
        yield


def save_weights(weights: Mapping[str, Any], folder: Path) -> None:
    """Tuned weights into a model's folder; safetensors, so that loading runs no code."""
    from safetensors.torch import save_file

    save_file(dict(weights), folder / ADAPTER_FILE)


def load_tuned(card: ModelCard, folder: Path, models_dir: Path) -> LoadedModel:
    """A tuned model, ready to answer.

    Raises:
        ModelError: packages, the base model or the weights are not there.
    """
    require_packages()
    from safetensors.torch import load_file

    loaded = LoadedModel(Base.of_card(card, models_dir))
    try:
        weights = load_file(folder / ADAPTER_FILE)
    except (OSError, ValueError) as error:
        raise ModelError(f"The weights of the tuned model {card.name} are not readable.") from error
    loaded.attach(card.method, card.settings)
    loaded.set_weights(weights)
    loaded.model.eval()
    return loaded
