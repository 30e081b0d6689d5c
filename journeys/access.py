"""Who may open the researchers' part of the app, and as whom.

Two ways. **Embedded**, the default: the app listens on loopback, and whoever opens it on that
machine is the researcher. **Signed in**: the app asks a lab's own identity provider (OpenID
Connect) who somebody is, and the environment says what they may do:

=======================  ==============================================================
``JOURNEYS_OWNERS``      e-mail addresses of owners, separated by commas or spaces
``JOURNEYS_ANALYSTS``    e-mail addresses of analysts
=======================  ==============================================================

Anything in between is refused: an address that others can reach without sign-in, lists without
sign-in, sign-in without lists, an identity that is on no list. Participants come by their links
(:mod:`journeys.store.invitations`) and never by these ways.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from journeys.errors import AccessDenied, ConfigError, SignInNeeded
from journeys.settings import ANALYSTS, OWNERS, Settings
from journeys.study.roles import Role

#: How long one sign-in holds, in seconds. The identity cookie alone would hold for a month, in
#: which somebody may have left the lab.
SIGN_IN_HOLDS = 12 * 3600

#: What names a request's true origin when a proxy hands it on.
_HANDED_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")

_SEPARATORS = re.compile(r"[\s,;]+")
_REQUIRED = ("client_id", "client_secret", "server_metadata_url")
_SECRET_LENGTH = 32


@dataclass(frozen=True)
class Researchers:
    """The e-mail addresses of those who may sign in."""

    owners: frozenset[str] = frozenset()
    analysts: frozenset[str] = frozenset()

    @classmethod
    def of_settings(cls, settings: Settings) -> Researchers:
        """Read the two lists.

        Raises:
            ConfigError: an entry is no address, or somebody is on both lists.
        """
        owners = _addresses(OWNERS, settings.owners)
        analysts = _addresses(ANALYSTS, settings.analysts)
        if both := sorted(owners & analysts):
            raise ConfigError(f"{both[0]} is in both {OWNERS} and {ANALYSTS}. Keep one.")
        return cls(owners, analysts)

    def __bool__(self) -> bool:
        return bool(self.owners or self.analysts)


def role_of(claims: Mapping[str, object], researchers: Researchers, now: float) -> Role:
    """The role of a signed-in identity.

    Args:
        claims: of the ID token, as the provider signed them (OpenID Connect Core 1.0, sections 2
            and 5.1), with ``is_logged_in``.
        now: seconds since 1970-01-01 UTC.

    Raises:
        SignInNeeded: nobody is signed in, or was so too long ago.
        AccessDenied: they are signed in, but may not be here; says what to ask whom.
    """
    if claims.get("is_logged_in") is not True:
        raise SignInNeeded("Sign in to go on.")
    issued = claims.get("iat")
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        raise SignInNeeded("Your sign-in does not say when it was made. Sign in again.")
    if now - issued > SIGN_IN_HOLDS:
        raise SignInNeeded("Your sign-in has expired. Sign in again.")
    said = claims.get("email")
    if not isinstance(said, str) or not said.strip():
        raise AccessDenied(
            "Your sign-in gave no e-mail address, by which this app knows people. Ask who runs it "
            "to let the provider send the claim “email”."
        )
    # Some providers send the claim as a text. One that sends none has nothing to say on it.
    if claims.get("email_verified", True) not in (True, "true"):
        raise AccessDenied(
            f"Your provider has not verified the address {said}. Verify it there, then sign in "
            "again."
        )
    email = _folded(said)
    if email in researchers.owners:
        return Role.OWNER
    if email in researchers.analysts:
        return Role.ANALYST
    raise AccessDenied(
        f"You are signed in as {said}, which is not on this app's list of researchers. Ask the "
        f"study's owner to have the address added to {OWNERS} or {ANALYSTS}."
    )


def providers(section: Mapping[str, object]) -> tuple[str, ...]:
    """The providers that ``[auth]`` of secrets.toml names; "" is the one without a name.

    Raises:
        ConfigError: something is missing from it, or too weak to sign a cookie with.
    """
    for key in ("redirect_uri", "cookie_secret"):
        if not section.get(key):
            raise ConfigError(f"Sign-in is not complete: [auth] in secrets.toml has no {key}.")
    if not str(section["redirect_uri"]).endswith("/oauth2callback"):
        raise ConfigError("redirect_uri in secrets.toml must end with /oauth2callback.")
    if len(str(section["cookie_secret"])) < _SECRET_LENGTH:
        raise ConfigError(
            f"cookie_secret in secrets.toml signs who people are, and is shorter than "
            f"{_SECRET_LENGTH} characters. Make one with: openssl rand -hex 32"
        )
    named = {
        name: value
        for name, value in section.items()
        if isinstance(value, Mapping) and name != "client_kwargs"
    }
    unnamed = not named or any(section.get(key) for key in _REQUIRED)
    for name, value in [*([("", section)] if unnamed else []), *named.items()]:
        missing = [key for key in _REQUIRED if not value.get(key)]
        if missing:
            where = f"[auth.{name}]" if name else "[auth]"
            raise ConfigError(
                f"Sign-in is not complete: {where} in secrets.toml has no {', '.join(missing)}."
            )
    return (*([""] if unnamed else []), *named)


def require_this_machine(address: str | None, headers: Mapping[str, str]) -> None:
    """Nobody from elsewhere may be let in where nobody signs in.

    Args:
        address: what the server listens on; None is every address of the machine.
        headers: of the request. A name that is not this machine's means a proxy, or a page that
            had its own name point here (DNS rebinding).

    Raises:
        ConfigError: others can reach the app; says what to do.
    """
    why = ""
    given = {name.lower(): value for name, value in headers.items()}
    host = given.get("host", "")
    if address is None or not loopback(address):
        where = address or "every address of this machine"
        why = f"the app listens on {where}, where others can reach it"
    elif any(name in given for name in _HANDED_ON):
        why = "a proxy hands requests from elsewhere on to this app"
    elif host and not loopback(host):
        why = f"the app was opened as {host}, which is not this machine's own name"
    if why:
        raise ConfigError(
            f"Nobody has to sign in, but {why}. Start it with --server.address localhost and open "
            "it as localhost, or set up sign-in, or serve participants alone with "
            "JOURNEYS_PARTICIPANTS_ONLY=1. See “Run it for a lab” in docs/how-to.md."
        )


def loopback(host: str) -> bool:
    """Whether a host, with or without a port, can be this machine only. Nothing is looked up."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        # A bare IPv6 address reads as a host and ports.
        return host == "::1"


def _addresses(variable: str, listed: str) -> frozenset[str]:
    found = [entry for entry in _SEPARATORS.split(listed) if entry]
    for entry in found:
        name, at, domain = entry.partition("@")
        if not (name and at and domain) or "@" in domain:
            raise ConfigError(f"{variable} lists e-mail addresses; “{entry}” is none.")
    return frozenset(_folded(entry) for entry in found)


def _folded(email: str) -> str:
    """For comparing. Letters beyond ASCII stay: folding makes some of them ASCII (“K” to “k”)."""
    email = email.strip()
    return email.lower() if email.isascii() else email
