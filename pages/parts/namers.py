"""Which namers can be used now, and what a person reads about each."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from journeys import endpoint as endpoints
from journeys.endpoint import Endpoint, chosen_endpoint
from journeys.models import DEFAULT_MODEL, spec
from journeys.naming.tuning import ModelCard, missing_packages, tuned_folder, tuned_models
from pages.parts.local_model import ask_to_fetch, being_fetched, is_here
from pages.parts.resources import settings, store
from pages.parts.text import plain, size

LABELS = {
    "keyphrase": "Key phrases",
    "local": "The built-in language model",
    "openai": "A language model at an endpoint",
    "tuned": "A namer tuned on this machine",
}

#: Namers that cost neither money nor a call.
FREE = ("keyphrase", "tuned")

#: What is used where nothing was chosen. The built-in model is not suggested before key phrases:
#: by likeness to human names it was no better (docs/results.md), and it takes its time.
_PREFERRED = ("openai", "keyphrase")


@dataclass(frozen=True)
class Available:
    """What each namer can do now: '' when it can be used, else why not.

    ``tuned``: cards of the namers that were tuned here and can be used.
    """

    local: str
    openai: str
    endpoint: Endpoint | None
    tuned: tuple[ModelCard, ...] = ()

    @property
    def any_model(self) -> bool:
        """Some language model can be used."""
        return not self.local or not self.openai or bool(self.tuned)

    @property
    def offered(self) -> list[str]:
        """The namers to choose from: tuned ones only where there are any."""
        return [namer for namer in LABELS if namer != "tuned" or self.tuned]

    def problem(self, namer: str) -> str:
        """Why a namer cannot be used; '' when it can."""
        return {"local": self.local, "openai": self.openai}.get(namer, "")

    def best(self) -> str:
        """The namer to suggest."""
        return next(namer for namer in _PREFERRED if not self.problem(namer))


def local_only() -> bool:
    """Endpoints on other machines are refused."""
    return endpoints.local_only(settings(), store().choices)


def available() -> Available:
    """What can be used now."""
    local = ""
    if being_fetched():
        local = "It is being fetched."
    elif not is_here():
        local = f"Not fetched yet ({size(spec(DEFAULT_MODEL).size)})."
    endpoint = chosen_endpoint(settings(), store().choices)
    return Available(local, _endpoint_problem(endpoint), endpoint, _tuned())


def _tuned() -> tuple[ModelCard, ...]:
    if missing_packages():
        return ()
    return tuple(tuned_models(tuned_folder(settings().models_dir)))


def _endpoint_problem(endpoint: Endpoint | None) -> str:
    if endpoint is None:
        return "None is connected."
    if endpoint.loopback:
        return ""
    if local_only():
        return "Settings allow only models on this machine."
    if not endpoint.agreed:
        return "You have not agreed to send anything there yet; do so in Settings."
    return ""


def captions(now: Available) -> list[str]:
    """A line under each choice, in the order of :attr:`Available.offered`."""
    where = f"{plain(now.endpoint.model)} at {plain(now.endpoint.host)}" if now.endpoint else ""
    lines = [
        "Words taken from the titles. At once, but no real names.",
        now.local
        or "Runs on this machine, 10 to 15 seconds a journey. Reads more like a person, and is "
        "sometimes plainly wrong.",
        now.openai or f"{where}. Redacted titles are sent there.",
        "Learned from pairs of titles and names; runs on this machine, a few seconds a journey. "
        "Names at the level told to a friend; key phrases give the others.",
    ]
    return lines[: len(now.offered)]


def tuned_model(now: Available, key: str) -> str | None:
    """Which tuned namer, asked where there are several; None where there is none."""
    names = [card.name for card in now.tuned]
    if len(names) < 2:
        return next(iter(names), None)
    return st.selectbox("Which tuned namer", names, key=key)


def ways_to_a_model() -> None:
    """The two ways to a language model."""
    with st.container(horizontal=True):
        if st.button("Connect an endpoint", icon=":material/cloud:", key="to-endpoint"):
            st.switch_page("pages/settings.py")
        fetch = st.button(
            "Fetch the built-in model",
            icon=":material/download:",
            key="fetch-model",
            disabled=is_here() or being_fetched(),
        )
    if fetch:
        ask_to_fetch()
