"""Keys and costs of language-model answers, and the cache that keeps them in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from journeys.naming.base import Completion


def completion_key(
    secret: bytes,
    chat_id: str,
    messages: Sequence[Mapping[str, str]],
    schema: Mapping[str, Any] | None,
    **parameters: object,
) -> str:
    """The key of an answer: a keyed hash of everything it depends on.

    Keyed, so that a stolen cache does not tell whether somebody's titles were ever named.

    Args:
        secret: the installation's key, any length; b"" for none.
        chat_id: id of the model.
        messages: the prompt, of which every character counts.
        schema: the JSON schema of the answer.
        parameters: sampling parameters and the version of the prompt.

    Returns:
        64 hex digits.
    """
    content = json.dumps(
        [chat_id, [dict(message) for message in messages], schema, parameters],
        sort_keys=True,
        ensure_ascii=True,
    )
    # blake2b takes keys of at most 64 bytes; longer secrets are folded first.
    key = secret if len(secret) <= 64 else blake2b(secret).digest()
    return blake2b(content.encode(), digest_size=32, key=key, person=b"completion").hexdigest()


@dataclass
class MemoryCompletionCache:
    """A :class:`~journeys.naming.base.CompletionCache` that lasts as long as the process."""

    entries: dict[str, Completion] = field(default_factory=dict)

    def get(self, key: str) -> Completion | None:
        return self.entries.get(key)

    def put(self, key: str, completion: Completion) -> None:
        self.entries[key] = completion


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens."""

    prompt: float
    completion: float

    def of(self, completion: Completion) -> float:
        """What one answer cost, in US dollars."""
        return (
            completion.prompt_tokens * self.prompt + completion.completion_tokens * self.completion
        ) / 1e6
