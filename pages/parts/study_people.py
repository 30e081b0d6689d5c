"""Who is invited to a study, how far they are, and the links, which are shown once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from journeys.store import Invitation, Link, Study
from journeys.study.links import links_csv
from journeys.study.roles import Right, require
from journeys.study.tokens import invitation_link
from pages.parts import state
from pages.parts.notices import told
from pages.parts.resources import store
from pages.parts.study_role import allowed, role
from pages.parts.text import count, day, plain

_LINKS = "study-links"


def people_panel(study: Study) -> None:
    """Progress for everybody who may see it; names, links and revoking for the owner."""
    invitations = store().invitations.list(study.id)
    if invitations:
        _progress(invitations)
    else:
        st.info("Nobody is invited yet." + (
            " Choose people below and create their links." if allowed(Right.INVITE) else ""
        ))  # fmt: skip
    if not allowed(Right.INVITE):
        return
    if invitations:
        _table(invitations)
        _remarks(study)
    _links(study)
    _invite(study, invitations)
    if invitations:
        _change(study, invitations)


def _progress(invitations: Sequence[Invitation]) -> None:
    states = Counter(invitation.state for invitation in invitations)
    # Everybody further on was invited, opened and consented, too.
    steps = {
        "Invited": len(invitations),
        "Opened": sum(i.first_used_at is not None for i in invitations),
        "Consent stands": states["consented"] + states["done"],
        "Done": states["done"],
    }
    for column, (name, number) in zip(st.columns(len(steps)), steps.items(), strict=True):
        column.metric(name, number)
    left = {name: states[name] for name in ("revoked", "expired", "withdrawn") if states[name]}
    if left:
        st.caption(", ".join(f"{number} {name}" for name, number in left.items()).capitalize())


def _table(invitations: Sequence[Invitation]) -> None:
    st.dataframe(
        [
            {
                "person": i.pseudonym,
                "state": i.state,
                "answered": i.answered,
                "invited": day(i.created_at),
                "expires": day(i.expires_at),
                "design": f"version {i.version}",
            }
            for i in invitations
        ],
        hide_index=True,
        key="study-invitations",
    )


def _remarks(study: Study) -> None:
    """What participants say is wrong with their logs, for who may read their words."""
    if not allowed(Right.SEE_WORDS):
        return
    said = [
        (record.pseudonym, correction.words)
        for record in store().study_results.participants(study.id)
        for correction in record.corrections
        if correction.kind == "log"
    ]
    if said:
        with st.expander(
            f"Something is wrong with a log, {count(len(said), 'participant')} said",
            icon=":material/report:",
            key="study-remarks",
        ):
            st.markdown("\n".join(f"- {plain(who)}: “{plain(words)}”" for who, words in said))


def _invite(study: Study, invitations: Sequence[Invitation]) -> None:
    invited = {invitation.pseudonym for invitation in invitations}
    runs = dict.fromkeys(study.runs.values())
    found = {p.person_id: p for run in runs for p in store().results.people(run)}
    waiting = {
        id_: person
        for id_, person in found.items()
        if person.n_journeys and person.pseudonym not in invited
    }
    if not waiting:
        st.caption("Everybody who has journeys is invited." if found else "")
        return
    with st.form("study-invite"):
        chosen = st.multiselect(
            "People to invite",
            list(waiting),
            default=list(waiting) if len(waiting) <= 50 else [],
            format_func=lambda id_: (
                f"{waiting[id_].pseudonym} · {count(waiting[id_].n_journeys, 'journey')}"
            ),
            key="study-who",
            help="People without journeys are not listed: there is nothing to show them.",
        )
        everybody = st.checkbox(
            f"Everybody: {count(len(waiting), 'person', 'people')}", key="study-everybody"
        )
        days = st.number_input(
            "Days that the links work", 1, 730, study.design.expires_days, key="study-days"
        )
        if st.form_submit_button("Create links", type="primary", icon=":material/link:"):
            with told():
                require(role(), Right.INVITE)
                who = list(waiting) if everybody else chosen
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


def _change(study: Study, invitations: Sequence[Invitation]) -> None:
    by_id = {invitation.id: invitation for invitation in invitations}
    with st.expander("Revoke or renew a link", icon=":material/link_off:", key="study-change"):
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
