"""The ledger adds up, the meter keeps the cap, and the estimate says what it rests on."""

from __future__ import annotations

import json
import threading
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.errors import CapReached, ConfigError
from journeys.naming import Completion, Price, Usage
from journeys.naming.estimate import TOKEN_ERROR, count_tokens, estimate, tokens_of
from journeys.naming.ledger import Cap, Ledger, Meter

PRICE = Price(prompt=2.0, completion=10.0)

ledgers = st.builds(
    Ledger,
    calls=st.integers(0, 99),
    cached=st.integers(0, 99),
    retries=st.integers(0, 99),
    prompt_tokens=st.integers(0, 99_999),
    completion_tokens=st.integers(0, 99_999),
    failures=st.dictionaries(st.sampled_from(["timeout", "rate_limit"]), st.integers(1, 9)),
)


@given(ledgers, ledgers)
def test_ledgers_add_up_and_survive_the_manifest(one: Ledger, other: Ledger) -> None:
    total = one + other
    assert total.requests == one.requests + other.requests
    assert total.tokens == one.tokens + other.tokens
    assert Ledger.from_dict(json.loads(json.dumps(total.to_dict()))) == total


def test_a_cost_is_unknown_as_soon_as_a_part_of_it_is() -> None:
    priced, unpriced = Ledger(calls=1, cost=0.5), Ledger(calls=1)
    assert (priced + Ledger(calls=2, cost=0.25)).cost == 0.75
    assert (priced + Ledger()).cost == 0.5
    assert (Ledger() + priced).cost == 0.5
    assert (priced + unpriced).cost is None
    assert (Ledger(cost=0.0) + unpriced).cost is None


def test_the_manifest_of_an_earlier_version_is_understood() -> None:
    old = {"calls": 3, "cached": 1, "prompt_tokens": 30, "completion_tokens": 3, "cost": None}
    assert Ledger.from_dict(old) == Ledger.of(Usage(3, 1, 30, 3))
    assert Ledger.from_dict({}) == Ledger()


def test_every_call_is_counted_with_its_price_and_the_clock() -> None:
    at = [100.0]
    meter = Meter(price=PRICE, clock=lambda: at[0])
    meter.carry(Ledger(calls=1, prompt_tokens=5, cost=1.0, seconds=7.0, failures={"timeout": 1}))
    meter.begin(50)
    meter.answered(50, Completion("x", 1_000_000, 100_000), estimated=False)
    meter.begin(50)
    meter.failed(50, "timeout")
    meter.retrying()
    meter.begin(50)
    meter.answered(50, Completion("x", 0, 0), estimated=True)
    meter.cached(2)
    at[0] = 103.0
    assert meter.ledger() == Ledger(
        calls=3,
        cached=2,
        retries=1,
        prompt_tokens=1_000_005,
        completion_tokens=100_000,
        estimated=1,
        cost=1.0 + 2.0 + 1.0,
        seconds=10.0,
        failures={"timeout": 2},
    )


def _use(meter: Meter, prompt: int, answer: int) -> None:
    meter.begin(prompt)
    meter.answered(prompt, Completion("x", prompt, answer), estimated=False)


@given(
    cap=st.one_of(
        st.builds(Cap, calls=st.integers(0, 40)),
        st.builds(Cap, tokens=st.integers(0, 20_000)),
        st.builds(Cap, cost=st.floats(0, 0.05)),
    ),
    prompt=st.integers(1, 900),
    answer=st.integers(0, 90),
    spent=st.integers(1, 20),
)
def test_answers_as_long_as_expected_never_pass_the_cap(
    cap: Cap, prompt: int, answer: int, spent: int
) -> None:
    meter = Meter(cap, PRICE)
    earlier = Completion("", prompt * spent, answer * spent)
    meter.carry(Ledger(spent, 0, 0, prompt * spent, answer * spent, cost=PRICE.of(earlier)))
    with suppress(CapReached):
        while meter.ledger().calls < 200:
            _use(meter, prompt, answer)
    now = meter.ledger()
    if now.calls > spent:
        assert cap.calls is None or now.requests <= cap.calls
        assert cap.tokens is None or now.tokens <= cap.tokens
        assert cap.cost is None or (now.cost or 0) <= cap.cost + 1e-12
    if now.calls < 200:
        # It is used up as well: the next call would have passed it.
        assert cap.calls is None or now.requests + 1 > cap.calls
        assert cap.tokens is None or now.tokens + prompt + answer > cap.tokens


def test_what_is_under_way_counts_so_threads_cannot_pass_the_cap_together() -> None:
    meter = Meter(Cap(calls=10))
    barrier = threading.Barrier(32)
    admitted: list[bool] = []

    def ask() -> None:
        barrier.wait()
        try:
            meter.begin(5)
        except CapReached:
            admitted.append(False)
        else:
            admitted.append(True)

    threads = [threading.Thread(target=ask) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(admitted) == 10


def test_failed_requests_count_towards_a_cap_on_requests() -> None:
    meter = Meter(Cap(calls=2))
    for _ in range(2):
        meter.begin(5)
        meter.failed(5, "server_error")
    with pytest.raises(CapReached, match="2 requests"):
        meter.begin(5)


def test_a_limit_on_money_needs_a_price() -> None:
    with pytest.raises(ConfigError, match="price"):
        Meter(Cap(cost=1.0))


@pytest.mark.parametrize(
    ("text", "tokens"),  # as counted by Qwen2.5's own tokenizer
    [
        ("Sourdough bread: why the dough tears when it is shaped, and what helps", 17),
        ("Wie man einen Gemüsegarten auf dem Balkon anlegt und überwintert", 18),
        (
            '{"field": "gardening", "interest": "indoor gardening", "friend": "designing '
            'hydroponic systems for small spaces", "project": "building a hydroponic tower for an '
            'apartment balcony", "detail": "dialling in nutrients and LED light for a Kratky '
            'lettuce tower"}',
            64,
        ),
    ],
)
def test_tokens_are_estimated_within_what_is_said(text: str, tokens: int) -> None:
    assert abs(tokens_of(text) - tokens) <= TOKEN_ERROR * tokens


def test_every_character_counts_in_scripts_without_spaces() -> None:
    assert tokens_of("東京の旅行") == 5
    assert count_tokens([{"role": "user", "content": "東京の旅行"}] * 2) == 18


def test_an_estimate_from_prompts() -> None:
    prompts = [[{"role": "user", "content": "x" * size}] for size in (356, 1076)]
    found = estimate(100, prompts, price=PRICE, concurrency=4, seconds_a_call=2.0)
    assert (found.journeys, found.calls, found.sampled) == (100, 115, 2)
    assert found.prompt_tokens == 115 * (103 + 303) // 2
    assert found.cost == pytest.approx(
        (found.prompt_tokens * 2 + found.completion_tokens * 10) / 1e6
    )
    assert found.seconds == pytest.approx(115 / 4 * 2)
    assert "100 journeys" in found.in_words()


def test_an_estimate_goes_by_what_was_measured() -> None:
    earlier = Ledger(calls=10, prompt_tokens=5_000, completion_tokens=400, seconds=20.0)
    found = estimate(
        100, [[{"content": "x"}]], concurrency=2, earlier=earlier, earlier_concurrency=2
    )
    assert found.measured
    assert (found.prompt_tokens, found.completion_tokens) == (115 * 500, 115 * 40)
    assert found.seconds == pytest.approx(115 / 2 * 4.0)


def test_an_unknown_price_is_never_guessed() -> None:
    found = estimate(3, [[{"content": "x" * 400}]])
    assert found.cost is None
    assert "cost unknown" in found.in_words()
    assert "free" in estimate(3, [[{"content": "x"}]], price=Price(0, 0)).in_words()
    assert estimate(0, []).in_words() == "All journeys have their names."
