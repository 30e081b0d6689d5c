"""A world of eight things, an encoder and a language model, all small enough for a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from journeys.userllm.contextual import ContextConfig, ContextualLM
from journeys.userllm.encoder import EncoderConfig, UserEncoder
from journeys.userllm.prompts import Priors, Prompts
from journeys.userllm.questions import FAVOURITE, NEXT_ITEM, Person, Question, Wording
from journeys.userllm.sequences import Catalogue, EncoderData, Vocabulary
from journeys.userllm.worlds import World
from tests.naming.tiny import tiny_model

THINGS = ("apple", "pear", "plum", "fig", "chess", "poker", "bridge", "rummy")
NEXT = "Next? Answer:"
KIND = "Kind? Answer:"


def small_data(users: int = 16, events: int = 12, seed: int = 0) -> EncoderData:
    """Half of the users go through fruit, the others through games, round and round."""
    rng = np.random.default_rng(seed)
    items = []
    for user in range(users):
        begin = int(rng.integers(4))
        items.append([1 + 4 * (user % 2) + (begin + at) % 4 for at in range(events)])
    ids = np.array(items, dtype=np.int64).ravel()
    titles = ("", *THINGS)
    return EncoderData(
        users=tuple(f"u{user}" for user in range(users)),
        starts=np.arange(0, users * events + 1, events),
        ids={"item": ids, "rating": np.full(len(ids), 5)},
        times=np.tile(np.arange(events, dtype=np.float64) * 60, users),
        content_row=np.zeros(len(ids), dtype=np.int64),
        contents=np.zeros((1, 0), dtype=np.float32),
        vocabulary=Vocabulary({"item": THINGS, "rating": ("1", "2", "3", "4", "5")}),
        catalogue=Catalogue(
            titles, np.zeros((9, 0), dtype=np.float32), np.zeros(9, dtype=np.int64)
        ),
    )


def small_people(data: EncoderData) -> list[Person]:
    """What comes next of all things, and whether somebody likes fruit or games."""
    people = []
    for user, name in enumerate(data.users):
        start, cut = int(data.starts[user]), int(data.starts[user + 1]) - 1
        true = int(data.ids["item"][cut]) - 1
        following = Question(
            NEXT_ITEM, NEXT, THINGS, tuple(at == true for at in range(8)), tuple(range(1, 9))
        )
        kind = Question(FAVOURITE, KIND, ("fruit", "games"), (true < 4, true >= 4))
        people.append(Person(name, user, start, cut, (following, kind)))
    return people


def small_world(users: int = 16) -> World:
    """The last four are asked about."""
    data = small_data(users)
    people = small_people(data)
    learnt = np.ones(len(data), dtype=bool)
    return World(
        "small", data, learnt, None, tuple(people[:-4]), tuple(people[-4:]), small_wording(data)
    )


def small_wording(data: EncoderData) -> Wording:
    titles, items = data.catalogue.titles, data.ids["item"]
    return Wording("Things:", lambda event: f"{titles[items[event]]} | 5")


def small_llm(folder: Path) -> tuple[Any, Any]:
    """A Llama of two layers that knows the words, and its tokenizer."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    words = [*THINGS, NEXT, KIND, "fruit games Things: | 5"]
    if not (folder / "config.json").is_file():
        tiny_model(folder, words)
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    return model, LinesTokenizer(AutoTokenizer.from_pretrained(folder))


class LinesTokenizer:
    """The tiny model's tokenizer drops the ends of lines; here they are its end token."""

    def __init__(self, words: Any) -> None:
        self._words = words
        self.eos_token_id = words.eos_token_id

    def __call__(self, text: str, **settings: Any) -> dict[str, list[int]]:
        ids: list[int] = []
        for at, line in enumerate(text.split("\n")):
            if at:
                ids.append(self.eos_token_id)
            ids += self._words(line, **settings)["input_ids"]
        return {"input_ids": ids}

    def decode(self, ids: Any, **settings: Any) -> str:
        return str(self._words.decode(ids, **settings))


def small_encoder(data: EncoderData, seed: int = 0) -> UserEncoder:
    torch.manual_seed(seed)
    return UserEncoder(EncoderConfig(data.vocabulary.sizes, width=16, window=50)).eval()


def small_model(llm: Any, data: EncoderData, route: str, **more: Any) -> ContextualLM:
    """A fresh model of a route, from a seed."""
    encoder = None if route == "text" else small_encoder(data)
    torch.manual_seed(1)
    settings = {"latents": 4, "width": 16, "looks": 2, "rank": 2, **more}
    return ContextualLM(llm, encoder, ContextConfig(route=route, **settings)).eval()


def small_priors(llm: Any, prompts: Prompts, world: World) -> Priors:
    priors = Priors(ContextualLM(llm, None, ContextConfig(route="text")).eval(), prompts)
    priors.learn(world.questions)
    return priors
