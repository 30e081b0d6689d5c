"""Faults one after the other, in an order and at moments drawn from a seed."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.checks import Findings, look
from tests.faults.kinds import kinds
from tests.faults.world import World


@dataclass(frozen=True)
class Outcome:
    """What a rain of faults came to.

    Attributes:
        counts: kind of fault -> how often.
        finished: every run ended well within the time given.
    """

    counts: Counter[str]
    finished: bool
    findings: Findings

    @property
    def problems(self) -> list[str]:
        late = [] if self.finished else ["not every run finished"]
        return [*late, *self.findings.problems]


def rain(
    world: World,
    faults: int,
    seed: int,
    *,
    most_seconds: float = 1.2,
    patience: float = 300.0,
    tell: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """Let so many faults happen, each kind as often as the others; then wait, and look."""
    draws = random.Random(seed)
    known = kinds(world)
    order = [list(known)[at % len(known)] for at in range(faults)]
    draws.shuffle(order)
    for at, name in enumerate(order):
        world.tend()
        time.sleep(draws.uniform(0.1, most_seconds))
        tell(f"{at + 1}/{faults} {name}")
        known[name](world, draws)
    world.tend()
    world.heal()
    finished = world.finish(patience)
    world.stop()
    return Outcome(Counter(order), finished, look(world))
