"""A small OpenID Connect provider on loopback: discovery, authorisation code with PKCE, JWKS.

It asks for nothing: who signs in is the ``identity`` set on it. ID tokens are signed with a fresh
RSA key (OpenID Connect Core 1.0, section 3.1; RFC 7636).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "interest-journeys", "the client's secret"


class Provider(ThreadingHTTPServer):
    """Signs in ``identity``, a set of claims; ``key`` may be swapped for an unpublished one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.identity: dict[str, object] = {}
        self.published = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self.key = self.published
        self.granted: dict[str, dict[str, str]] = {}
        self.ended = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        where, asked = urlsplit(self.path), self._parameters(urlsplit(self.path).query)
        provider = self.server
        if where.path == "/.well-known/openid-configuration":
            self._json(
                {
                    "issuer": provider.url,
                    "authorization_endpoint": f"{provider.url}/authorize",
                    "token_endpoint": f"{provider.url}/token",
                    "jwks_uri": f"{provider.url}/jwks",
                    "end_session_endpoint": f"{provider.url}/end",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "code_challenge_methods_supported": ["S256"],
                }
            )
        elif where.path == "/jwks":
            self._json(KeySet([provider.published]).as_dict(private=False))
        elif where.path == "/authorize" and asked["client_id"] == CLIENT:
            code = secrets.token_urlsafe()
            provider.granted[code] = asked
            back = urlencode({"code": code, "state": asked["state"]})
            self._redirect(f"{asked['redirect_uri']}?{back}")
        elif where.path == "/end":
            provider.ended += 1
            self._redirect(asked["post_logout_redirect_uri"])
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given, provider = self._parameters(body), self.server
        granted = provider.granted.pop(given.get("code", ""), None)
        password = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proof = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
        if (
            granted is None
            or granted["code_challenge"] != challenge
            or self.headers["Authorization"] != f"Basic {password}"
        ):
            self.send_error(400)
            return
        now = int(time.time())
        claims = {
            "iss": provider.url,
            "aud": CLIENT,
            "sub": "1",
            "iat": now,
            "exp": now + 3600,
            "nonce": granted["nonce"],
            **provider.identity,
        }
        token = jwt.encode({"alg": "RS256", "kid": "first"}, claims, provider.key)
        self._json(
            {
                "access_token": secrets.token_urlsafe(),
                "token_type": "Bearer",
                "expires_in": 3600,
                "id_token": token,
            }
        )

    @staticmethod
    def _parameters(query: str) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(query).items()}

    def _json(self, content: dict[str, object]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()
