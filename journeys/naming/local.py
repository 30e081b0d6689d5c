"""A language model on this machine: a GGUF file served on loopback by llama.cpp.

The server runs inside this process and speaks the same protocol as every other endpoint, so
naming has one code path. It listens on a random port of 127.0.0.1, asks for a random key, and
ends with the ``with`` block.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from types import TracebackType
from typing import Any

from journeys.errors import ModelError
from journeys.naming.endpoint import OpenAIChat
from journeys.settings import wait_without_spinning

#: One thread is slower by a quarter than two, and safe: two threads that spin on busy cores are
#: ten to fifty times slower than one (shared measurements of llama.cpp).
DEFAULT_THREADS = 1


class LocalModel:
    """Serves a GGUF file while open; entering gives the chat model that speaks to it.

    >>> with LocalModel(path, name="qwen2.5-coder-1.5b") as chat:  # doctest: +SKIP
    ...     LadderNamer(chat).name(evidence)

    Args:
        path: the GGUF file; :func:`journeys.models.find` gives it for a fetched model.
        name: id of the model in manifests; the file's stem by default.
        threads: processor threads for the prompt and the answer.
        context: tokens of prompt and answer together.

    Raises:
        ModelError: on entering, when the file is absent or is no model, or when the package
            that runs it is not installed.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        name: str | None = None,
        threads: int = DEFAULT_THREADS,
        context: int = 4096,
        timeout: float = 300.0,
    ) -> None:
        self._path = Path(path)
        self._name = name or self._path.stem
        self._threads = threads
        self._context = context
        self._timeout = timeout
        self._server: Any = None
        self._chat: OpenAIChat | None = None

    def __enter__(self) -> OpenAIChat:
        if not self._path.is_file():
            raise ModelError(
                f"The local model {self._name} is not here yet ({self._path}). "
                f"Fetch it with: python -m journeys models fetch {self._name}"
            )
        with self._path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise ModelError(
                    f"{self._path} is not a GGUF model file. Delete it and fetch the model "
                    f"again with: python -m journeys models fetch {self._name}"
                )
        # Threads of llama.cpp wait by spinning unless told before they start.
        wait_without_spinning()
        try:
            import xllamacpp
        except ImportError as error:
            raise ModelError(
                "Local naming needs the package xllamacpp, which is not installed. "
                "Install it with: pip install xllamacpp"
            ) from error
        key = secrets.token_urlsafe(24)
        try:
            self._server = xllamacpp.Server(self._parameters(xllamacpp, key))
        except Exception as error:  # the binding raises plain RuntimeError and its kin
            raise ModelError(
                f"The local model {self._name} could not be loaded from {self._path}: {error}. "
                "It needs free memory of about one and a half times the file's size."
            ) from error
        self._chat = OpenAIChat(
            base_url=f"{self._server.listening_address}/v1",
            api_key=key,
            model=self._name,
            local_only=True,
            timeout=self._timeout,
            retries=1,
        )
        return self._chat

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._chat is not None:
            self._chat.close()
        self._chat = None
        self._server = None  # the server stops when its last reference goes

    def _parameters(self, xllamacpp: Any, key: str) -> Any:
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(self._path)
        parameters.n_ctx = self._context
        parameters.n_parallel = 1
        parameters.n_gpu_layers = 0
        parameters.cpuparams.n_threads = self._threads
        parameters.cpuparams_batch.n_threads = self._threads
        parameters.hostnames = ["127.0.0.1"]
        parameters.port = 0
        parameters.api_keys = [key]
        parameters.ui = False
        parameters.verbosity = -1
        parameters.cache_ram_mib = 0
        return parameters
