"""Where work is done: in this process, or on Ray by Ray Data."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from journeys import errors
from journeys.errors import ConfigError, JourneysError
from journeys.settings import refuse_usage_reports

#: What is done to one block or partition, by its number. It and its answer must be picklable, the
#: answer JSON-able; it must be safe to do twice, since a lost node's work is done again.
Work = Callable[[int], dict[str, Any]]

#: Memory of Ray's own object store on this machine, bytes. Numbers pass through it and no data.
_OBJECT_STORE = 100 << 20


class Workers(Protocol):
    """Does the same to many numbers."""

    def each(self, work: Work, items: Sequence[int], *, keep: bool = False) -> Iterator[Any]:
        """The answers, in any order, as they come.

        Args:
            keep: the work holds what is slow to load, and uses a GPU where there is one.

        Raises:
            JourneysError: what the work raised.
        """
        ...


class InProcess:
    """Does one after the other here: :class:`Workers` for a profile, a test, or no Ray."""

    def each(self, work: Work, items: Sequence[int], *, keep: bool = False) -> Iterator[Any]:
        return map(work, items)


class RayWorkers:
    """:class:`Workers` on Ray; a context manager, which starts or joins it and leaves it.

    Args:
        count: blocks or partitions that are worked on at once; on this machine, the processors
            that Ray may use.
        address: of a running cluster, as ``ray.init`` takes it; ``"local"`` starts Ray here.
    """

    def __init__(self, count: int, address: str = "local") -> None:
        if count < 1:
            raise ConfigError(f"--workers must be at least 1, not {count}")
        self._count = count
        self._address = address

    def __enter__(self) -> RayWorkers:
        try:
            # Ray reports its use to its makers unless it is told not to; nothing leaves unasked.
            refuse_usage_reports()
            import ray
            import ray.data
        except ImportError as error:
            raise ConfigError(
                f"--engine ray needs the package {error.name!r}. "
                "Install it with: pip install -r requirements-cluster.txt"
            ) from error
        options: dict[str, Any] = {"address": self._address}
        if self._address == "local":
            root = str(Path(__file__).resolve().parents[2])
            path = os.pathsep.join(filter(None, (root, *sys.path)))
            options |= {
                "num_cpus": self._count,
                "include_dashboard": False,
                "object_store_memory": _OBJECT_STORE,
                # On a cluster the package is installed on every node.
                "runtime_env": {"env_vars": {"PYTHONPATH": path}},
            }
        try:
            ray.init(logging_level=logging.ERROR, log_to_driver=False, **options)
        except (ConnectionError, RuntimeError, ValueError) as error:
            reason = (str(error).splitlines() or ["no reason given"])[0]
            raise ConfigError(f"Ray at {self._address!r} could not be used: {reason}") from error
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        ray.data.DataContext.get_current().enable_progress_bars = False
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        import ray

        ray.shutdown()

    def each(self, work: Work, items: Sequence[int], *, keep: bool = False) -> Iterator[Any]:
        import ray
        from ray.data import ActorPoolStrategy, TaskPoolStrategy
        from ray.exceptions import RayError

        if not items:
            return
        numbers = ray.data.from_items(list(items), override_num_blocks=len(items))
        at_once = min(self._count, len(items))
        if keep:
            gpus = int(ray.cluster_resources().get("GPU", 0))
            done = numbers.map_batches(
                _Actor,
                fn_constructor_args=(work,),
                batch_size=1,
                num_cpus=1,
                num_gpus=1 if gpus else None,
                compute=ActorPoolStrategy(size=min(gpus or at_once, len(items))),
            )
        else:
            done = numbers.map_batches(
                _Actor(work), batch_size=1, num_cpus=1, compute=TaskPoolStrategy(size=at_once)
            )
        try:
            for row in done.iter_rows():
                yield _answer(row["answer"])
        except RayError as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
            raise JourneysError(
                f"A worker failed: {reason} What was written is kept; the same command goes on."
            ) from error


class _Actor:
    """Work in the form that Ray Data calls: batches in, batches out, errors as values."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        return {"answer": [self._one(int(item)) for item in batch["item"]]}

    def _one(self, item: int) -> str:
        try:
            return json.dumps({"done": self._work(item)})
        except JourneysError as error:
            # The kinds of errors that are told to people travel as text: Ray would wrap them.
            return json.dumps({"kind": type(error).__name__, "message": str(error)})


def _answer(text: str) -> Any:
    answer = json.loads(text)
    if "done" in answer:
        return answer["done"]
    kind = getattr(errors, answer["kind"], JourneysError)
    raise kind(answer["message"])
