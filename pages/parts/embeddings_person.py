"""What an encoder says of one person: drift over months, and people with similar journeys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from journeys.errors import JourneysError
from pages.parts import state
from pages.parts.embeddings_choice import Chosen, needs_encoder, read
from pages.parts.journey_pictures import ink
from pages.parts.resources import store
from pages.parts.text import count, plain

if TYPE_CHECKING:
    from journeys.userllm.drift import Drift
    from journeys.userllm.person import PersonView

#: People that must stand behind whatever is told of others, at least and as suggested.
_LEAST = 5
#: Titles shown.
_SHOWN = 12
_STILL = {"displayModeBar": False}


def drift(chosen: Chosen) -> None:
    """Distance between a person's months, with the events that each rests on."""
    view = _view(chosen, _LEAST)
    if view is None:
        return
    from journeys.figures.drift import distance_figure, steps_figure
    from journeys.userllm.drift import LEAST_EVENTS

    found = view.drift
    shown = int(found.events.sum())
    st.markdown(
        f"{count(len(found.months), 'month')} with {LEAST_EVENTS} events or more, "
        f"{count(shown, 'event')} of this person's {count(view.events, 'event')}."
    )
    if len(found.months) < 2:
        st.info(
            f"Two months with {LEAST_EVENTS} events or more are needed to compare. A month with "
            "fewer says more of those events than of the month."
        )
        return
    st.subheader("Each month against every other", anchor=False)
    st.plotly_chart(
        distance_figure(found.months, found.events, found.distance, ink=ink()),
        key="embeddings-distance",
        config=_STILL,
        alt="Cosine distance between the person's months; the table below has the steps.",
    )
    st.subheader("From month to month", anchor=False)
    st.plotly_chart(
        steps_figure(found.months, found.steps, found.noise, ink=ink()),
        key="embeddings-steps",
        config=_STILL,
        alt="Distance of each month from the one before it, beside what chance would give; the "
        "table below has the numbers.",
    )
    st.caption(
        "0 is the same direction, 1 is unrelated, 2 the opposite. A step below the dashed line is "
        "no larger than the distance between two random halves of one month: it may be no change."
    )
    if st.toggle("Show as a table", key="embeddings-table"):
        _table(found)


def _table(found: Drift) -> None:
    lines = ["| Month (UTC) | Events | From the month before | Between halves of the month |"]
    lines.append("|---" * 4 + "|")
    steps = ["", *(f"{float(step):.2f}" for step in found.steps)]
    for month, events, step, noise in zip(
        found.months, found.events, steps, found.noise, strict=True
    ):
        lines.append(f"| {month.astype(object):%b %Y} | {int(events):,} | {step} | {noise:.2f} |")
    st.markdown("\n".join(lines))


def similar(chosen: Chosen) -> None:
    """What k or more people with similar journeys have in common; never one of them alone."""
    if needs_encoder(chosen):
        return
    k = int(
        st.number_input(
            "People that must stand behind whatever is shown of others",
            _LEAST,
            1000,
            _LEAST,
            key="embeddings-k",
            width=420,
        )
    )
    view = _view(chosen, k)
    if view is None:
        return
    st.subheader("On what the vector rests", anchor=False)
    if view.vector is not None:
        st.markdown(plain(view.vector.told))
        st.caption(
            "With few events the vector leans on the nearest persona, the mean of a group with "
            "long histories; with more it becomes the person's own."
        )
    else:
        st.markdown(
            f"{count(view.events, 'event')} of this person's own, and nothing else: fewer than {k} "
            "people of this log have long histories, so no group may stand in for the rest."
        )
    st.subheader("People with similar journeys", anchor=False)
    if not view.similar:
        st.info(
            f"Fewer than {k} other people are in this log, so nothing is shown: it could be told "
            "whose it is."
        )
        return
    people = view.similar // k * k
    st.markdown(f"{people:,} or more people of this log are most like this person.")
    words = _words(chosen, view, k)
    if words:
        st.markdown(
            "Words in the names of their journeys: "
            + ", ".join(f"**{plain(word)}** ({number:,} or more people)" for word, number in words)
        )
    titles = _shared(chosen, view)
    if titles:
        st.markdown(
            f"{k} or more of them have these, and this person has not:\n\n"
            + "\n".join(f"- {plain(title)}" for title in titles)
        )
        st.caption("The most frequent first. Titles of sensitive topics are left out.")
    elif not words:
        st.info(
            f"There is nothing that {k} or more of them have in common, so nothing of theirs is "
            "shown."
        )


def _words(chosen: Chosen, view: PersonView, k: int) -> list[tuple[str, int]]:
    """What their journeys are called alike; nothing where no journeys were found yet."""
    from journeys.sensitive import flag_texts
    from journeys.userllm.common import common_words, journey_names

    newest = store().runs.latest_with_results(chosen.log.id)
    if newest is None:
        return []
    users = read(chosen)[1].data.users
    people = [users[at] for at in view.alike]
    found = common_words(journey_names(store(), newest.id, people), people, k=k)
    flags = flag_texts([word for word, _ in found])
    return [pair for pair, flag in zip(found, flags, strict=True) if not flag][:_SHOWN]


def _shared(chosen: Chosen, view: PersonView) -> list[str]:
    from journeys.sensitive import flag_texts

    data = read(chosen)[1].data
    titles = [data.catalogue.titles[each] for each in view.shared.tolist()]
    flags = flag_texts(titles)
    return [title for title, flag in zip(titles, flags, strict=True) if title and not flag][:_SHOWN]


def _view(chosen: Chosen, k: int) -> PersonView | None:
    """What the encoder says of the person; None where something was said instead."""
    if needs_encoder(chosen):
        return None
    try:
        trained, log = read(chosen)
        belongs_to = (chosen.log.id, chosen.log.n_events, trained.card.name, trained.card.created)
        views = state.kept("embeddings-views", belongs_to)
        place = (chosen.person.id, k)
        if place not in views:
            with st.spinner("Comparing"):
                from journeys.userllm.person import view_person

                views[place] = view_person(trained, log.data, chosen.person.pseudonym, k=k)
        found: PersonView = views[place]
    except JourneysError as error:
        st.warning(plain(str(error)))
        return None
    return found
