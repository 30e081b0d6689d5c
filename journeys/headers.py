"""Headers by which a browser keeps a page to itself, and the policy of what it may load.

Content-Security-Policy is level 3 of W3C's; the others are of the Fetch and HTML standards. The
policy is as strict as Streamlit works with: scripts are its own files and those inline ones whose
hashes are given, nothing is loaded from elsewhere, nobody may put the app in a frame.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def inline_hashes(page: str) -> tuple[str, ...]:
    """Sources that allow exactly the inline scripts of an HTML page (CSP3, section 2.3.1)."""
    return tuple(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in _INLINE.findall(page)
    )


def content_security_policy(scripts: Iterable[str] = ()) -> str:
    """The policy.

    Args:
        scripts: further sources of scripts, such as hashes of inline ones.
    """
    parts = {
        "default-src": "'none'",
        # Plotly's WebGL, which draws large maps, compiles what calls its shaders: scripts that run
        # already may evaluate. None that somebody slips into the page runs in the first place.
        "script-src": " ".join(["'self'", *scripts, "'unsafe-eval'", "'wasm-unsafe-eval'"]),
        # Streamlit's components write their styles into the page.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' blob:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "frame-src": "'self'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in parts.items())


def security_headers(scripts: Iterable[str] = (), *, tls: bool = False) -> dict[str, str]:
    """The headers of every answer.

    Args:
        scripts: as for :func:`content_security_policy`.
        tls: the server itself speaks TLS; where a proxy does, the proxy says the last one.
    """
    headers = {
        "content-security-policy": content_security_policy(scripts),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        # A participant's link is in the address: no other site may learn it.
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    if tls:
        headers["strict-transport-security"] = "max-age=31536000"
    return headers
