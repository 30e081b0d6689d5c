"""What is told of similar people is told of k or more of them."""

from __future__ import annotations

import pytest

from journeys.errors import ConfigError
from journeys.userllm.common import common_words

NAMES = {f"p{at}": ["Growing tomatoes", "Old films"] for at in range(7)} | {
    "p7": ["Rare stamps"], "p0": ["Growing growing plums"],
}  # fmt: skip


def test_a_word_counts_once_a_person_and_is_rounded_down() -> None:
    found = dict(common_words(NAMES, list(NAMES), k=3))
    assert found["growing"] == 6  # Seven people.
    assert found["tomatoes"] == 6
    assert "plums" not in found
    assert "stamps" not in found


def test_fewer_people_show_nothing() -> None:
    assert common_words(NAMES, ["p1", "p2", "p3", "p4"], k=5) == []
    assert common_words({}, ["p1"], k=2) == []
    with pytest.raises(ConfigError, match="at least 2"):
        common_words(NAMES, ["p1"], k=1)
