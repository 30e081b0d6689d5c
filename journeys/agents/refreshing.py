"""New shared weights: fitted on what is older, judged on what is newer, kept beside their
predecessors, and taken back at a word.

Between refreshes the shared weights do not move. A refresh is refused where it would be worse, and
the reason is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from journeys.agents.features import FeatureSchema, Projection
from journeys.agents.fitting import Example, FitRules, fit_calibration, fit_shared
from journeys.agents.shared import SharedModel, empty_model
from journeys.errors import ConfigError, InputError

#: Share of the examples, the newest, that calibrate and judge.
JUDGES = 0.2

#: How strongly a calibration is drawn towards none, in examples.
_CALIBRATION = 20.0

#: Fewer judge nothing.
FEWEST = 20


@dataclass(frozen=True)
class Judged:
    """How two models fare on the same newest examples, in nats an example."""

    examples: int
    logloss: float
    before: float


@dataclass(frozen=True)
class Version:
    """A version of the shared weights: since when, and how it was judged."""

    model: SharedModel
    since: datetime | None
    judged: Judged | None


@dataclass(frozen=True)
class ModelHistory:
    """All versions kept, the newest last, and which of them is in use."""

    versions: tuple[Version, ...]
    current: int
    most: int = 10

    @classmethod
    def begin(cls, schema: FeatureSchema | None = None) -> ModelHistory:
        """With a model that knows nothing."""
        return cls((Version(empty_model(schema), None, None),), 0)

    @property
    def model(self) -> SharedModel:
        """The one in use."""
        return self.versions[self.current].model

    def published(self, version: Version) -> ModelHistory:
        """With a new version in use; what was taken back before is dropped."""
        kept = (*self.versions[: self.current + 1], version)[-self.most :]
        return replace(self, versions=kept, current=len(kept) - 1)

    def rolled_back(self) -> ModelHistory:
        """With the version before in use.

        Raises:
            ConfigError: there is none.
        """
        if self.current == 0:
            raise ConfigError("There is no earlier version of the shared weights to go back to.")
        return replace(self, current=self.current - 1)


def refresh(
    history: ModelHistory,
    examples: Sequence[Example],
    now: datetime,
    rules: FitRules | None = None,
    *,
    projection: Projection | None = None,
    worse_by: float = 0.005,
) -> tuple[ModelHistory, Judged, bool]:
    """Fit, judge, and publish unless it is worse.

    A candidate is fitted on the older examples, calibrated on the older half of the newest fifth
    and set against the model in use on the rest of it; what is published is fitted on all.

    Args:
        worse_by: nats an example by which the candidate may be worse, for chance.

    Returns:
        The history, how it was judged, and whether it was published.

    Raises:
        InputError: there are too few examples.
    """
    ordered = sorted(examples, key=lambda each: each.time)
    held = max(int(len(ordered) * JUDGES), 1)
    if len(ordered) < FEWEST:
        raise InputError(
            f"A refresh needs {FEWEST} examples with feedback; there are {len(ordered)}."
        )
    schema = history.model.schema
    older, newest = ordered[:-held], ordered[-held:]
    older = [each for each in older if each.time < newest[0].time]
    if not older:
        raise InputError("All feedback is of one instant; a refresh needs a past and a present.")
    tried = fit_shared(older, schema, newest[0].time, rules, projection=projection)
    calibrating, judging = newest[: held // 2], newest[held // 2 :]
    slope, shift = fit_calibration(
        tried.raw_logits([each.features for each in calibrating]),
        np.array([each.liked for each in calibrating], dtype=np.float64),
        penalty=_CALIBRATION,
    )
    tried = tried.calibrated(slope, shift)
    judged = Judged(len(judging), loss_of(tried, judging), loss_of(history.model, judging))
    if judged.logloss > judged.before + worse_by:
        return history, judged, False
    note = f"fitted on {len(ordered):,} examples up to {ordered[-1].time:%Y-%m-%d %H:%M} UTC"
    model = fit_shared(ordered, schema, now, rules, projection=projection, note=note)
    model = model.calibrated(slope, shift)
    return history.published(Version(model, now, judged)), judged, True


def loss_of(model: SharedModel, examples: Sequence[Example]) -> float:
    """Mean negative log likelihood of examples by shared weights alone."""
    logits = model.logits([each.features for each in examples])
    liked = np.array([each.liked for each in examples])
    return float((np.logaddexp(0.0, logits) - liked * logits).mean())
