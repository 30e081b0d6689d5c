"""Who the researcher of this session is, and what they may do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import streamlit as st

from journeys.access import Researchers, providers, require_this_machine, role_of
from journeys.errors import ConfigError
from journeys.settings import Settings
from journeys.study.roles import Right, Role, may, researcher_role

_INSTALL = "pip install -r requirements-signin.txt"


def role() -> Role:
    """The role of who looks, asked anew in every script run.

    Raises:
        SignInNeeded: they have to sign in first.
        AccessDenied: they are signed in, but on no list.
        ConfigError: the app must not be opened as it is set up.
    """
    researchers = Researchers.of_settings(Settings.from_environment())
    if sign_in_ways():
        return role_of(st.user.to_dict(), researchers, time.time())
    if researchers:
        raise ConfigError(
            "JOURNEYS_OWNERS or JOURNEYS_ANALYSTS is set, but sign-in is not: there is no [auth] "
            "in secrets.toml. Add it, or unset the lists."
        )
    require_this_machine(st.get_option("server.address"), st.context.headers)
    return researcher_role(Settings.from_environment())


def allowed(right: Right) -> bool:
    """Whether who looks may do or see something."""
    return may(role(), right)


def signed_in_as() -> str:
    """The e-mail address of who is signed in; '' where nobody has to sign in."""
    return str(st.user.to_dict().get("email", "")) if sign_in_ways() else ""


def sign_in_ways() -> tuple[str, ...]:
    """The providers that people can sign in with; none where sign-in is not configured.

    Raises:
        ConfigError: it is configured and cannot work. The app is then open to nobody.
    """
    section = _auth_section()
    if section is None:
        return ()
    found = providers(section)
    if find_spec("authlib") is None:
        raise ConfigError(f"Sign-in is configured, but Authlib is not installed: {_INSTALL}")
    if st.get_option("server.trustedUserHeaders"):
        raise ConfigError(
            "server.trustedUserHeaders is set, by which a request could say itself who it is from. "
            "Unset it: with sign-in, only the provider says so."
        )
    if not Researchers.of_settings(Settings.from_environment()):
        raise ConfigError(
            "Sign-in is configured, but nobody may sign in: name the researchers' e-mail addresses "
            "in JOURNEYS_OWNERS and JOURNEYS_ANALYSTS."
        )
    return found


def _auth_section() -> Mapping[str, object] | None:
    """``[auth]`` of secrets.toml; None where there is none.

    Raises:
        ConfigError: there are secrets that cannot be read. Streamlit takes such for none.
    """
    if not st.secrets.load_if_toml_exists():
        for path in st.get_option("secrets.files"):
            if Path(path).exists():
                raise ConfigError("secrets.toml cannot be read, so nobody can sign in. Mend it.")
        return None
    section = st.secrets.get("auth")
    if section is None:
        return None
    if not isinstance(section, Mapping):
        raise ConfigError("auth in secrets.toml must be a table: [auth].")
    return section
