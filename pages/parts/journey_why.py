"""Why this name: the items it rests on with its words in them, and how it came about."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from journeys.discovery.evidence import build_evidence
from journeys.discovery.storage import PERSON_NAMER
from journeys.journey import Journey
from journeys.naming.checks import Ground
from journeys.naming.rejected import rejected
from journeys.naming.support import Support, support
from journeys.store.rows import NamingRecord
from pages.parts.journey_choice import Chosen
from pages.parts.namer_words import namer_words
from pages.parts.resources import store
from pages.parts.text import count, day, moment, plain

#: Items that are shown before "show all", and at most.
FEW, MOST = 6, 200

#: Told by weight and line, and by colour only besides, so that it is seen by everybody.
_MARK = (
    "background: color-mix(in srgb, currentColor 12%, transparent); color: inherit; "
    "font-weight: 700; text-decoration: underline; text-underline-offset: 2px; padding: 0 1px"
)


def why_this_name(chosen: Chosen, journey: Journey, level: int, current: NamingRecord) -> None:
    """The items, the words that no item has, and who gave the name."""
    name = journey.name(level)
    st.markdown(f"**Why “{plain(name)}”?**")
    positions, titles = _items(chosen, journey)
    grounds = support(name, titles)
    cited = _cited(chosen, journey, level, positions)
    if cited:
        shown = [grounds.of(at) for at in cited]
        st.markdown(
            f"The model says that the name rests on {_these(len(shown))}. Its words are marked."
        )
    elif grounds.titles:
        shown = list(grounds.titles)
        st.markdown(
            f"{count(len(shown), 'title has', 'titles have')} words of it, of "
            f"{count(len(titles), 'title')} in all. Those with most of them stand first."
        )
    else:
        shown = [grounds.of(at) for at in range(len(titles))]
        st.markdown("No title has a word of it. These are the most typical items:")
    _list(chosen, journey, [(positions[s.at], titles[s.at], s) for s in shown])
    if grounds.titles and grounds.missing:
        words = ", ".join(f"“{plain(word)}”" for word in grounds.missing)
        st.caption(f":material/edit_note: In no title: {words}.")
    _origin(chosen, journey, level, current)


def _these(number: int) -> str:
    return "this item" if number == 1 else f"these {number:,} items"


def _items(chosen: Chosen, journey: Journey) -> tuple[list[int], list[str]]:
    """Positions and titles of a journey's items, the most typical first, each title once."""
    titles = chosen.timeline.titles
    first: dict[str, int] = {}
    for at in (*journey.central, *journey.members.tolist()):
        if titles[at].strip():
            first.setdefault(" ".join(titles[at].split()), at)
    return list(first.values()), list(first)


def _cited(chosen: Chosen, journey: Journey, level: int, positions: Sequence[int]) -> list[int]:
    """Indices of the items that the namer cited for the level, as far as they are there."""
    cited = journey.names.cited[level - 1] if len(journey.names.cited) >= level else ()
    if not cited:
        return []
    items = chosen.timeline.frame["item_id"].tolist()
    titles = chosen.timeline.titles
    index = {" ".join(titles[at].split()): place for place, at in enumerate(positions)}
    # The same title may stand for several items.
    place = {items[at]: index.get(" ".join(titles[at].split())) for at in journey.members.tolist()}
    found = [place.get(item) for item in cited]
    return list(dict.fromkeys(at for at in found if at is not None))


def _list(chosen: Chosen, journey: Journey, items: Sequence[tuple[int, str, Support]]) -> None:
    place = st.container()
    everything = len(items) > FEW and st.toggle(
        f"Show all {min(len(items), MOST):,}", key=f"why-all-{journey.id}"
    )
    times = chosen.timeline.times
    lines = "".join(
        f"<li>{marked(title, found.spans)} "
        f'<span style="opacity: .7">· {day(int(times[at]))}</span></li>'
        for at, title, found in items[: MOST if everything else FEW]
    )
    place.html(
        '<ul style="margin: 0; padding-left: 1.2rem; font-size: .875rem; overflow-wrap: anywhere">'
        f"{lines}</ul>"
    )


def marked(title: str, spans: Sequence[tuple[int, int]]) -> str:
    """A title as HTML, escaped, with spans of it marked."""
    parts, at = [], 0
    for start, end in spans:
        word = escape(title[start:end])
        parts.append(f'{escape(title[at:start])}<mark style="{_MARK}">{word}</mark>')
        at = end
    return "".join([*parts, escape(title[at:])])


def _origin(chosen: Chosen, journey: Journey, level: int, current: NamingRecord) -> None:
    """Who gave the name, when, for how many tokens, and what did not pass."""
    names = journey.names
    answers = [store().completions.get(key) for key in names.completion_keys]
    kept = [answer for answer in answers if answer is not None]
    words = namer_words(names)
    parts = [words[:1].upper() + words[1:], moment(current.created_at)]
    if current.chosen:
        parts.append("chosen by hand")
    tokens = sum(answer.prompt_tokens + answer.completion_tokens for answer in kept)
    if tokens and names.namer != PERSON_NAMER:
        calls = count(len(kept), "answer")
        parts.append(f"{count(tokens, 'token')} in {calls} for all levels")
    st.caption(f":material/info: {' · '.join(parts)}")
    if level not in names.fallback:
        return
    ground = Ground.of(build_evidence(chosen.timeline, chosen.found, journey))
    refused = rejected([answer.text for answer in kept], level, ground)
    st.markdown(
        "What the model said at this level did not pass the checks, so another name stands in."
    )
    if not refused:
        gone = "Its answer is not kept any more."
        st.caption("The reason can no longer be told from its answer." if kept else gone)
        return
    st.markdown(
        "\n".join(
            f"- :small[“{plain(one.name)}” {plain(one.reason)}]"
            if one.name
            else "- :small[It gave no name]"
            for one in refused
        )
    )
