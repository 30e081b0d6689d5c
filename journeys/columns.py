"""Columns of text, looked through by Arrow rather than one cell at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def arrow(values: pd.Series) -> Any:
    """A column of strings as an Arrow array, without a copy where pandas holds one already."""
    import pyarrow as pa

    return pa.array(values.array, type=pa.large_string())


def matching(values: pd.Series, *patterns: str) -> np.ndarray:
    """Which rows match every one of the RE2 patterns somewhere; shape ``(rows,)``."""
    import pyarrow.compute as pc

    column = arrow(values)
    found = np.ones(len(values), dtype=bool)
    for pattern in patterns:
        hits = pc.match_substring_regex(column, pattern)
        found &= np.asarray(hits.to_numpy(zero_copy_only=False), dtype=bool)
    return found


def with_values(values: pd.Series, rows: np.ndarray, new: list[str]) -> pd.Series:
    """The column with new values in the rows of a mask; the index stays."""
    import pyarrow as pa
    import pyarrow.compute as pc

    out = pc.replace_with_mask(arrow(values), pa.array(rows), pa.array(new, pa.large_string()))
    return pd.Series(out, index=values.index, dtype="str")


def matching_folded(values: pd.Series, pattern: str) -> np.ndarray:
    """Which rows match an RE2 pattern once they are without case, accents and curly apostrophes."""
    import pyarrow.compute as pc

    column = pc.replace_substring(arrow(values), "’", "'")
    plain = np.asarray(pc.string_is_ascii(column).to_numpy(zero_copy_only=False), dtype=bool)
    found = np.asarray(
        pc.match_substring_regex(column, f"(?i){pattern}").to_numpy(zero_copy_only=False)
    ).astype(bool)
    at = np.flatnonzero(~plain)
    if len(at):
        some = pc.utf8_normalize(column.take(at), form="NFKD")
        some = pc.utf8_lower(pc.replace_substring_regex(some, r"\pM", ""))
        hits = pc.match_substring_regex(some, pattern)
        found[at] = np.asarray(hits.to_numpy(zero_copy_only=False), dtype=bool)
    return found


def release() -> None:
    """Give back the memory that Arrow keeps for later: of a large log, hundreds of megabytes."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
