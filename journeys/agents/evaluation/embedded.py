"""A user as a vector that one model of all reads: what a user embedding tells by itself.

User-LLM (Ning et al. 2024) puts a user's vector into the prompt of a language model. Here a linear
probe reads it instead, without a language model: the content of what the user had accepted, and of
what they had rejected, each as a mean; how the request at hand lies to both; and how much is known.
It says what such a vector holds of the user's taste, not what a language model would make of it.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from journeys.agents.evaluation.stream import Stream, known_of_users

#: A mean is drawn towards nought by so many events.
_DRAWN = 3.0


def user_vectors(stream: Stream) -> np.ndarray:
    """Shape ``(n, 4c + 4)``: for each request, its user's vector out of what was known then.

    Accepted mean, rejected mean, both times the request's content, their inner products with it,
    and the logarithms of how many each is of.
    """
    content = np.stack([each.content for each in stream.features])
    known = known_of_users(stream, range(len(stream)))
    found = np.zeros((len(stream), 4 * content.shape[1] + 4))
    for at, past in known.items():
        rows = np.array(past, dtype=np.int64)
        found[at] = user_vector(content[rows], stream.liked[rows], content[at])
    return found


def user_vector(content: np.ndarray, liked: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The vector of one user, for one request.

    Args:
        content: shape ``(events, c)``, of what was known of the user.
        liked: shape ``(events,)``.
        asked: shape ``(c,)``, of the request.
    """
    parts, extra = [], []
    for kind in (1, 0):
        own = content[liked == kind]
        mean = own.sum(axis=0) / (len(own) + _DRAWN)
        parts += [mean, mean * asked]
        extra += [float(mean @ asked) / max(len(asked), 1) ** 0.5, float(np.log1p(len(own)))]
    return np.concatenate([*parts, extra])


def user_embedding(
    stream: Stream, shared: np.ndarray, every: timedelta, strength: float
) -> np.ndarray:
    """Chances over a stream, shape ``(n,)``, NaN in the warm-up: a logistic regression on the
    request's own logit and the user's vector, fitted when block 1 begins and on schedule.

    Args:
        shared: shape ``(n,)``: what weights without users say of each request, as a logit that was
            known when it was made.
        every: how long a fit stands.
        strength: inverse penalty.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    inputs = np.column_stack([user_vectors(stream), shared])
    begins = stream.starts(1)
    found = np.full(len(stream), np.nan)
    after = [(made - begins) // every for made in stream.made]
    periods = np.where(stream.block > 0, after, -1)
    for period in np.unique(periods[periods >= 0]):
        known = stream.known_before(begins + int(period) * every)
        scale = StandardScaler().fit(inputs[known])
        model = LogisticRegression(C=strength, max_iter=500)
        model.fit(scale.transform(inputs[known]), stream.liked[known])
        asked = np.flatnonzero(periods == period)
        found[asked] = model.predict_proba(scale.transform(inputs[asked]))[:, 1]
    return found
