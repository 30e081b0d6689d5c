"""Embedding on the CPU: sentence-transformers as people call it, against ours in fp32 and int8.

    python benchmarks/speed_embedding.py [--texts 3000] [--repeats 3] [--all]

Texts are drawn from reddit_mix_dev (title and text, as a discovery embeds them). In every repeat
each arm embeds the same texts in this process, in turn, with its model already loaded; the fastest
repeat counts. The products' share of what this machine can do at most is told beside a matrix
product of the model's own shapes. ``--all`` embeds the whole log with each arm once and prints what
clustering makes of the vectors: macro ARI over users against the groups.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import labelled, provenance
from tokenizers import Tokenizer

from journeys.embedding import Embedder, MemoryVectorCache, load_embedder
from journeys.embedding.built_in import built_in_folder
from journeys.evaluation.labelled import prepare, read_labelled
from journeys.evaluation.protocol import evaluate_extractor
from journeys.extraction import get_extractor
from journeys.timeline import ActivityLog

LOG = "reddit_mix_dev/events.jsonl"
PEER = "sentence-transformers, its defaults"

#: Operations of the products of a layer, a token: four of width 384, two between 384 and 1536.
OPERATIONS = 6 * 2 * (4 * 384 * 384 + 2 * 384 * 1536)


@dataclass(frozen=True)
class Peer:
    """What one would write: ``SentenceTransformer(model).encode(texts)``."""

    model: object
    id: str = "peer"
    dimension: int = 384

    def embed(self, texts: list[str], on_progress: object = None) -> np.ndarray:
        vectors: np.ndarray = self.model.encode(  # type: ignore[attr-defined]
            texts, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors


def distinct(log: ActivityLog) -> list[str]:
    """Every text of a log once, in order."""
    return list(dict.fromkeys(text for t in log.timelines() for text in t.texts()))


def tokens_of(texts: list[str], folder: Path) -> int:
    """Tokens that the model reads of them, padding apart."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.no_padding()
    return sum(len(encoding.ids) for encoding in tokenizer.encode_batch(texts))


def matrix_peak(threads: int) -> float:
    """Operations a second of products of the model's shapes, on all processors; the fastest."""
    import torch

    torch.set_num_threads(threads)
    a, b = torch.randn(4096, 384), torch.randn(384, 1536)
    best = np.inf
    for _ in range(60):
        start = time.perf_counter()
        torch.mm(a, b)
        best = min(best, time.perf_counter() - start)
    return float(2 * 4096 * 384 * 1536 / best)


def timed(run: Callable[[], np.ndarray]) -> tuple[float, float, np.ndarray]:
    """Seconds on the clock and of the processors, and what came."""
    wall, busy = time.perf_counter(), time.process_time()
    vectors = run()
    return time.perf_counter() - wall, time.process_time() - busy, vectors


def compare(arms: Mapping[str, Embedder], texts: list[str], repeats: int) -> None:
    """Print the table of speeds."""
    wall = dict.fromkeys(arms, np.inf)
    busy = dict.fromkeys(arms, np.inf)
    vectors: dict[str, np.ndarray] = {}
    for _ in range(repeats):
        for name, embedder in arms.items():
            took, used, vectors[name] = timed(lambda embedder=embedder: embedder.embed(texts))
            wall[name], busy[name] = min(wall[name], took), min(busy[name], used)
    operations = tokens_of(texts, built_in_folder()) * OPERATIONS
    peak = matrix_peak(os.cpu_count() or 1)
    print("| arm | seconds | texts a second | times faster | by processor time | of the peak "
          "| largest difference | least cosine |\n|---|---|---|---|---|---|---|---|")  # fmt: skip
    exact = vectors[PEER]
    for name in arms:
        print(
            f"| {name} | {wall[name]:.2f} | {len(texts) / wall[name]:.0f} "
            f"| {wall[PEER] / wall[name]:.2f} | {busy[PEER] / busy[name]:.2f} "
            f"| {operations / wall[name] / peak:.2f} | {np.abs(vectors[name] - exact).max():.1e} "
            f"| {(vectors[name] * exact).sum(axis=1).min():.4f} |"
        )
    print(f"\nMatrix peak in fp32, products of the model's shapes: {peak / 1e9:.0f} GFLOP/s.")


def quality(arms: Mapping[str, Embedder]) -> None:
    """Print the ARI of the default clustering on each arm's vectors."""
    print("\n| arm | macro ARI | 95% interval over users | B-cubed F1 |\n|---|---|---|---|")
    log, truth = read_labelled(labelled(LOG), "group")
    for name, embedder in arms.items():
        if name == PEER:
            continue
        cache = MemoryVectorCache()
        ready = prepare(log, truth, embedder, cache, b"speed" * 7)
        figures = evaluate_extractor(ready, get_extractor("hdbscan"), seeds=[0]).figures()
        ari, cubed = figures["ari"], figures["bcubed_f1"]
        print(f"| {name} | {ari.mean:.4f} | {ari.low:.3f} to {ari.high:.3f} | {cubed.mean:.4f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--texts", type=int, default=3000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--all", action="store_true", help="and the ARI on the whole log")
    options = parser.parse_args()
    from sentence_transformers import SentenceTransformer

    print(provenance())
    log, _ = read_labelled(labelled(LOG), "group")
    every = distinct(log)
    chosen = np.random.default_rng(0).permutation(len(every))[: options.texts]
    texts = [every[at] for at in chosen]
    characters = np.mean([len(text) for text in texts])
    tokens = tokens_of(texts, built_in_folder()) / len(texts)
    print(
        f"\n{len(texts):,} of {len(every):,} distinct texts, {characters:.0f} characters and "
        f"{tokens:.1f} tokens each\n"
    )
    arms: dict[str, Embedder] = {
        PEER: Peer(SentenceTransformer(str(built_in_folder()), device="cpu")),
        "ours, fp32": load_embedder(device="cpu"),
        "ours, int8": load_embedder("minilm-int8"),
    }
    for embedder in arms.values():
        embedder.embed(["loads the model"])
    compare(arms, texts, options.repeats)
    if options.all:
        quality(arms)


if __name__ == "__main__":
    main()
