"""Errors as answers: a status, a code for programs, and the sentence for people."""

from __future__ import annotations

import logging
import math
from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from journeys.errors import (
    AccessDenied,
    ConfigError,
    InputError,
    JourneysError,
    ModelError,
    PrivacyError,
    SignInNeeded,
    StoreError,
    TooManyRequests,
)
from journeys.serving.guards import failed

_log = logging.getLogger(__name__)


class Fault(NamedTuple):
    """Status of HTTP and code of an error."""

    status: int
    code: str


#: The first that fits counts.
_FAULTS: tuple[tuple[type[JourneysError], Fault], ...] = (
    (SignInNeeded, Fault(401, "no_key")),
    (AccessDenied, Fault(403, "not_allowed")),
    (TooManyRequests, Fault(429, "too_many")),
    (InputError, Fault(422, "bad_input")),
    (ConfigError, Fault(409, "not_now")),
    (PrivacyError, Fault(409, "not_now")),
    (StoreError, Fault(503, "try_again")),
    (ModelError, Fault(503, "try_again")),
)
_CODES = {404: "no_such_path", 405: "no_such_method", 400: "bad_input"}
_SAID = {
    404: "There is nothing here. The paths are in /openapi.json.",
    405: "This path takes another method: POST under /v1. The paths are in /openapi.json.",
    400: "The request cannot be read. Send one JSON object.",
}

#: Fields that a refusal names, at most.
_DETAILS = 10


def fault_of(error: JourneysError) -> Fault:
    """Which fault an error is."""
    return next((fault for kind, fault in _FAULTS if isinstance(error, kind)), Fault(500, "failed"))


def _said(each: dict[str, Any]) -> str:
    """What is wrong with a field, without the words of Python."""
    if each["loc"] == ("body",) and each["type"] != "missing":
        return "send a JSON object, with the header 'Content-Type: application/json'"
    if each["type"] in ("dict_type", "model_type", "model_attributes_type"):
        return "it must be a JSON object"
    return str(each["msg"])


def answer_faults(app: FastAPI) -> None:
    """Give every error of an app the one shape."""

    @app.exception_handler(JourneysError)
    async def told(_request: Request, error: JourneysError) -> JSONResponse:
        fault = fault_of(error)
        headers = {}
        if isinstance(error, TooManyRequests):
            headers["Retry-After"] = str(math.ceil(error.seconds))
        if fault.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse(failed(fault.code, str(error)), fault.status, headers)

    @app.exception_handler(RequestValidationError)
    async def unreadable(_request: Request, error: RequestValidationError) -> JSONResponse:
        # What was sent is not repeated: it may be large, secret, or no text at all.
        details = [
            f"{'.'.join(str(part)[:80] for part in each['loc'])[:200]}: {_said(each)[:200]}"
            for each in error.errors()[:_DETAILS]
        ]
        said = "The request does not have the form that /openapi.json describes."
        shown = [each.encode("utf-8", "replace").decode() for each in details]
        return JSONResponse(failed("bad_input", said, shown), 422)

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> JSONResponse:
        status = error.status_code
        said = _SAID.get(status, str(error.detail))
        shape = failed(_CODES.get(status, "refused"), said)
        return JSONResponse(shape, status, error.headers)

    @app.exception_handler(Exception)
    async def broken(_request: Request, error: Exception) -> JSONResponse:
        _log.error("a request failed", exc_info=error)
        said = "Something went wrong here, and was noted in the server's log. Try again later."
        return JSONResponse(failed("failed", said), 500)
