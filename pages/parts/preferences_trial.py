"""A request to try: which action would be put first for this user, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from journeys.agents.explaining import Reason
from journeys.agents.features import Action
from journeys.agents.intake import EVERYBODY
from journeys.agents.service import PreferenceService, Ranked
from journeys.agents.states import MemoryStates
from pages.parts.preferences_choice import Chosen
from pages.parts.preferences_known import as_of
from pages.parts.text import plain

_NAMES = {
    "agent": "Agent",
    "repo": "Repository",
    "task_type": "Kind of task",
    "language": "Language",
    "domain": "Domain",
    "tool": "Tool",
    "journey": "Journey",
}
_CANDIDATES, _VALUES = 12, 200
_ANY = "not told"


def trial(chosen: Chosen) -> None:
    """The request's fields, the candidates, and the ranking with its reasons."""
    values = _values(chosen)
    fields = [name for name in chosen.model.schema.own if len(values.get(name, ())) > 1]
    if not fields:
        st.info(
            "No field of this user's requests has two values yet, so there is nothing to choose "
            "between."
        )
        return
    varied = st.selectbox(
        "Choose between", fields, format_func=lambda name: _NAMES.get(name, name),
        key=f"{chosen.place}-varied",
    )  # fmt: skip
    candidates = st.multiselect(
        "Candidates",
        values[varied],
        default=values[varied][: min(4, len(values[varied]))],
        max_selections=_CANDIDATES,
        key=f"{chosen.place}-candidates-{varied}",
    )
    others = [name for name in chosen.model.schema.own if values.get(name) and name != varied]
    request = {}
    with st.container(horizontal=True):
        for name in others:
            picked = st.selectbox(
                _NAMES.get(name, name), [_ANY, *values[name]], width=240,
                key=f"{chosen.place}-with-{name}",
            )  # fmt: skip
            if picked != _ANY:
                request[name] = picked
    if not candidates:
        st.info("Choose one candidate or more.")
        return
    at = as_of(chosen, "trial")
    # A trial of its own: nothing is written, and no exploring is counted.
    own = MemoryStates()
    own.put(chosen.user, chosen.state)
    ranking = PreferenceService(own, chosen.known.history, rules=chosen.rules).rank_actions(
        EVERYBODY,
        chosen.user,
        request,
        [Action(value, {varied: value}) for value in candidates],
        at,
        reasons=len(candidates),
    )
    same = _same(ranking.actions)
    for place, action in enumerate(ranking.actions, start=1):
        _action(place, action, same)
    if same:
        st.caption(
            "All of them alike: "
            + " ".join(f"{_person(each.words)} ({each.moved:+.2f})" for each in same.values())
        )
    st.caption(
        f"The order is by what is expected, with version {ranking.version} of the shared weights. "
        "Nothing is written by trying."
    )


def _same(actions: Sequence[Ranked]) -> dict[tuple[str, bool], Reason]:
    """What moves all candidates alike, and so explains none's place."""
    if len(actions) < 2:
        return {}
    found = [{(reason.id, reason.own): reason for reason in action.reasons} for action in actions]
    return {
        key: reason
        for key, reason in found[0].items()
        if all(key in each and each[key].moved == reason.moved for each in found[1:])
    }


def _action(place: int, action: Ranked, same: Mapping[tuple[str, bool], Reason]) -> None:
    with st.container(border=True):
        st.markdown(
            f"**{place}. {plain(action.id)}** · accepted with a chance of {action.chance:.0%}"
        )
        reasons = [each for each in action.reasons if (each.id, each.own) not in same]
        if not reasons:
            st.caption("Nothing that is known moves this one more than the others.")
            return
        st.markdown(
            "\n".join(
                f"- {_person(reason.words)} ({'own' if reason.own else 'all users'}, "
                f"{reason.moved:+.2f})"
                for reason in reasons
            )
        )


def _person(words: str) -> str:
    """A reason of the second person as told of somebody."""
    told = words.replace("you accept", "this user accepts").replace(
        "You accept", "This user accepts"
    )
    return plain(told.replace("you accepted", "they accepted"))


def _values(chosen: Chosen) -> dict[str, list[str]]:
    """Values by field: this user's, the most frequent first, then those that all share."""
    own: Counter[str] = Counter(
        name for episode in chosen.state.episodes for name in episode.features.own
    )
    shared = sorted(name for name in chosen.model.table.ids if "&" not in name)
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys([*(each for each, _ in own.most_common()), *shared]):
        field, _, value = name.partition("=")
        held = found.setdefault(field, [])
        if len(held) < _VALUES:
            held.append(value)
    return found
