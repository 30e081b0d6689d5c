"""Who may do what, for whom and how often: asked before every operation, by every way in."""

from __future__ import annotations

import math
from collections.abc import Callable

from journeys.errors import AccessDenied, SignInNeeded, TooManyRequests
from journeys.limits import Buckets
from journeys.privacy import pseudonyms
from journeys.store import AgentKey, Store
from journeys.store.engine import now

#: One answer for every key that does not work, so that nothing is learnt by trying.
NO_KEY = (
    "A key is needed: send it as 'Authorization: Bearer KEY'. It may be missing, wrong, expired or "
    "revoked. Make one with: python -m journeys keys create"
)


class Gate:
    """Keys of a store, and how often each may ask.

    Args:
        clock: microseconds since 1970-01-01 UTC.
    """

    def __init__(
        self, store: Store, *, buckets: Buckets | None = None, clock: Callable[[], int] = now
    ) -> None:
        self._store = store
        self._buckets = buckets or Buckets()
        self._clock = clock

    def identify(self, shown: str | None) -> AgentKey:
        """The key that somebody shows.

        Raises:
            SignInNeeded: it is none that works.
        """
        key = self._store.agent_keys.find(shown) if shown else None
        if key is None or not key.works(self._clock()):
            raise SignInNeeded(NO_KEY)
        self._store.agent_keys.note_use(key)
        return key

    def allow(self, key: AgentKey, scope: str, user: str | None = None) -> str:
        """Let a key do something, for a user if one is named; returns the user's pseudonym.

        Raises:
            AccessDenied: it may not do that, or not for that user.
            TooManyRequests: not so often.
        """
        self.may(key, scope)
        alias = "" if user is None else self.pseudonym(user)
        if user is not None and not key.acts_for(user, alias):
            raise AccessDenied(
                "This key may not read or write for that user. Use the key that was issued for "
                "them, or make one that may: python -m journeys keys create (--user, --prefix)."
            )
        wait = self._buckets.take(key.id, key.per_minute)
        if user is not None and wait == 0.0:
            wait = self._buckets.take((key.id, alias), key.user_per_minute)
        if wait:
            raise TooManyRequests(
                f"Too many requests. Try again in {math.ceil(wait)} seconds.", wait
            )
        return alias

    def may(self, key: AgentKey, scope: str) -> None:
        """Whether a key has a scope.

        Raises:
            AccessDenied: it has not.
        """
        if scope not in key.scopes:
            raise AccessDenied(
                f"This key may not do that: it needs the scope {scope!r} and has "
                f"{', '.join(key.scopes)}. Ask for another key."
            )

    def pseudonym(self, user: str) -> str:
        """What the store calls a user."""
        return pseudonyms(self._store.keys.pseudonym, [user])[0]
