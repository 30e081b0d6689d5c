"""The researchers' pages, the right that each takes, and what stands there for who lacks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from journeys.errors import AccessDenied, JourneysError
from journeys.study.roles import Right, Role, may, require
from journeys.study.tokens import NOT_VALID
from pages.parts import study_door
from pages.parts.sign_in import door
from pages.parts.study_role import role
from pages.parts.text import plain


@dataclass(frozen=True)
class Place:
    """A page.

    Attributes:
        name: of its file in ``pages/``, which is its address, too.
        takes: the right without which nobody is on it; None for every researcher.
    """

    name: str
    title: str
    icon: str
    takes: Right | None

    @property
    def file(self) -> str:
        """From ``app.py``."""
        return f"pages/{self.name}.py"


PLACES = (
    Place("logs", "Logs", "upload_file", Right.SEE_TITLES),
    Place("discover", "Discover", "travel_explore", Right.SEE_TITLES),
    Place("journeys", "Journeys", "route", Right.SEE_TITLES),
    Place("explore", "Explore", "tune", Right.SEE_TITLES),
    Place("prompts", "Prompts", "edit_note", Right.SEE_TITLES),
    Place("compare", "Compare names", "compare", Right.SEE_TITLES),
    Place("years", "Years", "history", Right.SEE_TITLES),
    Place("user_embeddings", "User embeddings", "hub", Right.SEE_TITLES),
    Place("preferences", "Preferences", "smart_toy", Right.SEE_TITLES),
    Place("ratings", "Ratings", "thumbs_up_down", Right.SEE_TITLES),
    Place("study", "Study", "science", Right.SEE_PROGRESS),
    Place("study_results", "Study results", "query_stats", Right.SEE_ANSWERS),
    Place("label", "Label names", "label", Right.SEE_TITLES),
    Place("settings", "Settings", "settings", None),
)
PARTICIPANT = "pages/participate.py"

#: Streamlit has the first page at the root only, and calls the address that is named here "not
#: found". So it is one that nobody asks for, and the page's own address leads to the root.
_ROOT = "start"


def researcher_page(who: Role) -> Any:
    """The page that the address asks for, as far as this role may see it.

    At the address of a page that it may not see stands a function that says so and draws nothing
    else; it is in no menu.
    """
    mine = [place for place in PLACES if _may(who, place)]
    first = mine[0]
    pages = [
        st.Page(
            place.file,
            title=place.title,
            icon=f":material/{place.icon}:",
            url_path=_ROOT if place is first else place.name,
            default=place is first,
        )
        for place in mine
    ]
    pages.append(_instead(first, partial(_on_to, first.file)))
    pages += [
        _instead(place, partial(_refused, who, place)) for place in PLACES if place not in mine
    ]
    return st.navigation(pages)


def participant_page() -> Any:
    """The one page of a participant's session, whatever the address."""
    pages = [st.Page(PARTICIPANT, title="Your journeys", url_path=_ROOT, default=True)]
    draw = partial(_on_to, PARTICIPANT)
    own = Place("participate", "Your journeys", "", None)
    pages += [_instead(place, draw) for place in (own, *PLACES)]
    return st.navigation(pages, position="hidden")


def door_page(error: JourneysError) -> Any:
    """The same words at every address, for who is not let in."""
    draw = partial(door, error)
    first = st.Page(draw, title="Interest Journeys", url_path=_ROOT, default=True)
    return st.navigation([first, *(_instead(place, draw) for place in PLACES)], position="hidden")


def parameters() -> dict[str, list[str]]:
    """Those of the address, each with all its values: two invitations stay two."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def require_place(file: str) -> None:
    """In a page: that who looks may be on it, however they got there.

    Raises:
        AccessDenied, ConfigError: they may not; also every participant, on researchers' pages.
    """
    if file == PARTICIPANT:
        return
    if study_door.invited():
        raise AccessDenied(NOT_VALID)
    (place,) = [place for place in PLACES if place.file == file]
    who = role()
    if place.takes is not None:
        require(who, place.takes)


def _may(who: Role, place: Place) -> bool:
    return place.takes is None or may(who, place.takes)


def _instead(place: Place, draw: Callable[[], None]) -> Any:
    """Something else at this page's address."""
    return st.Page(draw, title=place.title, url_path=place.name, visibility="hidden")


def _on_to(file: str) -> None:
    st.switch_page(file, query_params=parameters())


def _refused(who: Role, place: Place) -> None:
    st.title(place.title, anchor=False)
    try:
        require(who, place.takes or Right.SEE_TITLES)
    except AccessDenied as error:
        st.error(plain(str(error)), icon=":material/lock:")
