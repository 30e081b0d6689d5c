"""Names with and without examples from corrections, on participants who gave none."""

from __future__ import annotations

import streamlit as st

from journeys.study.estimates import Estimate
from journeys.study.learning import before_after, of_condition
from pages.parts.resources import store
from pages.parts.study_source import Source
from pages.parts.text import count, plain


def learning_panel(source: Source) -> None:
    """The comparison, where a study's names were made with somebody's corrections."""
    if source.key[0] != "study":
        return
    teachers = store().examples.teachers(int(str(source.key[1])))
    if not teachers:
        return
    answers = source.data.answers
    conditions = sorted(answers["condition"].dropna().unique().tolist())
    st.subheader("With and without examples from corrections", anchor=False)
    st.caption(
        f"Names here were made with what {count(len(teachers), 'person', 'people')} said instead "
        "of a name, as examples. They are left out of the figures of held-out participants."
    )
    if len(conditions) < 2:
        st.caption("To compare, the study needs a condition whose names were made without them.")
        return
    left, right = st.columns(2)
    without = left.selectbox("Made without examples", conditions, key="learning-without")
    others = [key for key in conditions if key != without]
    with_examples = right.selectbox("Made with examples", others, key="learning-with")
    found = before_after(
        of_condition(answers, without), of_condition(answers, with_examples), teachers
    )
    st.dataframe(
        [_row("held-out", each) for each in found.held_out]
        + [_row("gave examples", each) for each in found.teachers],
        hide_index=True,
        key="learning-table",
    )
    for words in dict.fromkeys(each.assumes for each in found.held_out):
        st.caption(plain(words))


def _row(who: str, each: Estimate) -> dict[str, object]:
    return {
        "Participants": who,
        "Figure": each.name,
        "Value": round(each.value, 2),
        "95% interval": f"{each.low:.2f} to {each.high:.2f}",
        "n": each.n,
        "Answers": each.answers,
    }
