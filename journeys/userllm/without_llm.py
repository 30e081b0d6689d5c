"""Routes without a language model, on the same people and candidates."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from journeys.userllm.encoder import UserEncoder, pooled
from journeys.userllm.outcomes import Outcome
from journeys.userllm.questions import FAVOURITE, NEXT_ITEM, Person, Question, score
from journeys.userllm.sequences import ITEM, EncoderData
from journeys.userllm.tasks import Questions, Score

#: Scores of a question's answers, ``(answers,)``; higher is better.
Judge = Callable[[Person, Question], np.ndarray]


def outcomes(people: Sequence[Person], task: str, judge: Judge) -> list[Outcome]:
    """Everybody's questions of one task."""
    return [
        Outcome(person.id, task, score(question, judge(person, question)), 0)
        for person in people
        for question in person.questions
        if question.task == task
    ]


def by_items(scores: Score) -> Judge:
    """Candidates of the next item by scores of the whole catalogue, all history known."""

    def judge(person: Person, question: Question) -> np.ndarray:
        # What came is not told: the place of the target is that of the last known event.
        last = person.known - 1
        asked = Questions(*(np.array([at]) for at in (person.user, person.known, last)))
        found: np.ndarray = scores(asked)[0][list(question.items)]
        return found

    return judge


def by_encoder(encoder: UserEncoder, data: EncoderData, history: int) -> Judge:
    """Candidates of the next item by the encoder alone, of the newest events only."""
    encoder.eval()
    with torch.no_grad():
        content = torch.from_numpy(data.catalogue.content)
        vectors = encoder.item_vectors(torch.arange(len(content)), content)

    @torch.no_grad()
    def judge(person: Person, question: Question) -> np.ndarray:
        state = encoder(data.batch([person.last(history)]))[0, -1]
        logits = encoder.item_logits(state, vectors) + encoder.item_bias
        found: np.ndarray = logits[list(question.items)].numpy()
        return found

    return judge


def by_probe(
    encoder: UserEncoder, data: EncoderData, train: Sequence[Person], task: str, history: int
) -> Judge:
    """A logistic regression on the encoder's vectors, learnt from the people routes learn from.

    It says what the vectors hold, apart from whether a language model can read it. Inputs are the
    newest event's vector and the mean of all; a class is an answer that somebody had right.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    encoder.eval()
    rows, labels = [], []
    for person in train:
        for question in person.questions:
            if question.task == task:
                given = zip(question.answers, question.right, strict=True)
                rights = [answer for answer, right in given if right]
                rows += [_vectors(encoder, data, person, history)] * len(rights)
                labels += rights
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    model.fit(np.stack(rows), labels)
    places = {name: at for at, name in enumerate(model.classes_)}

    def judge(person: Person, question: Question) -> np.ndarray:
        chances = model.predict_proba(_vectors(encoder, data, person, history)[None])[0]
        return np.array([chances[places[a]] if a in places else 0.0 for a in question.answers])

    return judge


@torch.no_grad()
def _vectors(encoder: UserEncoder, data: EncoderData, person: Person, history: int) -> np.ndarray:
    batch = data.batch([person.last(history)])
    states = encoder(batch)
    found: np.ndarray = torch.cat([states[:, -1], pooled(states, batch.mask)], 1)[0].numpy()
    return found


def most_frequent(train: Sequence[Person], task: str) -> Judge:
    """Answers by how many of those learnt from had them right: knows nobody."""
    counts: dict[str, int] = {}
    for person in train:
        for question in person.questions:
            if question.task == task:
                for answer, right in zip(question.answers, question.right, strict=True):
                    counts[answer] = counts.get(answer, 0) + right
    return lambda person, question: np.array([counts.get(a, 0) for a in question.answers])


def by_counting(
    data: EncoderData, tags: np.ndarray, names: Sequence[str], share: np.ndarray, history: int
) -> Judge:
    """The favourite category by the very rule that defines it, on the newest events only.

    Args:
        tags: shape ``(n_items + 1, n_tags)``, bool; row 0 is nobody's.
        names: of the tags, as they are answered.
        share: of liked events with each tag; see :func:`journeys.userllm.films.liked_share`.
    """
    from journeys.userllm.films import beyond_share

    items, ratings = data.ids[ITEM], data.ids["rating"]

    def judge(person: Person, question: Question) -> np.ndarray:
        start, stop = person.last(history)
        own = items[start:stop][ratings[start:stop] >= 4]
        beyond = beyond_share(tags[own].sum(0), len(own), share)
        found = dict(zip(names, beyond.tolist(), strict=True))
        return np.array([found[answer] for answer in question.answers])

    return judge


__all__ = [
    "FAVOURITE",
    "NEXT_ITEM",
    "by_counting",
    "by_encoder",
    "by_items",
    "by_probe",
    "most_frequent",
    "outcomes",
]
