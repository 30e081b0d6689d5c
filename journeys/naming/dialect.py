"""What an endpoint understands of a request, from all of it to the bare text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import openai

#: What an endpoint is asked for to get JSON, from strict to nothing.
FORMATS = ("json_schema", "json_object", "text")


@dataclass(frozen=True)
class Dialect:
    """What an endpoint turned out to understand."""

    format: str = FORMATS[0]
    limit: str = "max_tokens"
    temperature: bool = True
    seed: bool = True


def options(
    dialect: Dialect,
    schema: Mapping[str, Any] | None,
    temperature: float,
    seed: int | None,
    max_tokens: int,
) -> dict[str, Any]:
    """The options of a request in this dialect."""
    request: dict[str, Any] = {dialect.limit: max_tokens}
    if dialect.temperature:
        request["temperature"] = temperature
    if dialect.seed and seed is not None:
        request["seed"] = seed
    if schema is not None and dialect.format == "json_schema":
        request["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": dict(schema)},
        }
    elif schema is not None and dialect.format == "json_object":
        request["response_format"] = {"type": "json_object"}
    return request


def simpler_than(dialect: Dialect, error: openai.APIStatusError) -> Dialect | None:
    """What to try after a request was not understood, or None when there is nothing left."""
    blamed = f"{getattr(error, 'param', '')} {error.message}".lower()
    if "max_tokens" in blamed and dialect.limit == "max_tokens":
        return replace(dialect, limit="max_completion_tokens")
    if "temperature" in blamed and dialect.temperature:
        return replace(dialect, temperature=False)
    if "seed" in blamed and dialect.seed:
        return replace(dialect, seed=False)
    if dialect.format != FORMATS[-1]:
        return replace(dialect, format=FORMATS[FORMATS.index(dialect.format) + 1])
    return None
