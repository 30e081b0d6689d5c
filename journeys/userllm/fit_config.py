"""How a route is trained, and what a training took."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from journeys.errors import ConfigError
from journeys.userllm.contextual import STRATEGIES, ContextConfig


@dataclass(frozen=True)
class FitConfig:
    """How a route is trained. Equal settings on equal data give equal weights on one machine.

    Attributes:
        context: how the user gets into the model.
        strategy: one of :data:`~journeys.userllm.contextual.STRATEGIES`.
        histories: how many newest events are known, drawn anew for each example; 0 is all.
        shown: of them as text besides the latents. The route text shows what is known.
        examples: people asked about, with all their questions; more than there are means that
            they are asked again, with other wrong answers.
        batch: people a step.
        candidates: answers of each question while training, one of them right.
        prior: whether answers are held against how likely they are to the untrained model that
            knows nobody. Right for a model that has read of much else, wrong for one that has read
            these histories only: of that one it would take away what it knows of popularity.
        writing: weight of the plain loss of the right answer, a token, beside the choice's.
        rate: learning rate of what tells of the user.
        rate_encoder, rate_lora, rate_llm: of the other parts.
        gate: where the gates of cross-attention stand when training begins; an untrained model's
            are at zero.
        seed: of weights, order and draws.
        dtype: of what is frozen. With ``full`` the weights stay float32 and the passes are in it.
        frozen: leave the encoder as it is, whatever the strategy; its event vectors are then worked
            out once, over whole timelines, which makes a step of many people cheap.
        pretrained: whether the encoder was; told for the record.
        encoder: the encoder's hash; likewise.
    """

    context: ContextConfig = field(default_factory=ContextConfig)
    strategy: str = "lora"
    histories: tuple[int, ...] = (10, 50, 100, 200)
    shown: int = 0
    examples: int = 120
    batch: int = 2
    candidates: int = 5
    prior: bool = True
    writing: float = 0.1
    rate: float = 2e-3
    rate_encoder: float = 1e-4
    rate_lora: float = 1e-3
    rate_llm: float = 2e-5
    gate: float = 0.0
    seed: int = 0
    dtype: str = "float32"
    frozen: bool = False
    pretrained: bool = True
    encoder: str = ""

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise ConfigError(
                f"the strategy must be one of {', '.join(STRATEGIES)}: {self.strategy!r}"
            )
        for name in ("examples", "batch"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.candidates < 2:
            raise ConfigError(f"candidates must be at least 2, not {self.candidates}")
        if self.shown < 0:
            raise ConfigError(f"shown must be 0 or more, not {self.shown}")
        if not self.histories or min(self.histories) < 0:
            raise ConfigError(f"histories must be 0 or more events each: {self.histories}")
        if self.dtype not in ("float32", "bfloat16"):
            raise ConfigError(f"the dtype must be float32 or bfloat16: {self.dtype!r}")

    @property
    def steps(self) -> int:
        """Of the whole training."""
        return -(-self.examples // self.batch)

    def told(self, history: int) -> int:
        """Events told as text where ``history`` are known; 0 of which means all of them."""
        return history or 10**9 if self.context.route == "text" else self.shown

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {**asdict(self), "histories": list(self.histories)}

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> FitConfig:
        """The opposite of :meth:`to_dict`."""
        return cls(
            **{
                **found,
                "context": ContextConfig(**found["context"]),
                "histories": tuple(found["histories"]),
            }
        )


@dataclass
class Fitted:
    """What a training took.

    Attributes:
        step: steps done.
        seconds: of the steps.
        tokens: into the language model, latents and padding left out.
        flops: analytic; see :mod:`journeys.userllm.flops`.
        losses: of each step, nats.
    """

    step: int = 0
    seconds: float = 0.0
    tokens: int = 0
    flops: float = 0.0
    losses: list[float] = field(default_factory=list)
