"""Routes side by side: kept as they come, gone on with, drawn and asked freely."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from journeys.evaluation.labelled import Truth
from journeys.figures import tokens_figure
from journeys.naming.tuning import missing_packages
from journeys.timeline import ActivityLog
from journeys.userllm.asking import Route, ask
from journeys.userllm.contextual import ContextConfig
from journeys.userllm.fit_config import FitConfig
from journeys.userllm.interests import interest_world
from journeys.userllm.outcomes import Outcome, Row, Told, difference, rows
from journeys.userllm.prompts import Prompts
from journeys.userllm.questions import JOURNEYS
from journeys.userllm.running import Bench
from journeys.userllm.tables import comparison_tables
from journeys.userllm.without_llm import by_probe, most_frequent, outcomes
from tests.userllm.small_world import small_encoder, small_llm, small_model, small_world

needs_packages = pytest.mark.skipif(
    bool(missing_packages()),
    reason=f"pip install -r requirements-userllm.txt (missing: {', '.join(missing_packages())})",
)

WORLD = small_world()


def chosen(route: str) -> FitConfig:
    context = ContextConfig(route=route, latents=4, width=16, looks=2, rank=2)
    return FitConfig(context=context, examples=8, histories=(3, 6))


@pytest.fixture(scope="module")
def llm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("llm")


def bench(llm_folder: Path, folder: Path) -> Bench:
    def encoder(pretrained: bool) -> Any:
        return small_encoder(WORLD.data, seed=0 if pretrained else 9)

    return Bench(WORLD, lambda dtype: small_llm(llm_folder), encoder, "tiny", folder)


@needs_packages
def test_a_comparison_that_was_stopped_goes_on(llm_folder: Path, tmp_path: Path) -> None:
    config = chosen("soft")
    first = bench(llm_folder, tmp_path)
    whole = first.ask(config, 6)
    assert [each.person for each in whole.outcomes] == [
        person.id for person in WORLD.test for _ in person.questions
    ]
    (kept,) = tmp_path.rglob("asked-6.jsonl")
    lines = kept.read_text().splitlines(keepends=True)
    kept.write_text("".join(lines[:4]) + lines[4][:20])
    assert not bench(llm_folder, tmp_path).is_kept(config, 6)
    again = bench(llm_folder, tmp_path).ask(config, 6)
    assert [(o.person, o.task, o.score) for o in again.outcomes] == [
        (o.person, o.task, o.score) for o in whole.outcomes
    ]
    assert first.folder_of(config) != first.folder_of(replace(config, seed=1))


@needs_packages
def test_text_grows_with_the_history_and_the_embedding_does_not(
    llm_folder: Path, tmp_path: Path
) -> None:
    run = bench(llm_folder, tmp_path)
    tokens = {
        (route, history): [row.tokens for row in run.rows(route, chosen(route), history)]
        for route in ("text", "soft", "cross")
        for history in (3, 6)
    }
    assert tokens["soft", 3] == tokens["soft", 6]
    assert tokens["cross", 3] == tokens["cross", 6]
    assert tokens["text", 6][0] > tokens["text", 3][0] > tokens["soft", 3][0] - 4


@needs_packages
def test_a_free_question_is_answered_side_by_side_and_counted(llm_folder: Path) -> None:
    llm, tokenizer = small_llm(llm_folder)
    prompts = Prompts(tokenizer, WORLD.wording)
    routes = [
        Route("text", small_model(llm, WORLD.data, "text"), Told(6, 6)),
        Route("soft", small_model(llm, WORLD.data, "soft"), Told(6, 0)),
    ]
    text, soft = ask(routes, WORLD.data, prompts, WORLD.test[0], "fruit\nor games?", most=3)
    assert (text.route, soft.route) == ("text", "soft")
    assert text.tokens > soft.tokens
    assert text.seconds > 0
    assert 1 <= soft.written <= 3
    assert "\n" not in text.text


def outcome(person: str, value: float, tokens: int = 9) -> Outcome:
    return Outcome(person, "next_item", value, tokens)


def test_rows_and_differences_are_means_over_people() -> None:
    one = [outcome("a", 1.0), outcome("b", 0.5)]
    other = [outcome("b", 0.0), outcome("a", 0.5), outcome("c", 1.0)]
    (row,) = rows("soft", 10, one, 0.1)
    assert (row.score, row.tokens, row.people) == (0.75, 9, 2)
    assert difference(one, other, "next_item").mean == 0.5
    assert json.loads(json.dumps(row.to_dict()))["route"] == "soft"


def test_a_probe_reads_what_the_vectors_hold() -> None:
    encoder = small_encoder(WORLD.data)
    judge = by_probe(encoder, WORLD.data, WORLD.train, "favourite_category", 6)
    found = outcomes(WORLD.test, "favourite_category", judge)
    assert np.mean([each.score for each in found]) == 1.0
    common = most_frequent(WORLD.train, "favourite_category")
    assert np.mean([o.score for o in outcomes(WORLD.test, "favourite_category", common)]) == 0.5


def test_the_figure_has_a_line_a_route_and_the_tables_all_rows() -> None:
    found = [
        Row("text prompt", 10, "next_item", 0.3, 0.2, 0.4, 100, 0.2, 9),
        Row("text prompt", 200, "next_item", 0.3, 0.2, 0.4, 1800, 4.0, 9),
        Row("soft <b>", 200, "next_item", 0.4, 0.3, 0.5, 30, 0.1, 9),
        Row("popularity", 0, "next_item", 0.4, 0.3, 0.5, 0, 0, 9),
    ]
    figure = tokens_figure(found)
    assert [line.name for line in figure.data] == ["text prompt", "soft &lt;b&gt;"]
    assert list(figure.data[0].x) == [100, 1800]
    assert figure.layout.xaxis.type == "log"
    answers = {("text prompt", 200): [outcome("a", 0.5)], ("soft <b>", 200): [outcome("a", 1.0)]}
    told = comparison_tables(found, answers, {}, {1800: 9e11, 30: 1e10, 100: 3e10})
    assert "90.0x" in told
    assert "40.0x" in told
    assert "+0.500" in told


def test_nothing_of_who_is_asked_about_is_learnt_from() -> None:
    world = interest_world(*groups_log(), None, people=5, longest=20, names={"g1": "one | two"})
    assert len(world.test) == 5
    held = {person.user for person in world.test}
    assert not held & {person.user for person in world.train}
    assert not world.learnt[np.isin(world.data.owner, list(held))].any()
    assert set(world.data.ids) == {"item", "action"}, "no feature says the group"
    for person in world.test:
        (question,) = person.questions
        assert question.task == JOURNEYS
        assert len(question.answers) == 20
        assert sum(question.right) == 2
    names = {name for person in world.train for name in person.questions[0].answers}
    assert "one / two" in names
    line = world.wording.history(*world.test[0].last(2)).splitlines()
    assert len(line) == 3


def test_earlier_cuts_ask_for_what_was_pursued_by_then() -> None:
    log, truth = groups_log(each=40)
    world = interest_world(log, truth, None, people=5, longest=20, cuts=4)
    assert len(world.earlier) == 3 * len(world.train)
    assert not {p.user for p in world.earlier} & {p.user for p in world.test}
    for person in world.earlier:
        assert 30 <= person.known - person.start < 40
        (question,) = person.questions
        labels = truth.labels[person.start : person.known].astype(str)
        names, counts = np.unique(labels, return_counts=True)
        pursued = {name for name, many in zip(names, counts, strict=True) if many >= 8}
        right = {a for a, yes in zip(question.answers, question.right, strict=True) if yes}
        assert right == pursued
    again = interest_world(log, truth, None, people=5, longest=20, cuts=4)
    assert again.earlier == world.earlier


def groups_log(people: int = 12, each: int = 20) -> tuple[ActivityLog, Truth]:
    """People with two groups of their own each, half of their events in either."""
    events, labels = [], []
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for user in range(people):
        for at in range(each):
            group = f"g{2 * user + at % 2}"
            labels.append(group)
            events.append(
                {
                    "user_id": f"u{user:02}",
                    "timestamp": begin + timedelta(hours=at),
                    "item_id": f"i{user}-{at}",
                    "title": f"a thing of {user} number {at % 6}",
                    "group": group,
                }
            )
    return ActivityLog(pd.DataFrame(events)), Truth.of(labels)
