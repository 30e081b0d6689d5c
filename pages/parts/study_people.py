"""Who is invited to a study, how far they are, and the links, which are shown once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from journeys.store import Link, Progress, Study
from journeys.study.links import links_csv
from journeys.study.roles import Right, require
from journeys.study.tokens import invitation_link
from pages.parts import state
from pages.parts.notices import told
from pages.parts.paging import paged
from pages.parts.person_choice import LISTED, find_field
from pages.parts.resources import store
from pages.parts.study_role import allowed, role
from pages.parts.text import count, day, plain

_LINKS = "study-links"

#: Remarks on logs that the page shows.
_REMARKS = 100


def people_panel(study: Study) -> None:
    """Progress for everybody who may see it; names, links and revoking for the owner."""
    progress = store().invitations.progress(study.id)
    if progress.invited:
        _progress(progress)
    else:
        st.info("Nobody is invited yet." + (
            " Choose people below and create their links." if allowed(Right.INVITE) else ""
        ))  # fmt: skip
    if not allowed(Right.INVITE):
        return
    if progress.invited:
        _table(study, progress)
        _remarks(study)
    _links(study)
    _invite(study)
    if progress.invited:
        _change(study, progress)


def _progress(progress: Progress) -> None:
    states = Counter(progress.states)
    # Everybody further on was invited, opened and consented, too.
    steps = {
        "Invited": progress.invited,
        "Opened": progress.opened,
        "Consent stands": states["consented"] + states["done"],
        "Done": states["done"],
    }
    for column, (name, number) in zip(st.columns(len(steps)), steps.items(), strict=True):
        column.metric(name, number)
    left = {name: states[name] for name in ("revoked", "expired", "withdrawn") if states[name]}
    if left:
        st.caption(", ".join(f"{number} {name}" for name, number in left.items()).capitalize())


def _table(study: Study, progress: Progress) -> None:
    paged(
        "study-invitations",
        progress.invited,
        lambda limit, offset: [
            {
                "person": i.pseudonym,
                "state": i.state,
                "answered": i.answered,
                "invited": day(i.created_at),
                "expires": day(i.expires_at),
                "design": f"version {i.version}",
            }
            for i in store().invitations.list(study.id, limit=limit, offset=offset)
        ],
    )


def _remarks(study: Study) -> None:
    """What participants say is wrong with their logs, for who may read their words."""
    if not allowed(Right.SEE_WORDS):
        return
    said = store().invitations.remarks(study.id, _REMARKS + 1)
    if said:
        more = len(said) > _REMARKS
        number = f"more than {_REMARKS} participants" if more else count(len(said), "participant")
        with st.expander(
            f"Something is wrong with a log, {number} said",
            icon=":material/report:",
            key="study-remarks",
        ):
            st.markdown(
                "\n".join(f"- {plain(who)}: “{plain(words)}”" for who, words in said[:_REMARKS])
            )
            if more:
                st.caption(f"The newest {_REMARKS}; the export under Study results has all.")


def _invite(study: Study) -> None:
    runs = list(dict.fromkeys(study.runs.values()))
    number = store().invitations.waiting_number(study.id, runs)
    if not number:
        anybody = any(store().listing.number(run) for run in runs)
        st.caption("Everybody who has journeys is invited." if anybody else "")
        return
    beginning = find_field(number, "study-find")
    waiting = {
        person.person_id: person
        for person in store().invitations.waiting(study.id, runs, beginning=beginning, limit=LISTED)
    }
    with st.form("study-invite"):
        chosen = st.multiselect(
            "People to invite",
            list(waiting),
            default=list(waiting) if number <= 50 else [],
            format_func=lambda id_: (
                f"{waiting[id_].pseudonym} · {count(waiting[id_].n_journeys, 'journey')}"
            ),
            key="study-who",
            help="People without journeys are not listed: there is nothing to show them.",
        )
        everybody = st.checkbox(
            f"Everybody: {count(number, 'person', 'people')}", key="study-everybody"
        )
        days = st.number_input(
            "Days that the links work", 1, 730, study.design.expires_days, key="study-days"
        )
        if st.form_submit_button("Create links", type="primary", icon=":material/link:"):
            with told():
                require(role(), Right.INVITE)
                who = store().invitations.waiting_ids(study.id, runs) if everybody else chosen
                links = store().invitations.invite(study.id, who, expires_days=int(days))
                _keep(study, links)
                st.rerun()


def _keep(study: Study, links: Sequence[Link]) -> None:
    st.session_state[_LINKS] = (study.id, list(links))
    state.notify(f"{count(len(links), 'link was', 'links were')} created.")


def _links(study: Study) -> None:
    """The links just made: this session's only, until they are put away."""
    owner, links = st.session_state.get(_LINKS, (None, []))
    if owner != study.id or not links:
        return
    with st.container(border=True, key="study-links-card"):
        st.markdown(
            f"**{count(len(links), 'link')}, shown once.** They are kept nowhere: download them "
            "now. Whoever has a link is that participant, so send each to one person only."
        )
        if study.state != "open":
            st.warning("The links work once the study is open.", icon=":material/lock:")
        base = st.text_input("Where participants reach this app", _address(), key="study-base")
        with st.container(horizontal=True):
            st.download_button(
                "Download the links (CSV)",
                links_csv(
                    links,
                    base,
                    reminders=study.design.reminders,
                    today=datetime.now(UTC),
                ),
                f"study-{study.id}-links.csv",
                "text/csv",
                type="primary",
                icon=":material/download:",
                key="study-links-csv",
            )
            if st.button("Put them away", icon=":material/visibility_off:", key="study-put-away"):
                st.session_state.pop(_LINKS)
                st.rerun()
        if len(links) == 1:
            st.code(invitation_link(base, links[0].token), language=None)


def _address() -> str:
    """Scheme and host under which this page was opened."""
    url = st.context.url or "http://localhost:8501"
    return "/".join(url.split("/")[:3])


def _change(study: Study, progress: Progress) -> None:
    with st.expander("Revoke or renew a link", icon=":material/link_off:", key="study-change"):
        beginning = find_field(progress.invited, "study-change-find")
        found = store().invitations.list(study.id, beginning=beginning, limit=LISTED)
        by_id = {invitation.id: invitation for invitation in found}
        if not by_id:
            st.caption("Nobody's pseudonym begins like this.")
            return
        chosen = st.selectbox(
            "Participant",
            list(by_id),
            format_func=lambda id_: f"{by_id[id_].pseudonym} · {by_id[id_].state}",
            key="study-invitation",
        )
        with st.container(horizontal=True):
            if st.button("Revoke the link", icon=":material/block:", key="study-revoke"):
                with told():
                    store().invitations.revoke(chosen)
                    state.notify("The link opens nothing any more. The answers stay.")
                    st.rerun()
            if st.button("Make another link", icon=":material/autorenew:", key="study-renew"):
                with told():
                    _keep(study, [store().invitations.renew(chosen)])
                    st.rerun()
        st.caption("Another link replaces the old one, which then opens nothing. Answers stay.")
