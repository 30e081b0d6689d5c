"""One name after the other: what the journey holds, the two questions, skip and undo.

Every answer is a button with a key of its own on the keyboard, and the next name comes by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from journeys.evaluation.labelling import (
    Item,
    Key,
    in_order,
    seconds_left,
    still_to_label,
)
from journeys.journey import LEVELS, Journey
from journeys.naming.rubric import FIT, JudgePrompt, Rubric
from journeys.store import Label, LabelRecord, RunSummary
from journeys.timeline import Timeline
from pages.parts import state
from pages.parts.journey_events import event_list, event_table
from pages.parts.resources import store
from pages.parts.text import count, duration, plain

#: Items that a labeller sees at first: the most typical, and the latest of the others.
_CENTRAL, _RECENT = 6, 4

#: Keys of the keyboard; Streamlit keeps C and R for itself.
_KEYS = {"broad": "B", "right": "J", "specific": "S"}

_FIT, _SPECIFIC = "fit", "specificity"


def label_card(run: RunSummary, items: Sequence[Item], rater: str) -> None:
    """Ask a rater about the next name, or say that all is done."""
    given = store().labels.of_run(run.id, rater)
    session = state.kept("labelling", (run.id, rater))
    skipped: set[Key] = session.setdefault("skipped", set())
    order = in_order(items, seed=run.id, rater=rater)
    left = still_to_label(order, [record.label for record in given], skipped)
    _progress(len(order), left, given)
    if not left:
        st.success("All names are labelled. Thank you.", icon=":material/done_all:")
        _undo(run, rater, given, skipped)
        return
    item = left[0]
    found = _journey(run, item)
    if found is None:
        st.warning("This journey is no longer there. Load the page again.")
        return
    _ask(run, rater, item, *found)
    with st.container(horizontal=True):
        st.button(
            "Skip", icon=":material/skip_next:", shortcut="K", key="label-skip",
            on_click=skipped.add, args=(item.key,), disabled=len(left) < 2,
            help="The name comes back at the end.",
        )  # fmt: skip
        _undo(run, rater, given, skipped)


def _progress(total: int, left: Sequence[Item], given: Sequence[LabelRecord]) -> None:
    seconds = seconds_left([record.created_at for record in given], len(left))
    words = f"{total - len(left)} of {count(total, 'name')}. Answers save at once."
    if left and seconds is not None:
        words += f" About {duration(seconds)} left."
    st.progress((total - len(left)) / total, words)


def _journey(run: RunSummary, item: Item) -> tuple[Timeline, Journey] | None:
    timeline = store().logs.timeline(item.person_id, run.id)
    found = store().results.user(run.id, item.person_id, timeline)
    own = [journey for journey in found.journeys if journey.id == item.journey_id]
    return (timeline, own[0]) if own else None


def _ask(run: RunSummary, rater: str, item: Item, timeline: Timeline, journey: Journey) -> None:
    rubric = JudgePrompt.shipped().rubric
    with st.container(border=True, key="label-card"):
        # Beside each other where there is room, so that the items stay in sight.
        left, right = st.columns([2, 3], gap="large")
        with left:
            _items(timeline, journey)
        with right:
            level = rubric.levels[item.level]
            st.markdown(f"#### {plain(item.name)}")
            st.caption(
                f"Level {item.level} of {len(LEVELS)}: {plain(level.meaning)}; of somebody else, "
                f"for example, “{plain(level.example)}”."
            )
            _questions(run, rater, item, rubric)


def _items(timeline: Timeline, journey: Journey) -> None:
    titles = timeline.titles
    central = _different(titles, journey.central, set())[:_CENTRAL]
    shown = {titles[at] for at in central}
    recent = _different(titles, journey.members[::-1].tolist(), shown)[:_RECENT]
    st.markdown(f"**What the journey holds** · {count(len(journey), 'item')}")
    event_list(timeline, central)
    if recent:
        st.caption("Lately")
        event_list(timeline, recent)
    if len(journey) > len(central) + len(recent) and st.toggle(
        "Show all", key=f"label-all-{journey.id}"
    ):
        event_table(timeline, journey.members.tolist(), key=f"label-events-{journey.id}")


def _different(titles: Sequence[str], positions: Iterable[int], shown: set[str]) -> list[int]:
    """The positions whose title has not been shown, each title once."""
    first: dict[str, int] = {}
    for at in positions:
        if titles[at] not in shown:
            first.setdefault(titles[at], at)
    return list(first.values())


def _questions(run: RunSummary, rater: str, item: Item, rubric: Rubric) -> None:
    answers = state.kept("label-answers", (run.id, rater, item.key))
    st.markdown(f"**{plain(rubric.fit.question)}**")
    for fit in reversed(FIT):
        _button(run, rater, item, _FIT, fit, rubric.fit.points[str(fit)], str(fit),
                chosen=answers.get(_FIT) == fit)  # fmt: skip
    st.markdown(f"**{plain(rubric.specificity.question)}**")
    st.caption("Not asked of a wrong name.")
    for point, text in rubric.specificity.points.items():
        _button(run, rater, item, _SPECIFIC, point, text, _KEYS[point],
                chosen=answers.get(_SPECIFIC) == point)  # fmt: skip


def _button(
    run: RunSummary,
    rater: str,
    item: Item,
    part: str,
    value: int | str,
    text: str,
    shortcut: str,
    *,
    chosen: bool,
) -> None:
    st.button(
        plain(text[:1].upper() + text[1:]),
        key=f"label-{part}-{value}",
        type="primary" if chosen else "secondary",
        icon=":material/check:" if chosen else None,
        shortcut=shortcut,
        width="stretch",
        wrap=True,
        on_click=_answer,
        args=(run, rater, item, part, value),
    )


def _answer(run: RunSummary, rater: str, item: Item, part: str, value: int | str) -> None:
    """Note an answer; once both are there, or the name is wrong, save the label."""
    answers = state.kept("label-answers", (run.id, rater, item.key))
    answers[part] = value
    fit = answers.get(_FIT)
    if fit is None or (fit != FIT[0] and _SPECIFIC not in answers):
        return
    specificity = "" if fit == FIT[0] else answers[_SPECIFIC]
    label = Label(item.journey_id, item.level, item.name, item.namers, rater, fit, specificity)
    store().labels.save(run.id, label)
    answers.clear()


def _undo(run: RunSummary, rater: str, given: Sequence[LabelRecord], skipped: set[Key]) -> None:
    st.button(
        "Undo the last label",
        icon=":material/undo:",
        shortcut="U",
        key="label-undo",
        disabled=not given,
        on_click=_take_back,
        args=(run, rater, skipped),
    )


def _take_back(run: RunSummary, rater: str, skipped: set[Key]) -> None:
    label = store().labels.undo(run.id, rater)
    if label is not None:
        skipped.discard((label.journey_id, label.level, label.name))
