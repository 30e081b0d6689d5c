"""Operations by formula, held against torch's own count."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from journeys.naming.tuning import missing_packages
from journeys.userllm.flops import LMShape, forward_flops, training_flops
from tests.userllm.small_world import small_llm

pytestmark = pytest.mark.skipif(
    bool(missing_packages()),
    reason=f"pip install -r requirements-userllm.txt (missing: {', '.join(missing_packages())})",
)


@pytest.mark.parametrize("tokens", [5, 40])
def test_the_formula_counts_what_torch_counts(tmp_path: Path, tokens: int) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    llm, _ = small_llm(tmp_path)
    # Eager attention is plain matrix products; the fused kernel for processors has no formula.
    llm.set_attn_implementation("eager")
    shape = LMShape.of(llm)
    ids = torch.full((1, tokens), 3)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        llm(input_ids=ids, logits_to_keep=1)
    # The angles of the positions are a product, too, in some versions: less than a thousandth.
    assert forward_flops(shape, tokens) == pytest.approx(counter.get_total_flops(), rel=1e-3)


def test_training_costs_two_passes_or_three() -> None:
    shape = LMShape(layers=2, weights=1000, attention=16, head=500)
    once = forward_flops(shape, 10, words=0)
    assert training_flops(shape, 10, full=False) == 2 * once
    assert training_flops(shape, 10, full=True) == 3 * once


def test_a_short_prompt_is_cheaper_than_in_proportion() -> None:
    shape = LMShape(layers=30, weights=106_168_320, attention=576, head=28_311_552)
    assert forward_flops(shape, 1800) / forward_flops(shape, 31) > 1800 / 31 * 0.85
