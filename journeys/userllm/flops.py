"""How much a language model computes: analytic, so that it holds on any machine.

A multiplication and an addition are two operations. Counted are the matrix products, as
``torch.utils.flop_counter`` counts them (a test holds the two against each other); norms,
activations and the look-up of words are left out. Attention is counted over all pairs, as torch's
counter does, though half of them are masked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LMShape:
    """What of a decoder decides its cost.

    Attributes:
        layers: number of layers.
        weights: multiplied by in all layers together, for each token.
        attention: heads times their width, which is what two tokens' attention costs.
        head: weights of the map to words.
    """

    layers: int
    weights: int
    attention: int
    head: int

    @classmethod
    def of(cls, llm: Any) -> LMShape:
        """From a causal language model of ``transformers``."""
        from torch import nn

        from journeys.userllm.cross_attention import decoder_layers

        layers = decoder_layers(llm)
        weights = sum(
            module.weight.numel()
            for name, module in layers.named_modules()
            if isinstance(module, nn.Linear) and "lora_" not in name
        )
        config = llm.config
        width = getattr(config, "head_dim", None) or (
            config.hidden_size // config.num_attention_heads
        )
        head = llm.get_output_embeddings().weight.numel()
        return cls(len(layers), weights, config.num_attention_heads * width, head)


def forward_flops(shape: LMShape, tokens: int, *, words: int = 1) -> float:
    """Of reading a prompt.

    Args:
        tokens: of the prompt, latents included.
        words: for how many places the next word is wanted.
    """
    attention = 4.0 * shape.layers * shape.attention * tokens * tokens
    return 2.0 * shape.weights * tokens + attention + 2.0 * shape.head * words


def training_flops(shape: LMShape, tokens: int, *, full: bool) -> float:
    """Of reading a prompt forward and back: twice a forward pass where the model is frozen.

    The gradient of what a layer was given costs as much as the layer itself, and so does the
    gradient of its weights, where they are trained.
    """
    return (3.0 if full else 2.0) * forward_flops(shape, tokens, words=0)
