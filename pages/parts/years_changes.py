"""What changed and when, part by part, each statement with who makes it and its evidence."""

from __future__ import annotations

import streamlit as st

from journeys.memory.notes import Change, Summary
from journeys.memory.years import Part
from pages.parts.text import count, day, plain
from pages.parts.years_choice import Chosen

_WORDS = {
    "new": (":material/add_circle:", "Begun"),
    "returned": (":material/replay:", "Returned"),
    "growing": (":material/trending_up:", "Growing"),
    "fading": (":material/trending_down:", "Fading"),
    "dropped": (":material/do_not_disturb_on:", "Dropped"),
}
_BY = {
    "model": ":violet-badge[model]",
    "counts": ":gray-badge[counts]",
    "both": ":green-badge[model and counts]",
}
#: Parts of a year that are drawn at once.
_PARTS = 25

#: Items that an opened change shows.
_MOST_ITEMS = 20


def what_changed(chosen: Chosen) -> None:
    """The parts of one calendar year, the newest first."""
    st.caption(
        "Who says so: :violet-badge[model] a language model, not contradicted by the events; "
        ":gray-badge[counts] the numbers of events alone; :green-badge[model and counts] both."
    )
    refused = chosen.years.refused
    if refused:
        st.caption(
            f"{count(refused, 'change')} that the model told "
            f"{'was' if refused == 1 else 'were'} refused, as the events say otherwise."
        )
    all_years = list(dict.fromkeys(part.year for part in reversed(chosen.years.parts)))
    first_told = next((p.year for p in reversed(chosen.years.parts) if p.told), all_years[0])
    year = st.pills(
        "Year",
        all_years,
        default=first_told,
        required=True,
        format_func=str,
        key=f"years-year-{chosen.place}",
    )
    parts = [part for part in reversed(chosen.years.parts) if part.year == year]
    pages = -(-len(parts) // _PARTS)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=f"years-page-{chosen.place}-{year}")
    for part in parts[(page - 1) * _PARTS : page * _PARTS]:
        _part(chosen, part)


def _part(chosen: Chosen, part: Part) -> None:
    record = part.record
    with st.container(border=True, key=f"years-part-{record.number}"):
        late = f" · {record.n_late:,} late" if record.n_late else ""
        st.caption(
            f"Part {record.number} · {day(record.first_at)} to {day(record.last_at)} · "
            f"{count(record.n_events, 'event')}{late}"
        )
        by = _BY[part.summary.by if part.told else "counts"]
        if part.told and part.summary.text:
            st.markdown(f"**{plain(part.summary.text)}** {by}")
        elif part.summary.interests:
            strongest = ", ".join(
                f"{plain(one.name)} ({one.share:.0%})" for one in part.summary.interests[:4]
            )
            st.markdown(f"{strongest} {by}")
        else:
            st.markdown("No journey is known in this part, and no model has told of it.")
        if part.shift.text:
            st.markdown(f"{plain(part.shift.text)} {_BY['model']}")
        for at, change in enumerate(part.shift.changes):
            _change(chosen, part, at, change)
        if not part.shift.changes and record.number > 1:
            st.caption("No clear change since the part before.")
        _versions(chosen, record.number)


def _change(chosen: Chosen, part: Part, at: int, change: Change) -> None:
    returned = chosen.years.returned(change, part.record.number)
    icon, word = _WORDS["returned" if returned else change.kind]
    name = f"**{plain(change.name)}**"
    if change.earlier:
        name = f"from {plain(change.earlier)} to {name}"
    folded = st.expander(
        f"{icon} {word}: {name} :small[:gray[{change.before:.0%} → {change.now:.0%}]] "
        f"{_BY[change.by]}",
        type="compact",
        key=f"years-change-{chosen.place}-{part.record.number}-{at}",
        on_change="rerun",
    )
    if not folded.open:
        return
    with folded:
        items = chosen.years.evidence(change)
        if change.kind == "dropped":
            st.caption("From the part before:")
        st.markdown(
            "\n".join(
                f"- :small[{plain(item.title) or '(no title)'} :gray[· {day(item.at)}]]"
                for item in items[:_MOST_ITEMS]
            )
        )
        if len(items) > _MOST_ITEMS:
            st.caption(f"and {len(items) - _MOST_ITEMS:,} more")


def _versions(chosen: Chosen, number: int) -> None:
    """Who told of a part; and what was told before, where it was told anew."""
    summaries = [
        note for note in chosen.notes if note.number == number and isinstance(note.note, Summary)
    ]
    if len(summaries) < 2:
        return
    folded = st.expander(
        f"Earlier versions ({len(summaries) - 1})",
        type="compact",
        key=f"years-versions-{chosen.place}-{number}",
        on_change="rerun",
    )
    if folded.open:
        with folded:
            for note in summaries[:-1]:
                assert isinstance(note.note, Summary)
                st.markdown(
                    f"- :small[Version {note.version}, {day(note.created_at)}, by "
                    f"{plain(note.teller)}: {plain(note.note.text)}]"
                )
