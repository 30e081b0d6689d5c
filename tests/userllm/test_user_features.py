"""User vectors beside impressions: they help where the past tells, and know nothing later."""

from __future__ import annotations

import numpy as np
import pytest

from journeys.ranking.backbones import Sizes
from journeys.ranking.experiment import figures, prepare, run
from journeys.ranking.memory import build_bank
from journeys.ranking.splits import split
from journeys.ranking.training import TrainingRules
from journeys.userllm.datasets import of_impressions
from journeys.userllm.features import trained_memories, vector_memories
from journeys.userllm.pretraining import PretrainingConfig
from tests.ranking.ranking_logs import random_log, turning_log
from tests.userllm.userllm_data import lively_encoder

SMALL = Sizes(width=4, hidden=(16,), attention=8, dropout=0.0)


def test_vectors_know_nothing_of_what_comes_later() -> None:
    log = random_log(n_users=4, per_user=23)
    data = of_impressions(log)
    encoder = lively_encoder(data)
    memories = vector_memories(encoder, data, every=5)
    assert {len(each.vectors) for each in memories.values()} == {4}
    # The events up to the middle of time alone give the same vectors up to there.
    half = data.first_events(data.times <= np.median(data.times))
    for user, known in vector_memories(encoder, half, every=5).items():
        count = len(known.closed_at)
        whole = memories[user].whole_vectors
        assert whole is not None
        assert known.whole_vectors is not None
        np.testing.assert_allclose(known.whole_vectors, whole[:count], atol=1e-5)
        np.testing.assert_allclose(known.vectors, memories[user].vectors[:count], atol=1e-5)
    bank = build_bank(log, memories, "oneshot")
    for row in np.flatnonzero(bank.mask[:, 0]).tolist():
        memory = memories[int(log.user[row])]
        before = memory.closed_at < log.time[row]
        assert memory.whole_vectors is not None
        np.testing.assert_array_equal(
            bank.vectors[bank.rows[row, 0]], memory.whole_vectors[before][-1]
        )


@pytest.mark.parametrize("backbone", ["fm"])
def test_a_ranker_gains_by_user_vectors_where_the_past_tells(backbone: str) -> None:
    log = turning_log()
    chosen = split(log, "time", share=0.25)
    prepared = prepare(log, chosen, history=2)
    memories = trained_memories(
        log, chosen, config=PretrainingConfig(width=16, epochs=12, batch=8, dropout=0.0), every=4
    )
    rules = TrainingRules(epochs=6, batch=128, rate=2e-2, patience=6)
    base = run(prepared, backbone, seeds=(0,), sizes=SMALL, rules=rules)
    fused = run(
        prepared, backbone, fusion="partitions", memories=memories, seeds=(0,), sizes=SMALL,
        rules=rules,
    )  # fmt: skip
    assert figures(prepared, fused).auc > figures(prepared, base).auc + 0.03
