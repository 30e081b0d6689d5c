"""What is known when an action is to be chosen: sparse ids by field, and a content vector.

One schema says which fields there are and which of them a user's own rows have; its version is
kept with every model, and a model refuses features of another one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b

import numpy as np

from journeys.agents.trajectories import Trajectory
from journeys.errors import ConfigError, InputError

#: Letters of a value that are read.
_VALUE = 200

#: Each number of a content vector is within this of nought.
MOST_CONTENT = 4.0


@dataclass(frozen=True)
class FeatureSchema:
    """Which features a model has.

    Attributes:
        fields: of a request and a candidate action; each may have several values.
        crosses: pairs of fields whose values are an id together.
        own: fields that a user's own rows have, each value its own row.
        content: length of the content vector, 0 for none.
        hours: of the day in one value of the field ``hour`` (UTC).
    """

    fields: tuple[str, ...] = (
        "agent",
        "repo",
        "task_type",
        "language",
        "domain",
        "tool",
        "error_type",
        "journey",
        "hour",
        "weekday",
        "length",
        "verb",
    )
    crosses: tuple[tuple[str, str], ...] = (
        ("agent", "task_type"),
        ("agent", "language"),
        ("agent", "repo"),
        ("language", "task_type"),
        ("tool", "error_type"),
    )
    own: tuple[str, ...] = ("agent", "repo", "task_type", "language", "domain", "tool", "journey")
    content: int = 16
    hours: int = 4

    def __post_init__(self) -> None:
        for name in (*self.own, *(each for pair in self.crosses for each in pair)):
            if name not in self.fields:
                raise ConfigError(f"The schema has no field {name!r}: {', '.join(self.fields)}.")

    @property
    def version(self) -> str:
        """A hash of all that the schema says."""
        said = json.dumps(asdict(self), sort_keys=True).encode()
        return blake2b(said, digest_size=6).hexdigest()


@dataclass(frozen=True)
class Features:
    """A candidate action for a request, encoded.

    Attributes:
        ids: ``field=value``, crosses included; what the shared table is asked for.
        own: the ids among them of which a user may have rows.
        content: shape ``(content,)``, or empty.
    """

    ids: tuple[str, ...]
    own: tuple[str, ...]
    content: np.ndarray = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Action:
    """A candidate: what is told of it by field, and a vector of its content where there is one."""

    id: str
    fields: Mapping[str, str | Sequence[str]]
    content: np.ndarray | None = None


def encode(
    schema: FeatureSchema,
    fields: Mapping[str, str | Sequence[str]],
    time: datetime | None,
    content: np.ndarray | None = None,
) -> Features:
    """Features of what is known at a time.

    Args:
        fields: values by field; fields that the schema does not have are ignored.
        time: of the request; without one there is no hour and no weekday.
        content: shape ``(schema.content,)``; nought where it is None.

    Raises:
        InputError: the content vector has another length.
    """
    known: dict[str, tuple[str, ...]] = {}
    for name, given in fields.items():
        if isinstance(given, str):
            known[name] = (given[:_VALUE],) if given else ()
        else:
            known[name] = tuple(dict.fromkeys(value[:_VALUE] for value in given if value))
    if time is not None:
        time = time.astimezone(UTC)
        known["hour"] = (str(time.hour // schema.hours * schema.hours),)
        known["weekday"] = (str(time.weekday()),)
    ids = [f"{name}={value}" for name in schema.fields for value in known.get(name, ())]
    ids += [
        f"{one}={a}&{two}={b}"
        for one, two in schema.crosses
        if one in known and two in known
        for a in known[one]
        for b in known[two]
    ]
    own = tuple(f"{name}={value}" for name in schema.own for value in known.get(name, ()))
    if content is None:
        content = np.zeros(schema.content)
    if content.shape != (schema.content,):
        raise InputError(
            f"A content vector has {schema.content} numbers here, not {content.shape}. "
            "Make it with the model's own projection."
        )
    # As Projection bounds them: one number without bound would drown all that a user ever said.
    bounded = np.clip(np.asarray(content, dtype=np.float64), -MOST_CONTENT, MOST_CONTENT)
    return Features(tuple(ids), own, bounded)


def fields_of(trajectory: Trajectory) -> dict[str, str | Sequence[str]]:
    """What a trajectory's request tells by field; nothing of what came of it."""
    title = trajectory.context.get("title", "") or trajectory.request.split("\n")[0]
    words = title.split()
    size = len(trajectory.request)
    return {
        **{key: value for key, value in trajectory.context.items() if key != "title"},
        "verb": words[0].lower().strip(":.,[]()")[:20] if words else "",
        "length": str(min(int(np.log2(size + 1)), 12)),
    }


@dataclass(frozen=True)
class Projection:
    """Vectors of an embedder to the few numbers that models read: a mean taken off, then the
    directions of most variance, each scaled to unit variance. Frozen between refreshes.

    ``mean`` has shape ``(d,)``, ``axes`` ``(d, content)``.
    """

    mean: np.ndarray
    axes: np.ndarray

    @classmethod
    def fit(cls, vectors: np.ndarray, content: int) -> Projection:
        """The first ``content`` principal components of vectors ``(n, d)``, noughts beyond."""
        mean = vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1])
        axes = np.zeros((vectors.shape[1], content))
        if len(vectors) > 1:
            _, sizes, found = np.linalg.svd(vectors - mean, full_matrices=False)
            use = int(min(content, (sizes > 1e-9).sum()))
            axes[:, :use] = found[:use].T / sizes[:use] * np.sqrt(len(vectors) - 1)
        return cls(mean.astype(np.float64), axes)

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Content of vectors ``(n, d)``: shape ``(n, content)``, each number within 4 of nought."""
        content: np.ndarray = np.clip(
            (vectors - self.mean) @ self.axes, -MOST_CONTENT, MOST_CONTENT
        )
        return content
