"""Which language-model endpoint was chosen, and whether anything may be sent there.

The choice (address, model, consent) is kept in the database; the key is not: it comes from
``OPENAI_API_KEY``, or from a file beside the database that only its owner can read. The
environment goes before what was chosen in the page.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from journeys.errors import ConfigError, PrivacyError
from journeys.naming.hosts import Reach, is_loopback, reach_of, require_reachable
from journeys.settings import Settings, endpoint_key

#: Where the client goes when no address is given.
DEFAULT_BASE_URL = "https://api.openai.com/v1"

KEY_FILE = "endpoint.key"
CHOICE = "endpoint"
LOCAL_ONLY = "local_only"


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible endpoint. The key is not shown when printed."""

    base_url: str
    model: str
    key: str = field(default="", repr=False)
    consented_origin: str = ""
    reach: Reach | None = None

    @property
    def host(self) -> str:
        """The host that prompts go to."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def origin(self) -> str:
        """Scheme, host and port that prompts go to (RFC 6454): what consent and key are for."""
        return origin_of(self.base_url)

    @property
    def agreed(self) -> bool:
        """The researcher agreed to send to this very origin."""
        return bool(self.origin) and self.origin == self.consented_origin

    @property
    def loopback(self) -> bool:
        """It is on this machine."""
        return is_loopback(self.host)

    def require_consent(self) -> None:
        """Refuse to send before the researcher agreed to this very scheme, host and port.

        Raises:
            PrivacyError: they did not, or its name came to lead further inside than it did when
                it was chosen.
        """
        require_reachable(self.host, self.reach)
        if not self.agreed and not self.loopback:
            raise PrivacyError(
                f"Nothing was sent to {self.origin}: agree first, on the page Settings, where an "
                "example of what is sent is shown."
            )


class Choices(Protocol):
    """Where choices are kept; the store's :class:`~journeys.store.choices.ChoiceStore`."""

    def get(self, key: str) -> dict[str, Any] | None: ...

    def set(self, key: str, value: dict[str, Any]) -> None: ...

    def clear(self, key: str) -> None: ...


def chosen_endpoint(
    settings: Settings, choices: Choices | None, environ: Mapping[str, str] | None = None
) -> Endpoint | None:
    """The endpoint to use, or None when none was chosen."""
    choice = (choices.get(CHOICE) if choices else None) or {}
    base_url = settings.openai_base_url or choice.get("base_url") or ""
    # A key that was given for one origin is never shown to another: neither to another port,
    # nor over http what was given for https.
    same = origin_of(base_url) == origin_of(choice.get("base_url", ""))
    key = endpoint_key(environ) or (_stored_key(settings.home) if same else "")
    model = settings.openai_model or choice.get("model") or ""
    if not model or not (base_url or key):
        return None
    consented = str(choice.get("consented_origin", ""))
    # The environment's own address may lead wherever who sets it wants.
    far = None if settings.openai_base_url else choice.get("reach")
    reach = Reach(far) if isinstance(far, int) and far in set(Reach) else None
    return Endpoint(base_url or DEFAULT_BASE_URL, model, key, consented, reach)


def choose_endpoint(
    settings: Settings, choices: Choices, *, base_url: str, model: str, key: str | None
) -> None:
    """Keep a choice.

    ``key``: None leaves the stored key as it is, unless the origin changes; '' removes it.

    Raises:
        ConfigError: the address is not one, or no model is named.
        PrivacyError: it leads where no prompt goes; see :mod:`journeys.naming.hosts`.
    """
    base_url = base_url.strip()
    _check_address(base_url or DEFAULT_BASE_URL)
    if not model.strip():
        raise ConfigError("Name the model that the endpoint should use.")
    host = urlsplit(base_url or DEFAULT_BASE_URL).hostname or ""
    require_reachable(host)
    reach = reach_of(host)
    earlier = choices.get(CHOICE) or {}
    choices.set(CHOICE, {**earlier, "base_url": base_url, "model": model.strip(), "reach": reach})
    if key is None and origin_of(base_url) == origin_of(earlier.get("base_url", "")):
        return
    path = settings.home / KEY_FILE
    # The mode counts only for a file that is made, so an old one must not be written over.
    path.unlink(missing_ok=True)
    if key and key.strip():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(key.strip())


def consent_to(choices: Choices, origin: str) -> None:
    """Note that the researcher saw an example and agreed to send to this origin; '' to withdraw."""
    choices.set(CHOICE, {**(choices.get(CHOICE) or {}), "consented_origin": origin})


def forget_endpoint(settings: Settings, choices: Choices) -> None:
    """Forget the choice, the consent and the key."""
    choices.clear(CHOICE)
    (settings.home / KEY_FILE).unlink(missing_ok=True)


def _check_address(base_url: str) -> None:
    try:
        parts = urlsplit(base_url)
        secret = parts.username or parts.password or parts.query
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        # Not shown, as it may hold a password that could not be told apart.
        raise ConfigError("This is not an address. It looks like https://host/v1.") from None
    if secret:
        raise ConfigError("The address must not hold a key or password; put it in the key field.")
    if not valid:
        raise ConfigError(f"{base_url!r} is not an address. It looks like https://host/v1.")


def origin_of(base_url: str) -> str:
    """Scheme, host and port of an address, in one spelling; '' for what is none."""
    try:
        parts = urlsplit(base_url or DEFAULT_BASE_URL)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return ""
    if not parts.hostname or port is None:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def local_only(settings: Settings, choices: Choices) -> bool:
    """Whether endpoints on other machines are refused, by the environment or in the page."""
    return settings.local_only or bool((choices.get(LOCAL_ONLY) or {}).get("on"))


def choose_local_only(choices: Choices, on: bool) -> None:
    """Keep the researcher's choice; the environment's goes before it."""
    choices.set(LOCAL_ONLY, {"on": on})


def _stored_key(home: Path) -> str:
    path = home / KEY_FILE
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
