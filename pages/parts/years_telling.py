"""Having a person's parts told of by a language model: what it will cost, the start, the way."""

from __future__ import annotations

import streamlit as st

from journeys.memory.costs import ENDPOINT_SECONDS, LOCAL_SECONDS, Measured, expected
from journeys.store import RunSummary, TellingJob
from pages.parts.actions import wake_worker
from pages.parts.job_progress import Wording, job_progress
from pages.parts.namers import LABELS, available, ways_to_a_model
from pages.parts.notices import told
from pages.parts.resources import store
from pages.parts.text import count, duration
from pages.parts.years_choice import Chosen

#: Parts suggested at first: a look before the whole.
_FIRST = 5


def telling(chosen: Chosen) -> None:
    """Who should tell, of how many parts, and the start."""
    untold = store().memory.untold(chosen.memory.id, [chosen.person.person_id])
    waiting = untold.get(chosen.person.person_id, [])
    total = len(chosen.years.parts)
    title = (
        f"Tell of the {count(len(waiting), 'part')} that {'is' if len(waiting) == 1 else 'are'} "
        "not told of yet"
        if waiting
        else f"All {count(total, 'part')} are told of: tell anew"
    )
    folded = st.expander(
        title, expanded=False, icon=":material/history_edu:", key="years-tell", on_change="rerun"
    )
    if not folded.open:
        return
    with folded:
        now = available()
        usable = [teller for teller in ("openai", "local") if not now.problem(teller)]
        if not usable:
            st.markdown(
                "This needs a language model. Until then the page shows what the counts of events "
                "say."
            )
            ways_to_a_model()
            return
        st.caption(
            "Each part is told of once, the earliest first: what it was about, then what changed. "
            "It goes on when this page is closed; what was told is kept if you stop."
        )
        teller = st.radio("Told by", usable, format_func=LABELS.__getitem__, key="years-teller")
        anew = not waiting or st.checkbox(
            "Also those told of before, as a further version",
            help="Only what this model has not told yet. Earlier versions stay, and what is told "
            "last counts.",
            key="years-anew",
        )
        numbers = [part.record.number for part in chosen.years.parts] if anew else waiting
        most = st.number_input(
            "Parts", 1, len(numbers), min(_FIRST, len(numbers)), key=f"years-most-{chosen.place}"
        )
        asked = numbers[: int(most)]
        _expectation(chosen, asked, teller)
        job = _job(chosen)
        busy = job is not None and job.active
        if st.button(
            f"Tell of {count(len(asked), 'part')}",
            type="primary",
            key="years-tell-start",
            disabled=busy,
            help="Telling is going on." if busy else None,
        ):
            with told():
                store().memory_jobs.create(
                    TellingJob(
                        chosen.memory.id, chosen.person.person_id, teller, asked[-1], anew=anew
                    )
                )
                wake_worker()
                st.rerun()


def _expectation(chosen: Chosen, asked: list[int], teller: str) -> None:
    typical = LOCAL_SECONDS if teller == "local" else ENDPOINT_SECONDS
    will = expected(
        chosen.years.items, asked, chosen.names, Measured.of(chosen.notes), typical
    )  # fmt: skip
    where = "Nothing leaves this machine." if teller == "local" else "Redacted titles are sent."
    st.caption(
        f":material/payments: At most {count(will.calls, 'call')}, about "
        f"{will.prompt_tokens:,} tokens sent and {will.completion_tokens:,} answered, "
        f"{duration(will.seconds)}. {where}"
    )


def telling_progress(chosen: Chosen) -> None:
    """How far the person's newest job is, or how it ended; nothing where all is well."""
    job_progress(lambda: _job(chosen), f"years-{chosen.place}", _WORDING)


def _job(chosen: Chosen) -> RunSummary | None:
    return store().memory_jobs.newest(chosen.memory.id, chosen.person.person_id)


_WORDING = Wording(
    key="years",
    doing=lambda job: f"Telling: {job.done:,} of {count(job.total, 'part')}",
    kept="What was told is kept.",
    stopping="Stopping after the part that is being told of.",
    stopped="Telling was stopped.",
)
