"""Tokens of invitations: what stands in a participant's link.

A token is 256 random bits. The database keeps only their keyed hash, so that neither it nor a
backup of it opens anything; what the token opens, until when, and whether it was revoked stand in
the invitation's row. A signed token would say these itself, but the row must be read all the same
to know of a revocation, so a signature would add a second truth and nothing else.
"""

from __future__ import annotations

import re
import secrets
from hashlib import blake2b

from journeys.errors import AccessDenied

TOKEN_BYTES = 32

#: The one answer to every link that does not work, so that it tells nothing of why.
NOT_VALID = "This link is not valid or no longer valid. Ask who sent it to you for a new one."

_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A fresh token of 43 characters, fit for a URL."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(key: bytes, token: str) -> bytes:
    """The keyed hash of a token, 32 bytes.

    Raises:
        AccessDenied: it is no token of ours, whatever else it is.
    """
    if not isinstance(token, str) or not _FORM.fullmatch(token):
        raise AccessDenied(NOT_VALID)
    return blake2b(token.encode("ascii"), key=key, digest_size=32, person=b"study-link").digest()


#: Where the participant's page is, and what its address gives the token as.
PATH, PARAMETER = "participate", "invitation"


def invitation_link(base: str, token: str) -> str:
    """The address to hand out.

    Args:
        base: where participants reach the app, such as ``https://study.example.org``.
    """
    return f"{base.strip().rstrip('/')}/{PATH}?{PARAMETER}={token}"
