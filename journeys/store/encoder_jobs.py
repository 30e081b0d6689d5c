"""Jobs that train a user encoder, or teach a language model to read it, in the queue of runs.

A job is a run of a kind of its own, so it is claimed, renewed, cancelled and resumed like one, and
an erasure stops it like one. What it is about stands in its configuration.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Engine, insert, select

from journeys.errors import ConfigError
from journeys.models.encoders import encoder_folder
from journeys.store.engine import now, still_there
from journeys.store.runs import ENCODER, RunSummary
from journeys.store.schema import Run

#: What a job may train.
STEPS = ("encoder", "reader")


@dataclass(frozen=True)
class EncoderJob:
    """What a job is to do.

    Attributes:
        name: of the encoder.
        step: ``encoder``: train it; ``reader``: teach a language model to read its vectors.
        epochs: of the encoder, at most; None for as many as the log needs.
        base: the language model of a reader, by name or folder.
        examples: people that a reader learns from, with repeats.
        seed: of everything that is drawn.
    """

    name: str
    step: str = "encoder"
    epochs: int | None = None
    base: str = "smollm2-135m"
    examples: int = 60
    seed: int = 0

    def __post_init__(self) -> None:
        encoder_folder(self.name, Path())
        if self.step not in STEPS:
            raise ConfigError(f"A job trains one of {', '.join(STEPS)}, not {self.step!r}.")
        if self.examples < 1 or (self.epochs is not None and self.epochs < 1):
            raise ConfigError("Epochs and examples must be at least 1.")

    @classmethod
    def of(cls, run: RunSummary) -> EncoderJob:
        """The job that a run of the kind "encoder" is.

        Raises:
            ConfigError: the run is none.
        """
        try:
            return cls(**run.config)
        except TypeError as error:
            raise ConfigError(f"Run {run.id} does not train an encoder: {error}.") from error


class EncoderJobStore:
    """Create and find jobs; :class:`~journeys.store.runs.RunStore` carries them through."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, log_id: int, job: EncoderJob) -> int:
        """A new job on a log, queued; returns its id as a run.

        Raises:
            StoreError: the log is no longer there.
        """
        with still_there("This log"), self._engine.begin() as connection:
            run_id: int = connection.execute(
                insert(Run).returning(Run.id),
                {
                    "log_id": log_id,
                    "kind": ENCODER,
                    "status": "queued",
                    "config": asdict(job),
                    "manifest": {},
                    "created_at": now(),
                },
            ).scalar_one()
        return run_id

    def newest(self, log_id: int) -> RunSummary | None:
        """A log's newest job; None where there was none."""
        query = (
            select(Run.__table__)
            .where(Run.kind == ENCODER, Run.log_id == log_id)
            .order_by(Run.id.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return RunSummary(**row) if row else None
