"""What other settings change, in words: a table from now to the preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from journeys.discovery.changes import Change, ChangeKind, Changes
from journeys.journey import UserJourneys
from pages.parts import state
from pages.parts.text import count, plain

_WORDS: Mapping[ChangeKind, str] = {
    "splits": ":material/call_split: splits",
    "merges": ":material/call_merge: merge",
    "regroups": ":material/shuffle: regroup",
    "changes": ":material/sync_alt: changes",
    "appears": ":material/add: appears",
    "vanishes": ":material/remove: vanishes",
}

#: Journeys named in one cell, and rows before "show all".
_NAMED, _ROWS = 5, 10


def change_table(before: UserJourneys, after: UserJourneys, changes: Changes) -> None:
    """Every journey that does not stay, then those that do."""
    stays = changes.of("stays")
    others = [change for kind in _WORDS for change in changes.of(kind)]
    if others:
        st.markdown(_table(others[:_ROWS], before, after))
        if len(others) > _ROWS:
            with st.expander(f"{len(others) - _ROWS:,} more changes", key="preview-more"):
                st.markdown(_table(others[_ROWS:], before, after))
    elif stays:
        st.success("Every journey stays as it is.", icon=":material/check:")
    if stays and others:
        with st.expander(
            f"{count(len(stays), 'journey stays', 'journeys stay')} as now", key="preview-stays"
        ):
            st.markdown("\n".join(f"- {_names(after, change.after)}" for change in stays))


def _table(changes: Sequence[Change], before: UserJourneys, after: UserJourneys) -> str:
    rows = ["| Now | Preview |", "|---|---|"]
    rows += [
        f"| {_names(before, change.before) or '—'} :gray-badge[{_WORDS[change.kind]}] "
        f"| {_names(after, change.after) or '—'} |"
        for change in changes
    ]
    return "\n".join(rows)


def _names(found: UserJourneys, positions: Sequence[int]) -> str:
    level = state.level()
    shown = [
        f"**{at + 1}.** {plain(found.journeys[at].name(level))} "
        f":gray[({len(found.journeys[at]):,})]"
        for at in positions[:_NAMED]
    ]
    if len(positions) > _NAMED:
        shown.append(f"and {len(positions) - _NAMED:,} more")
    return " · ".join(shown)
