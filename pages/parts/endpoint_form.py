"""Choosing an endpoint: the address, the key, what would be sent, and the researcher's yes."""

from __future__ import annotations

import streamlit as st

from journeys.endpoint import (
    DEFAULT_BASE_URL,
    KEY_FILE,
    Endpoint,
    choose_endpoint,
    chosen_endpoint,
    consent_to,
    forget_endpoint,
)
from journeys.example import example_evidence
from journeys.journey import LEVELS
from journeys.naming.endpoint import OpenAIChat
from journeys.naming.ladder import LadderNamer
from journeys.settings import endpoint_key
from pages.parts import state
from pages.parts.namers import local_only
from pages.parts.notices import told
from pages.parts.resources import settings, store
from pages.parts.text import plain

#: Seconds that the test of a connection may take.
_PATIENCE = 30.0


def endpoint_panel() -> None:
    """The form, and below it what can be done with the chosen endpoint."""
    endpoint = chosen_endpoint(settings(), store().choices)
    _form(endpoint)
    if endpoint is None:
        st.caption("No endpoint is connected. Nothing leaves this machine.")
        with st.expander("What would be sent", icon=":material/visibility:"):
            _example(endpoint)
        return
    _consent(endpoint)
    with st.container(horizontal=True):
        if st.button("Test the connection", icon=":material/network_check:", key="test"):
            _test(endpoint)
        if st.button("Forget the endpoint", type="tertiary", key="forget"):
            forget_endpoint(settings(), store().choices)
            state.notify("The address, the key and your consent are forgotten.")
            st.rerun()


def _form(endpoint: Endpoint | None) -> None:
    env = settings()
    with st.form("endpoint"):
        base_url = st.text_input(
            "Address (base URL)",
            env.openai_base_url or (endpoint.base_url if endpoint else ""),
            placeholder=DEFAULT_BASE_URL,
            disabled=env.openai_base_url is not None,
            help="Any endpoint that speaks OpenAI's protocol: OpenAI, vLLM, Ollama and others. "
            "Empty means OpenAI's own.",
        )
        model = st.text_input(
            "Model",
            env.openai_model or (endpoint.model if endpoint else ""),
            placeholder="The endpoint's name for the model",
            disabled=env.openai_model is not None,
        )
        key = st.text_input(
            "API key",
            type="password",
            disabled=bool(endpoint_key()),
            placeholder="Leave empty to keep the present one for this address"
            if endpoint and endpoint.key
            else "",
            autocomplete="off",
        )
        st.caption(_key_source(endpoint))
        if st.form_submit_button("Save", type="primary"):
            with told():
                choose_endpoint(
                    env, store().choices, base_url=base_url, model=model, key=key or None
                )
                state.notify("Saved.")
                st.rerun()


def _key_source(endpoint: Endpoint | None) -> str:
    path = settings().home / KEY_FILE
    if endpoint_key():
        return "The key comes from the variable OPENAI_API_KEY and is never stored."
    kept = f"a file that only you can read ({plain(str(path))}), never in the database"
    if endpoint and endpoint.key:
        return f"A key is kept in {kept}. It goes when you change to another host."
    return f"A key is kept in {kept}. Endpoints without keys need none."


def _consent(endpoint: Endpoint) -> None:
    host = plain(endpoint.host)
    if endpoint.loopback:
        st.success(f"{host} is this machine, so nothing leaves it.", icon=":material/home:")
        with st.expander("What is sent to the model", icon=":material/visibility:"):
            _example(endpoint)
        return
    if local_only():
        st.warning(
            f"{host} is not this machine, and “This machine only” is on: nothing is sent.",
            icon=":material/block:",
        )
        return
    agreed = endpoint.agreed
    if agreed:
        st.success(f"You agreed to send redacted titles to {host}.", icon=":material/check:")
    else:
        st.warning(
            f"Nothing is sent to {host} until you have seen an example and agreed.",
            icon=":material/front_hand:",
        )
    with st.expander("What is sent", icon=":material/visibility:", expanded=not agreed):
        _example(endpoint)
    if agreed:
        if st.button("Withdraw consent", key="withdraw"):
            consent_to(store().choices, "")
            st.rerun()
    elif st.button(f"Agree to send this kind of text to {host}", type="primary", key="agree"):
        consent_to(store().choices, endpoint.origin)
        state.notify(f"Discoveries may now send redacted titles to {endpoint.host}.")
        st.rerun()


def _example(endpoint: Endpoint | None) -> None:
    evidence = example_evidence()
    if evidence is None:
        st.caption("The sample log that the example is made from is not here.")
        return
    st.markdown(
        "One such request for each journey: these instructions, and titles of the journey's "
        "events. Mail addresses, phone and account numbers, and tokens in addresses are taken out "
        "before. No ids, no times and no other columns are sent. The example is made from the "
        "sample log."
    )
    *before, journey = _namer(endpoint).prompt(evidence)
    st.caption("The journey")
    st.code(journey["content"], language=None, wrap_lines=True)
    st.caption("Sent before it, the same each time: the instructions, and invented examples")
    same = "\n\n".join(f"{message['role']}:\n{message['content']}" for message in before)
    st.code(same, language=None, wrap_lines=True, height=280)


def _namer(endpoint: Endpoint | None) -> LadderNamer:
    return LadderNamer(
        OpenAIChat(
            endpoint.base_url if endpoint else None,
            (endpoint.key if endpoint else "") or "none",
            endpoint.model if endpoint else "none",
            local_only=local_only() and endpoint is not None,
            reach=endpoint.reach if endpoint else None,
            timeout=_PATIENCE,
            retries=0,
        ),
        retry=False,
    )


def _test(endpoint: Endpoint) -> None:
    """Have the endpoint name the made-up example: the very call that a discovery makes."""
    evidence = example_evidence()
    if evidence is None:
        st.error("The sample log that the test is made from is not here.")
        return
    with told(), st.spinner(f"Asking {plain(endpoint.host)} to name a made-up journey"):
        names = _namer(endpoint).name(evidence).names
        usable = len(LEVELS) - len(names.fallback)
        if not usable:
            st.error(
                f"{plain(endpoint.host)} answered, but not with names in the form asked for. Try "
                "another model.",
                icon=":material/error:",
            )
            return
        st.success(f"It works: {usable} of {len(LEVELS)} names can be used.")
        for level, name in enumerate(names.levels, start=1):
            if level not in names.fallback:
                st.markdown(f"{level}\\. {plain(name)}")
