"""A causal language model that is told of a user: by text, by a soft prompt, by cross-attention."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from journeys.errors import ConfigError
from journeys.userllm.branches import TreeBatch
from journeys.userllm.cross_attention import CrossAttention, decoder_layers, spread
from journeys.userllm.event_states import EventStates
from journeys.userllm.sequences import EventBatch
from journeys.userllm.soft_prompt import SoftPrompt, typical_size

#: How the model hears of a person: text only; latents before the words; latents looked up.
ROUTES = ("text", "soft", "cross")

#: What is trained, after the training strategies of User-LLM (arXiv 2402.13598).
STRATEGIES = ("full", "enc", "lora", "proj")

_LORA = "default"


class Encoder(Protocol):
    """What makes vectors of events: a :class:`~journeys.userllm.encoder.UserEncoder` or another."""

    @property
    def width(self) -> int: ...

    def __call__(self, batch: EventBatch) -> Tensor: ...


@dataclass(frozen=True)
class ContextConfig:
    """How a user gets into the language model.

    Attributes:
        route: one of :data:`ROUTES`.
        latents: into the model; with ``cross``, 0 lets it look at the events themselves.
        width: of the resampler.
        looks: after how many of the model's layers it looks at the user (``cross``).
        rank: of low-rank weights.
        adapted: how many of the model's upper layers get low-rank weights; 0 for all.
    """

    route: str = "soft"
    latents: int = 16
    width: int = 128
    looks: int = 6
    rank: int = 8
    adapted: int = 0

    def __post_init__(self) -> None:
        if self.route not in ROUTES:
            raise ConfigError(f"the route must be one of {', '.join(ROUTES)}: {self.route!r}")
        for name in ("width", "looks", "rank"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.latents < (0 if self.route == "cross" else 1):
            raise ConfigError(f"latents must be at least 1, not {self.latents}")
        if self.width % 4:
            raise ConfigError(f"the width must be a multiple of 4, not {self.width}")

    @property
    def slots(self) -> int:
        """Places before the words that latents take."""
        return self.latents if self.route == "soft" else 0


class ContextualLM(nn.Module):
    """A language model with what tells it of a user.

    Args:
        llm: a causal language model of ``transformers``.
        encoder: of timelines; None for text only.
        config: how.

    Attributes:
        llm, encoder: as given.
        context: the soft prompt or the cross-attention; None for text only.
    """

    def __init__(self, llm: Any, encoder: Any, config: ContextConfig) -> None:
        super().__init__()
        if (encoder is None) != (config.route == "text"):
            raise ConfigError("The routes soft and cross need an encoder, and text has none.")
        self.llm = llm
        self.encoder = encoder
        self.config = config
        self.context = self._new_context()
        if self.context is not None:
            self.context.to(self.device)
            self.encoder.to(self.device)

    @property
    def device(self) -> torch.device:
        """Where the language model's weights are."""
        found: torch.device = self.llm.get_input_embeddings().weight.device
        return found

    def parts(self) -> dict[str, list[tuple[str, nn.Parameter]]]:
        """Every parameter by the part it is of: ``llm``, ``lora``, ``encoder``, ``context``."""
        found: dict[str, list[tuple[str, nn.Parameter]]] = {
            part: [] for part in ("llm", "lora", "encoder", "context")
        }
        for name, weight in self.named_parameters():
            part = "lora" if "lora_" in name else name.split(".", 1)[0]
            found[part].append((name, weight))
        return found

    def choose(self, strategy: str) -> None:
        """Let exactly what a strategy names be trained; ``lora`` puts low-rank weights in.

        ``full``: everything; ``enc``: encoder and context; ``lora``: those and low-rank weights;
        ``proj``: the context alone.

        Raises:
            ConfigError: there is no such strategy, or nothing would be trained.
        """
        if strategy not in STRATEGIES:
            raise ConfigError(f"the strategy must be one of {', '.join(STRATEGIES)}: {strategy!r}")
        if self.context is None and strategy in ("enc", "proj"):
            raise ConfigError(f"A text prompt has nothing that {strategy!r} trains: full or lora.")
        if strategy == "lora":
            self._put_low_rank()
        chosen = {
            "full": ("llm", "encoder", "context"),
            "enc": ("encoder", "context"),
            "lora": ("lora", "encoder", "context"),
            "proj": ("context",),
        }[strategy]
        for part, weights in self.parts().items():
            for _, weight in weights:
                weight.requires_grad_(part in chosen)

    def begin_with(self, ids: Sequence[int]) -> None:
        """Let an untrained soft prompt begin as these words, repeated; of no effect otherwise."""
        if isinstance(self.context, SoftPrompt) and ids:
            count = self.config.latents
            words = torch.tensor((list(ids) * count)[:count], device=self.device)
            with torch.no_grad():
                self.context.start.copy_(self.llm.get_input_embeddings()(words))

    def trained(self) -> dict[str, Tensor]:
        """What is being trained, by name; a copy on the processor."""
        return {
            name: weight.detach().cpu().clone()
            for name, weight in self.named_parameters()
            if weight.requires_grad
        }

    def put(self, weights: Mapping[str, Tensor]) -> None:
        """Set weights by name.

        Raises:
            ConfigError: there is none of that name or shape.
        """
        own = dict(self.named_parameters())
        for name, value in weights.items():
            if name not in own or own[name].shape != value.shape:
                raise ConfigError(f"The kept weights do not fit this model: {name}.")
            own[name].data.copy_(value)

    def know(self, events: EventBatch | EventStates | None) -> Any:
        """What the language model is told of the users: None for text only."""
        if self.context is None:
            return None
        if events is None:
            raise ConfigError("This model needs the events of the users.")
        if isinstance(events, EventStates):
            return self.context(events.vectors.to(self.device), events.mask.to(self.device))
        events = events.to(self.device)
        return self.context(self.encoder(events), events.mask)

    def forward(self, trees: TreeBatch, events: EventBatch | EventStates | None = None) -> Tensor:
        """Log-likelihood of every answer, shape ``(n_answers,)``, float32, nats.

        Args:
            trees: planted with ``config.slots`` slots.
            events: of the same people in the same order, or what the encoder made of them; None
                for text only.
        """
        trees = trees.to(self.device)
        known = self.know(events)
        rows = self._words(trees.ids, trees.slots, known)
        mask = torch.zeros(trees.visible.shape, dtype=rows.dtype, device=rows.device)
        mask.masked_fill_(~trees.visible, torch.finfo(rows.dtype).min)
        with self._attending(known):
            hidden = self._body()(
                inputs_embeds=rows,
                attention_mask=mask,
                position_ids=trees.positions,
                use_cache=False,
            ).last_hidden_state
        # Only the places before a token of an answer are turned into words: that is the dear part.
        said = self.llm.get_output_embeddings()(hidden[trees.said_in, trees.said_by]).float()
        chances = said.log_softmax(-1).gather(1, trees.target[:, None])[:, 0]
        return torch.zeros(trees.n_answers, device=chances.device).index_add(
            0, trees.answer, chances
        )

    def logits(self, ids: Tensor, mask: Tensor, events: EventBatch | None = None) -> Tensor:
        """Plain logits ``(B, T, words)`` of tokens ``(B, T)``, as the bare model gives them."""
        known = self.know(events)
        slots = self.config.slots
        mask = torch.cat([mask.new_ones(len(mask), slots), mask], 1)
        room = torch.cat([ids.new_zeros(len(ids), slots), ids], 1)
        with self._attending(known):
            found: Tensor = self.llm(
                inputs_embeds=self._words(room, slots, known), attention_mask=mask
            ).logits
        return found[:, slots:]

    @torch.no_grad()
    def answer(
        self, ids: Sequence[int], events: EventBatch | None = None, *, most: int = 24, **more: Any
    ) -> list[int]:
        """The likeliest continuation of a prompt about one person, as tokens.

        Args:
            most: tokens of the answer.
            more: for ``generate`` of the language model, such as its end token.
        """
        known = self.know(events)
        slots = self.config.slots
        room = torch.tensor([[0] * slots + list(ids)], device=self.device)
        rows = self._words(room, slots, known)
        with self._attending(known):
            found = self.llm.generate(
                inputs_embeds=rows,
                attention_mask=torch.ones(rows.shape[:2], device=self.device, dtype=torch.int64),
                max_new_tokens=most,
                do_sample=False,
                **more,
            )[0]
        return [int(each) for each in found]

    def _new_context(self) -> SoftPrompt | CrossAttention | None:
        config = self.config
        if config.route == "text":
            return None
        table = self.llm.get_input_embeddings().weight
        source, target = self.encoder.width, table.shape[1]
        if config.route == "soft":
            size = typical_size(table)
            return SoftPrompt(source, target, config.latents, width=config.width, size=size)
        after = spread(len(decoder_layers(self.llm)), config.looks)
        return CrossAttention(source, target, config.latents, width=config.width, after=after)

    def _words(self, ids: Tensor, slots: int, known: Any) -> Tensor:
        """Embeddings of the tokens, the first ``slots`` of them replaced by latents."""
        rows: Tensor = self.llm.get_input_embeddings()(ids.to(self.device))
        if slots:
            rows = torch.cat([known.to(rows.dtype), rows[:, slots:]], 1)
        return rows

    def _body(self) -> Any:
        """The language model without the map to words."""
        return self.llm.get_decoder()

    @contextmanager
    def _attending(self, known: Any) -> Iterator[None]:
        context = self.context
        if not isinstance(context, CrossAttention):
            yield
            return
        with context.attending(list(decoder_layers(self.llm)), known):
            yield

    def _put_low_rank(self) -> None:
        from peft import LoraConfig, inject_adapter_in_model

        if self.parts()["lora"]:
            return
        rank, layers = self.config.rank, len(decoder_layers(self.llm))
        upper = list(range(layers - min(self.config.adapted or layers, layers), layers))
        settings: dict[str, Any] = {"r": rank, "lora_alpha": 2 * rank, "lora_dropout": 0.0}
        try:
            # peft knows which maps of which family are adapted; of others, all of them are.
            config = LoraConfig(**settings, layers_to_transform=upper)
            inject_adapter_in_model(config, self.llm, _LORA)
        except ValueError:
            config = LoraConfig(**settings, target_modules="all-linear")
            inject_adapter_in_model(config, self.llm, _LORA)
