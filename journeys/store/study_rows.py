"""Between rows and what they hold: consent, trials and corrections."""

from __future__ import annotations

from typing import Any

from journeys.study.answers import Consent, Correction, Match, Shown, TrialAnswers, TrialRecord


def read_consent(row: Any) -> Consent:
    """A row of ``consent``."""
    return Consent(row.text_version, row.text_hash, row.as_examples, row.given_at, row.withdrawn_at)


def read_trial(row: Any) -> TrialRecord:
    """A row of ``study_answer``."""
    shown = Shown(
        row.trial,
        row.kind,
        row.run_id,
        row.journey_id,
        row.condition,
        row.level,
        row.name_shown,
        row.namer,
        row.prompts,
    )
    return TrialRecord(
        shown,
        TrialAnswers.from_dict(row.answers),
        row.response_ms,
        row.first_saved_at,
        row.saved_at,
        row.recall_ms,
    )


def read_match(row: Any) -> Match:
    """A row of ``stated_match``."""
    return None if row.run_id is None else (row.run_id, row.journey_id)


def read_correction(row: Any) -> Correction:
    """A row of ``correction``."""
    return Correction(
        row.kind, row.run_id, row.journey_id, row.other_id, tuple(row.events), row.words
    )
