"""Every error a user can meet, in one tree.

    JourneysError
    ├── InputError          something about the log or file that was given
    │   └── NoUsableRows    nothing in the file could be read as an event
    ├── ConfigError         a setting is missing or wrong
    ├── ModelError          a model could not be loaded or does not match its hash
    ├── EndpointError       a language-model endpoint did not do its work
    │   ├── EndpointRefused     will not succeed by trying again (bad key, unknown model)
    │   └── EndpointBusy        may succeed later (rate limit, time-out, server error)
    ├── CapReached          the limit of money, tokens or calls that was set for a run
    ├── PrivacyError        a rule of privacy forbids the operation
    ├── AccessDenied        who asks may not do or see this, or not any more
    │   └── SignInNeeded        nobody knows yet who asks
    ├── TooManyRequests     who asks has to wait before asking again
    ├── Cancelled           the user asked the work to stop
    └── StoreError          the database does not hold what was asked for

The message is written for the person in front of the screen: what happened, where, and what
to do next.
"""

from __future__ import annotations


class JourneysError(Exception):
    """Base of all errors whose message is meant for the user."""


class InputError(JourneysError):
    """The log or file cannot be used as it is."""


class NoUsableRows(InputError):
    """No record in the file could be read as an event."""


class ConfigError(JourneysError):
    """A setting is missing, unknown or out of range."""


class ModelError(JourneysError):
    """A model could not be found or loaded, or its files are not the expected ones."""


class EndpointError(JourneysError):
    """A language-model endpoint failed."""


class EndpointRefused(EndpointError):
    """The endpoint said no in a way that a retry cannot change."""


class EndpointBusy(EndpointError):
    """The endpoint failed in a way that may pass: rate limit, time-out, server error."""


class CapReached(JourneysError):
    """One more call might pass the limit that was set for the run."""


class PrivacyError(JourneysError):
    """A privacy rule forbids the operation."""


class AccessDenied(JourneysError):
    """Who asks may not do or see this, or not any more."""


class SignInNeeded(AccessDenied):
    """Who asks has to sign in first."""


class TooManyRequests(JourneysError):
    """Who asks has used up what they may ask for now; ``seconds`` until they may again."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Cancelled(JourneysError):
    """The user asked for the work to stop."""


class StoreError(JourneysError):
    """The database does not hold what was asked for."""
