"""Changing a person's journeys by hand: merge, move items, split, undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from journeys.errors import JourneysError
from journeys.journey import Journey
from journeys.study.editing import Desk, open_desk
from pages.parts import state
from pages.parts.journey_choice import Chosen
from pages.parts.notices import told
from pages.parts.resources import store
from pages.parts.text import count, day, plain

MERGE, MOVE, SPLIT = "Merge", "Move items", "Split"

#: Where items can go besides other journeys.
_NEW, _NONE = "a new journey", "no journey"

#: Titles of each half that a split shows before it is made.
_TITLES = 5
_CHARACTERS = 90


def edit_panel(chosen: Chosen, journey: Journey, level: int) -> None:
    """What can be changed about a journey, folded; drawn when it is unfolded."""
    panel = st.expander(
        "Merge, move, split", type="compact", key=_key(chosen, journey.id), on_change="rerun"
    )
    if not panel.open:
        return
    with panel:
        if not _may_edit(chosen):
            return
        others = [other for other in chosen.found.journeys if other.id != journey.id]
        ways = [MERGE, MOVE, SPLIT] if others else [MOVE, SPLIT]
        way = st.radio(
            "What to change",
            ways,
            horizontal=True,
            label_visibility="collapsed",
            key=_key(chosen, journey.id, "way"),
        )
        if way == MERGE:
            _merge(chosen, journey, others, level)
        elif way == MOVE:
            _move(chosen, journey.id, _least_sure_first(journey), others, level)
        else:
            _split(chosen, journey, level)


def move_in_panel(chosen: Chosen, positions: Sequence[int], level: int) -> None:
    """Move items that are in no journey into one."""
    if positions and _may_edit(chosen):
        _move(chosen, "unassigned", positions, chosen.found.journeys, level)


def last_change(chosen: Chosen, level: int) -> None:
    """What was changed last, and the way to undo it.

    A change that was made just now is told at the bottom of the window, in sight wherever on the
    page it was made.
    """
    newest = store().edits.newest(chosen.person.person_id)
    if newest is None or not _is_newest(chosen):
        return
    just_now = state.changed() == newest.id
    place = st.bottom if just_now else st.container()
    words = "Done" if just_now else "Changed by hand"
    with place, st.container(horizontal=True, vertical_alignment="center", key="last-change"):
        st.caption(f":material/edit: {words}: {plain(newest.words)}.", width="content")
        if st.button(
            "Undo last change",
            icon=":material/undo:",
            key=f"undo-{newest.id}",
            disabled=chosen.run.active,
        ):
            with told():
                state.notify(f"Undone: {_desk(chosen, level).undo()}.")
                state.note_change(None)
                st.rerun()


def _merge(chosen: Chosen, journey: Journey, others: Sequence[Journey], level: int) -> None:
    names = {other.id: _name(other, level) for other in others}
    other = st.selectbox(
        "Merge with",
        list(names),
        index=None,
        format_func=names.__getitem__,
        placeholder="Choose a journey",
        key=_key(chosen, journey.id, "merge-with"),
        help="They become one. A name that was given by hand stays, else that of the bigger one.",
    )
    if st.button(
        "Merge",
        icon=":material/merge:",
        disabled=other is None,
        key=_key(chosen, journey.id, "merge"),
    ):
        _do(chosen, level, lambda desk: desk.merge(journey.id, str(other)))


def _move(
    chosen: Chosen, source: str, positions: Sequence[int], targets: Sequence[Journey], level: int
) -> None:
    titles = chosen.timeline.titles
    times = chosen.timeline.times.tolist()
    inside = source != "unassigned"
    items = st.multiselect(
        "Items to move",
        list(positions),
        format_func=lambda at: f"{_title(titles[at])} · {day(times[at])}",
        placeholder="Choose items, or type to find them",
        key=_key(chosen, source, "items"),
        help="Those that belong least surely stand first." if inside else None,
    )
    names = {target.id: _name(target, level) for target in targets}
    special = [_NEW, _NONE] if inside else [_NEW]
    target = st.selectbox(
        "Move to",
        [*names, *special],
        index=None,
        format_func=lambda where: names.get(where, where[:1].upper() + where[1:]),
        placeholder="Choose where",
        key=_key(chosen, source, "target"),
    )
    words = f"Move {count(len(items), 'item')}" if items else "Move"
    if st.button(
        words,
        icon=":material/move_item:",
        disabled=not items or target is None,
        key=_key(chosen, source, "move"),
    ):
        if target == _NEW:
            _do(chosen, level, lambda desk: desk.split(items))
        else:
            where = None if target == _NONE else target
            _do(chosen, level, lambda desk: desk.move(items, where))


def _split(chosen: Chosen, journey: Journey, level: int) -> None:
    try:
        desk = _desk(chosen, level)
        stays, leaves = desk.halves(journey.id)
    except JourneysError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    st.caption("The items in two groups of like ones, the most typical of each first.")
    for column, words, half in zip(
        st.columns(2), ("Stays", "New journey"), (stays, leaves), strict=True
    ):
        with column:
            st.markdown(f"**{words}: {count(len(half), 'item')}**")
            st.markdown(
                "\n".join(f"- :small[{plain(title)}]" for title in _few_titles(chosen, half))
            )
    if st.button(
        "Split in two", icon=":material/call_split:", key=_key(chosen, journey.id, "split")
    ):
        _do(chosen, level, lambda desk: desk.split(leaves))
    st.caption("To choose the items yourself, use *Move items* and *A new journey*.")


def _do(chosen: Chosen, level: int, change: Callable[[Desk], str]) -> None:
    """Carry a change out and draw the page anew, or say why it could not be."""
    with told():
        change(_desk(chosen, level))
        newest = store().edits.newest(chosen.person.person_id)
        state.note_change(newest.id if newest else None)
        st.rerun()


def _desk(chosen: Chosen, level: int) -> Desk:
    return open_desk(store(), chosen.run.id, chosen.person.person_id, level)


def _may_edit(chosen: Chosen) -> bool:
    """Say so where changes have to wait."""
    if not _is_newest(chosen):
        st.caption("Changes are made in the newest discovery of this log. Choose it above.")
    elif any(run.active for run in store().runs.list(chosen.log.id, every_kind=True)):
        st.caption(
            "A discovery or a naming of this log is going on. Journeys can be changed once it has "
            "ended."
        )
    else:
        return True
    return False


def _is_newest(chosen: Chosen) -> bool:
    newest = store().runs.latest_with_results(chosen.log.id)
    return newest is not None and newest.id == chosen.run.id


def _key(chosen: Chosen, *parts: str) -> str:
    """A widget's key: another one after each change, since what can be chosen is then another."""
    newest = store().edits.newest(chosen.person.person_id)
    return "-".join(("edit", str(newest.id if newest else 0), *parts))


def _least_sure_first(journey: Journey) -> list[int]:
    rest = set(journey.members.tolist()) - set(journey.boundary)
    return [*journey.boundary, *sorted(rest)]


def _few_titles(chosen: Chosen, positions: Sequence[int]) -> list[str]:
    titles = dict.fromkeys(_title(chosen.timeline.titles[at]) for at in positions)
    return list(titles)[:_TITLES]


def _name(journey: Journey, level: int) -> str:
    return f"{journey.rank}. {_title(journey.name(level))}"


def _title(text: str) -> str:
    line = " ".join(text.split()) or "(no title)"
    return line if len(line) <= _CHARACTERS else f"{line[: _CHARACTERS - 1]}…"
