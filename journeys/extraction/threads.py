"""Products of small matrices in one thread.

A person's events make matrices of some hundred rows. Split over processors, their products spend
more time waiting than computing: two threads take three times as long as one. One thread also
gives the same bits whatever number of processors a machine has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Numerical libraries use one thread within the block; of the whole process."""
    # Only libraries that are loaded already are limited.
    import hdbscan  # noqa: F401
    import scipy.linalg  # noqa: F401
    import sklearn.neighbors  # noqa: F401
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):
        yield


__all__ = ["one_thread"]
