"""Local language models: which there are, which are here, and fetching one."""

from journeys.models.fetching import fetch, find, installed
from journeys.models.registry import DEFAULT_MODEL, LocalModelSpec, catalogue, spec

__all__ = [
    "DEFAULT_MODEL",
    "LocalModelSpec",
    "catalogue",
    "fetch",
    "find",
    "installed",
    "spec",
]
