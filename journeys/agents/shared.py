"""Weights that all users share: a logistic regression, with a factorisation machine beside it.

Frozen between refreshes and named by a hash of what they are. Scoring is numpy alone, and adds up
each candidate by itself, so that a score depends on nothing but its own candidate and the weights.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np

from journeys.agents.features import Features, FeatureSchema, Projection
from journeys.agents.hashing import IdTable, TableRules
from journeys.errors import ModelError

#: Rows that a candidate has at most, and a batch always: were it as wide as its widest candidate,
#: numpy would add up a score differently beside different candidates.
WIDTH = 64

_ARRAYS = ("linear", "content", "factors", "mean", "axes")


@dataclass(frozen=True)
class SharedModel:
    """One version of the shared weights.

    Attributes:
        schema: of the features it was trained with.
        table: ids that have rows.
        linear: shape ``(rows,)``, first-order weights; row 0 is nought.
        factors: shape ``(rows, k)``, vectors whose inner products count; k may be 0.
        content: shape ``(schema.content,)``.
        bias: the logit where nothing is known.
        projection: embedder's vectors to content; None where there is no content.
        slope, shift: calibration of the logit (Platt 1999).
        note: when and on what it was trained, in words.
    """

    schema: FeatureSchema
    table: IdTable
    linear: np.ndarray
    factors: np.ndarray
    content: np.ndarray
    bias: float
    projection: Projection | None = None
    slope: float = 1.0
    shift: float = 0.0
    note: str = ""

    @cached_property
    def version(self) -> str:
        """A hash of weights, ids and schema, made once."""
        held = blake2b(self.to_bytes(), digest_size=8)
        return held.hexdigest()

    def logits(self, candidates: Sequence[Features]) -> np.ndarray:
        """Shape ``(n,)``, calibrated."""
        raw = self.raw_logits(candidates)
        return self.slope * raw + self.shift

    def raw_logits(self, candidates: Sequence[Features]) -> np.ndarray:
        """Shape ``(n,)``, as trained."""
        rows = self.rows(candidates)
        found = self.bias + self.linear[rows].sum(axis=1)
        if self.factors.shape[1]:
            vectors = self.factors[rows]
            total = vectors.sum(axis=1)
            pairs = (total * total - (vectors * vectors).sum(axis=1)).sum(axis=1)
            found = found + 0.5 * pairs
        if self.schema.content:
            # Not a matrix product: BLAS may round a row by what other rows stand beside it.
            held = np.stack([each.content for each in candidates]) * self.content
            found = found + held.sum(axis=1)
        return np.asarray(found)

    def rows(self, candidates: Sequence[Features]) -> np.ndarray:
        """Rows of the table, shape ``(n, WIDTH)``; 0 where there is none."""
        owned: dict[str, tuple[int, ...]] = {}  # candidates of one request have much in common
        rows = np.zeros((len(candidates), WIDTH), dtype=np.int64)
        for at, each in enumerate(candidates):
            found: list[int] = []
            for name in each.ids:
                held = owned.get(name)
                if held is None:
                    held = owned[name] = self.table.rows_of(name) if name in self.table.ids else ()
                found += held
            rows[at, : len(found)] = found[:WIDTH]
        return rows

    def parts(self, candidate: Features) -> dict[str, float]:
        """What each id adds to the logit at first order."""
        return {
            name: self.slope * float(self.linear[list(self.table.rows_of(name))].sum())
            for name in candidate.ids
            if name in self.table.ids
        }

    def calibrated(self, slope: float, shift: float) -> SharedModel:
        """The same weights with another calibration."""
        return replace(self, slope=slope, shift=shift)

    def to_bytes(self) -> bytes:
        """All of it as a file of numpy; the same model gives the same bytes."""
        rules = asdict(self.table.rules)
        rules["expiry"] = self.table.rules.expiry.total_seconds()
        about: dict[str, Any] = {
            "schema": asdict(self.schema),
            "rules": rules,
            "ids": sorted(self.table.ids),
            "bias": self.bias,
            "slope": self.slope,
            "shift": self.shift,
            "note": self.note,
        }
        used = np.unique(
            [row for name in self.table.ids for row in self.table.rows_of(name)] or [0]
        )
        nothing = np.zeros(0)
        arrays = {
            "about": np.frombuffer(json.dumps(about, sort_keys=True).encode(), dtype=np.uint8),
            "used": used,
            "linear": self.linear[used],
            "factors": self.factors[used],
            "content": self.content,
            "mean": self.projection.mean if self.projection else nothing,
            "axes": self.projection.axes if self.projection else nothing,
        }
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> SharedModel:
        """The inverse of :meth:`to_bytes`; nothing in the file is run.

        Raises:
            ModelError: it is no such file.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                about = json.loads(file["about"].tobytes())
                arrays = {name: file[name] for name in ("used", *_ARRAYS)}
            schema = dict(about["schema"])
            schema["crosses"] = tuple(tuple(pair) for pair in schema["crosses"])
            schema["fields"], schema["own"] = tuple(schema["fields"]), tuple(schema["own"])
            rules = dict(about["rules"])
            rules["expiry"] = timedelta(seconds=rules["expiry"])
            table = IdTable(TableRules(**rules), frozenset(about["ids"]))
            linear = np.zeros(table.rules.rows)
            factors = np.zeros((table.rules.rows, arrays["factors"].shape[1]))
            linear[arrays["used"]] = arrays["linear"]
            factors[arrays["used"]] = arrays["factors"]
            projected = Projection(arrays["mean"], arrays["axes"]) if arrays["axes"].size else None
            return cls(
                FeatureSchema(**schema),
                table,
                linear,
                factors,
                arrays["content"],
                about["bias"],
                projected,
                about["slope"],
                about["shift"],
                about["note"],
            )
        except (ValueError, KeyError, TypeError, OSError, IndexError) as error:
            raise ModelError(
                "That is no file of shared weights. Refresh the model anew."
            ) from error


def empty_model(schema: FeatureSchema | None = None) -> SharedModel:
    """A model that knows nothing: every logit is 0. Where a service begins."""
    schema = schema or FeatureSchema()
    table = IdTable(TableRules(rows=2), frozenset())
    return SharedModel(
        schema, table, np.zeros(2), np.zeros((2, 0)), np.zeros(schema.content), 0.0, note="empty"
    )
