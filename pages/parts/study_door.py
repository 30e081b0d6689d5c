"""Who comes with an invitation: the token of the address, and what a session keeps of a visit."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import streamlit as st

from journeys.errors import AccessDenied, JourneysError
from journeys.limits import Attempts, Rate
from journeys.settings import Settings
from journeys.store import Participant
from journeys.study.tokens import NOT_VALID
from pages.parts import state
from pages.parts.resources import store

P = ParamSpec("P")

#: Links that open nothing, a minute. Everybody behind one proxy, or in one lab, may share an
#: address, and who cannot be told apart shares one.
WRONG_LINKS = Rate(address=30, overall=300)

TOO_OFTEN = "Too many links were tried that are not valid. Wait a minute, then open yours again."

_PARAMETER = "invitation"
_INVITED, _ERASED, _LET_IN = "study-invited", "study-erased", "study-let-in"
_PREFIX = "study:"


def invited() -> bool:
    """Whether this session is a participant's. Once it is, it stays so, whatever the address.

    A server that participants reach from elsewhere has no other sessions: see
    ``JOURNEYS_PARTICIPANTS_ONLY`` in docs/how-to.md.
    """
    if Settings.from_environment().participants_only:
        return True
    address = (st.context.url or "").split("?")[0].rstrip("/")
    if _PARAMETER in st.query_params or address.endswith("/participate"):
        st.session_state[_INVITED] = True
    return bool(st.session_state.get(_INVITED))


def enter() -> Participant:
    """Let in who holds the link of the address; asked of the store in every run of the script.

    Raises:
        AccessDenied: the link is not valid, or no longer; or too many were tried that were not.
            Then it is the same for every link, so nothing is learnt by trying on.
    """
    tokens = st.query_params.get_all(_PARAMETER)
    if len(tokens) != 1:
        raise AccessDenied(NOT_VALID)
    # Who was let in once in this session is not shut out by what others try.
    known = st.session_state.get(_LET_IN) == tokens[0]
    address = st.context.ip_address
    if not known and _wrong_links().wait(address):
        raise AccessDenied(TOO_OFTEN)
    try:
        participant = store().invitations.enter(tokens[0])
    except AccessDenied:
        st.session_state.pop(_LET_IN, None)
        _wrong_links().count(address)
        raise
    st.session_state[_LET_IN] = tokens[0]
    return participant


@st.cache_resource(show_spinner=False)
def _wrong_links() -> Attempts:
    """Links that opened nothing, tried at this server process."""
    return Attempts(WRONG_LINKS)


def act(do: Callable[P, None]) -> Callable[P, None]:
    """What a participant does, as a callback of a widget.

    Streamlit runs callbacks before the page, outside its error states. A session that stood open
    while its link was revoked, say, then learns it from the page that is drawn next.
    """

    @wraps(do)
    def done(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            do(*args, **kwargs)
        except AccessDenied:
            return
        except JourneysError as error:
            state.notify(str(error))

    return done


def key(participant: Participant, part: object) -> str:
    """A session key or widget key of this participant's: another's never meets it."""
    return f"{_PREFIX}{participant.invitation_id}:{part}"


def get(participant: Participant, part: object) -> Any:
    """What the session keeps of this participant under a name; None where nothing."""
    return st.session_state.get(key(participant, part))


def put(participant: Participant, part: object, value: object) -> None:
    """Keep something of this participant in the session."""
    st.session_state[key(participant, part)] = value


def forget() -> None:
    """Drop everything that the session keeps of any participant."""
    for name in [str(name) for name in st.session_state]:
        if name.startswith(_PREFIX):
            del st.session_state[name]


def mark_erased() -> None:
    """Remember, for this session only, that its participant erased everything."""
    forget()
    st.session_state[_ERASED] = True


def was_erased() -> bool:
    """Whether the participant of this session erased everything."""
    return bool(st.session_state.get(_ERASED))
