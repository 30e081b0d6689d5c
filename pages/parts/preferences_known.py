"""What is known of a user, and letting it go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from journeys.agents.explaining import Reason, preferences, said
from journeys.figures.preferences import preferences_figure
from pages.parts import state
from pages.parts.journey_pictures import ink
from pages.parts.preferences_choice import Chosen
from pages.parts.preferences_service import operations
from pages.parts.text import count, plain

_MOST = 12


def known(chosen: Chosen) -> None:
    """Preferences, the strongest first, with how sure each is."""
    at = as_of(chosen, "known")
    found = preferences(chosen.state.rows, chosen.rules, at, most=_MOST)
    if not found:
        st.info(
            f"{count(len(chosen.state.episodes), 'request')}, and no answer to any of them yet. A "
            "preference is learnt from what somebody accepts and rejects: say it in the tab "
            "Requests, or let the agent tell it."
        )
    else:
        st.markdown(
            f"Learnt from {count(chosen.state.rows.events, 'answer')} to "
            f"{count(len(chosen.state.episodes), 'request')}."
        )
        names = [said(each.id) for each in found]
        st.plotly_chart(
            preferences_figure(
                names,
                [each.moved for each in found],
                [each.certainty for each in found],
                ink=ink(),
            ),
            key="preferences-known",
            config={"displayModeBar": False},
            alt="How far each preference moves acceptance; the table below has the numbers.",
        )
        st.caption(
            f"How far each moves what is expected of everybody else, as of {at.day} {at:%b %Y}; "
            "what was learnt long ago counts less. The larger the point, the surer it is. 0.4 is "
            "about ten percentage points where the odds are even."
        )
        if st.toggle("Show as a table", key="preferences-table"):
            st.markdown(_table(found))
    _letting_go(chosen)


def as_of(chosen: Chosen, where: str) -> datetime:
    """The moment of which the page tells: of a log that ended long ago, little is left today."""
    today = datetime.now(UTC)
    if chosen.last is None or (today - chosen.last).days < 7:
        return today
    last = f"{chosen.last.day} {chosen.last:%b %Y}, their last"
    picked = st.segmented_control(
        "As of", [last, "Today"], default=last, key=f"{chosen.place}-{where}-as-of"
    )
    return today if picked == "Today" else chosen.last


def _table(found: Sequence[Reason]) -> str:
    lines = ["| With | Log-odds of acceptance | Certainty |", "|---|---|---|"]
    lines += [
        f"| {plain(said(each.id))} | {each.moved:+.2f} | {each.certainty:.0%} |" for each in found
    ]
    return "\n".join(lines)


def _letting_go(chosen: Chosen) -> None:
    with st.expander("Unlearn or erase this user", icon=":material/delete:"):
        st.markdown(
            "**Unlearn** keeps the requests and drops all that was said to them. **Erase** drops "
            "everything that agents know of this user, and withdraws the shared weights that were "
            "fitted on them. Neither can be undone. Their logs stay: erase those in Logs."
        )
        sure = st.checkbox("Yes, I mean this user", key=f"{chosen.place}-sure")
        with st.container(horizontal=True):
            st.button(
                "Unlearn", disabled=not sure, on_click=_unlearn, args=(chosen,),
                icon=":material/restart_alt:", key=f"{chosen.place}-unlearn",
            )  # fmt: skip
            st.button(
                "Erase", disabled=not sure, on_click=_erase, args=(chosen,),
                icon=":material/delete_forever:", key=f"{chosen.place}-erase",
            )  # fmt: skip


def _unlearn(chosen: Chosen) -> None:
    operations().reset(chosen.user)
    state.notify("What this user said was unlearnt. Their requests are kept.")


def _erase(chosen: Chosen) -> None:
    erased = operations().forget(chosen.user)
    words = "Everything that agents knew of this user is erased."
    if erased.models:
        words += " Shared weights that were fitted on them are withdrawn: refresh them in Metrics."
    state.notify(words)
