"""A language model that was taught to read one encoder's vectors of one log: a *reader*.

It lies in the encoder's folder, so whatever withdraws the encoder withdraws it too; and it is
withdrawn alone where somebody is erased whom only the reader learned from. The language
model itself stays as it is: what is trained is the way in and a copy of the encoder. So the same
model answers from a text prompt and from the embedding.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from journeys.discovery.progress import Progress
from journeys.errors import InputError, ModelError
from journeys.userllm.card import TrainedEncoder
from journeys.userllm.interests import CANDIDATES, INTEREST_TEXT
from journeys.userllm.questions import JOURNEYS, NEXT_ITEM, Person, Question, one_line
from journeys.userllm.reader_card import (
    ReaderCard,
    read_card,
    reader_folder,
    stands,
    write_learnt,
)
from journeys.userllm.stored import NamedJourney, StoredLog

if TYPE_CHECKING:
    from journeys.naming.tuning.model import Base
    from journeys.userllm.asking import Answer
    from journeys.userllm.contextual import ContextualLM
    from journeys.userllm.fit_config import FitConfig
    from journeys.userllm.prompts import Prompts

NEXT_TEXT = "Question: What does this person look at next?\nAnswer:"

#: Newest titles beside the embedding when a journey is named.
RECENT = 3

#: Journeys of a person whose names are asked for while training.
_NAMED = 2

_WITHDRAWN = "The encoder or its reader was withdrawn while the reader was trained. Train it again."

#: What a soft prompt begins as; see :meth:`ContextualLM.begin_with`.
_BEGIN = "What follows is about one person, of whom this is known, and what they like.\n"


def naming_text(titles: Sequence[str]) -> str:
    """The question for the name of a journey, with its few newest titles as JSON strings."""
    quoted = [json.dumps(one_line(title, 60), ensure_ascii=False) for title in titles[:RECENT]]
    return (
        "Newest titles of one interest of this person:\n"
        + "\n".join(quoted)
        + "\nQuestion: What do they call this interest?\nAnswer:"
    )


def reader_people(
    log: StoredLog, journeys: Mapping[str, Sequence[NamedJourney]], *, seed: int = 0
) -> tuple[Person, ...]:
    """Everybody of whom something can be asked: what came next, and the names of their journeys.

    Args:
        log: with the encoder's vocabulary.
        journeys: of people by pseudonym, as :func:`~journeys.userllm.stored.named_journeys` gives.
        seed: of the wrong answers.
    """
    data, titles = log.data, [one_line(title) for title in log.titles]
    begin = data.instant_start()
    every_name = list(dict.fromkeys(_named(each) for own in journeys.values() for each in own))
    every_title = list(dict.fromkeys(title for title in titles if title))
    people = []
    for user, pseudonym in enumerate(data.users):
        rng = np.random.default_rng([seed, user])
        start, stop = int(data.starts[user]), int(data.starts[user + 1])
        last = int(begin[stop - 1])
        known = last if last > start else stop
        questions = []
        if last > start:
            wrong = _others(every_title, set(titles[start:stop]), rng)
            target = titles[int(rng.integers(last, stop))]
            questions += _question(NEXT_ITEM, NEXT_TEXT, [target], wrong, rng)
        own = journeys.get(pseudonym, ())
        names = list(dict.fromkeys(_named(each) for each in own))
        wrong = _others(every_name, set(names), rng)
        questions += _question(JOURNEYS, INTEREST_TEXT, names, wrong, rng)
        for each in own[:_NAMED]:
            wrong = _others(every_name, {_named(each)}, rng)
            text = naming_text(_shown(each))
            questions += _question(JOURNEYS, text, [_named(each)], wrong, rng)
        if questions:
            people.append(Person(pseudonym, user, start, known, tuple(questions)))
    return tuple(people)


def teach(
    trained: TrainedEncoder,
    log: StoredLog,
    journeys: Mapping[str, Sequence[NamedJourney]],
    base: Base,
    encoder_folder: Path,
    config: FitConfig,
    *,
    run: int = 0,
    progress: Progress | None = None,
) -> ReaderCard:
    """Teach a language model to read the encoder; the same call after an interruption goes on.

    Raises:
        InputError: nothing can be asked of anybody.
        Cancelled: as the progress asked; what was trained is kept.
        ModelError: packages or the language model are missing.
    """
    import torch

    from journeys.naming.tuning.model import LoadedModel
    from journeys.userllm.contextual import ContextualLM
    from journeys.userllm.fit_files import save_fit
    from journeys.userllm.fitting import Trainer
    from journeys.userllm.prompts import NoPriors, Prompts

    people = reader_people(log, journeys, seed=config.seed)
    if not people:
        raise InputError(
            "Nothing can be asked of anybody in this log: everybody has one title only. A reader "
            "needs longer histories."
        )
    # The wrong answers are other people's titles, so that everybody is learnt from.
    write_learnt(encoder_folder, log.data.users)
    loaded = LoadedModel(base, dtype=config.dtype)
    prompts = Prompts(loaded.tokenizer, log.wording)
    asked = people[: config.examples]
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        model = ContextualLM(loaded.model, deepcopy(trained.encoder), config.context)
        model.begin_with(prompts.ids(_BEGIN))
        folder = reader_folder(encoder_folder)
        trainer = Trainer(model, log.data, asked, prompts, NoPriors(), config, folder)
    try:
        fitted = trainer.run(progress)
    except OSError as error:
        if stands(encoder_folder):
            raise
        raise ModelError(_WITHDRAWN) from error
    if not stands(encoder_folder):
        # A checkpoint may have made the folder anew.
        shutil.rmtree(folder, ignore_errors=True)
        raise ModelError(_WITHDRAWN)
    save_fit(model, config, fitted, folder)
    chosen = base.name if base.of_catalogue else str(base.path)
    card = ReaderCard(
        chosen, base.sha256(), len(asked), sum(len(each.questions) for each in asked), run,
        round(fitted.seconds, 1),
    )  # fmt: skip
    card.write(encoder_folder)
    return card


@dataclass(frozen=True)
class Reader:
    """A reader in memory.

    Attributes:
        card: what it is.
        plain: the language model, told by text only.
        model: the same one, told by the embedding.
        tokenizer: of the language model.
    """

    card: ReaderCard
    plain: ContextualLM
    model: ContextualLM
    tokenizer: Any

    def prompts(self, log: StoredLog) -> Prompts:
        """Makes tokens of a log's people."""
        from journeys.userllm.prompts import Prompts

        return Prompts(self.tokenizer, log.wording)

    def ask(self, log: StoredLog, pseudonym: str, question: str, history: int) -> list[Answer]:
        """Ask about a person's newest events, told as text and told as an embedding.

        Args:
            log: with the encoder's vocabulary.
            question: as somebody typed it.
            history: newest events that are known to both; 0 for all.

        Raises:
            InputError: the log has no such person.
        """
        from journeys.userllm.asking import Route, ask
        from journeys.userllm.outcomes import Told

        data = log.data
        if pseudonym not in data.users:
            raise InputError("This person is not in the log any more.")
        user = data.users.index(pseudonym)
        person = Person(
            pseudonym, user, int(data.starts[user]), int(data.starts[user + 1]), ()
        )  # fmt: skip
        routes = [
            Route("text prompt", self.plain, Told(history, history or 10**9)),
            Route("user embedding", self.model, Told(history, 0)),
        ]
        return ask(routes, data, self.prompts(log), person, question)


def load_reader(trained: TrainedEncoder, encoder_folder: Path, models_dir: Path) -> Reader:
    """An encoder's reader, ready to answer.

    Raises:
        ModelError: it has none, or the language model is not the one it was trained on.
    """
    from journeys.naming.tuning.model import Base, LoadedModel
    from journeys.userllm.contextual import ContextConfig, ContextualLM
    from journeys.userllm.fit_files import load_fit, read_fit

    card = read_card(encoder_folder)
    if card is None:
        raise ModelError(
            f"No language model was taught to read the encoder {trained.card.name} yet."
        )
    base = Base.of(card.base, models_dir)
    if base.sha256() != card.base_sha256:
        raise ModelError(
            f"The language model {base.name} has changed since it was taught to read "
            f"{trained.card.name}. Teach it again."
        )
    folder = reader_folder(encoder_folder)
    config, _ = read_fit(folder)
    loaded = LoadedModel(base, dtype=config.dtype)
    plain = ContextualLM(loaded.model, None, ContextConfig(route="text")).eval()
    model = load_fit(loaded.model, deepcopy(trained.encoder), folder)
    return Reader(card, plain, model, loaded.tokenizer)


def _named(journey: NamedJourney) -> str:
    return one_line(journey.name)


def _shown(journey: NamedJourney) -> Sequence[str]:
    return journey.evidence.recent or journey.evidence.titles


def _others(pool: Sequence[str], own: set[str], rng: np.random.Generator) -> list[str]:
    """Wrong answers, drawn."""
    drawn = rng.permutation(len(pool))[: CANDIDATES + len(own)].tolist()
    return [pool[at] for at in drawn if pool[at] not in own]


def _question(
    task: str, text: str, right: Sequence[str], wrong: Sequence[str], rng: np.random.Generator
) -> list[Question]:
    """A question in a list; none where it would have no right or no wrong answer."""
    right = [each for each in right if each][: CANDIDATES // 2]
    wrong = list(wrong)[: CANDIDATES - len(right)]
    if not right or not wrong:
        return []
    answers = [*right, *wrong]
    order = rng.permutation(len(answers)).tolist()
    return [
        Question(
            task,
            text,
            tuple(answers[at] for at in order),
            tuple(at < len(right) for at in order),
        )
    ]
