"""Fixtures that several test packages share."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The labelled logs beside the checkout; tests that need them are skipped without."""
    if not SHARED.is_dir():
        pytest.skip("the labelled logs (../shared/data) are not distributed with the project")
    return SHARED
