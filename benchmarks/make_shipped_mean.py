"""Make the mean vector that is shipped for the built-in embedding model.

    python benchmarks/make_shipped_mean.py LOG

The shipped mean was made from ``reddit_mix_dev``: 17,219 different titles with text from 123
diverse public forums (umbrae/reddit-top-2.5-million, PDDL-1.0). Each different text counts once.
Only their mean, 384 numbers, is kept. The other labelled logs had no part in it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import journeys.embedding
from journeys import read_log
from journeys.embedding import load_embedder
from journeys.embedding.mean import mean_file


def main(log: str) -> None:
    embedder = load_embedder()
    texts = sorted({text for timeline in read_log(log).timelines() for text in timeline.texts()})
    mean = embedder.embed(texts).mean(axis=0, dtype=np.float64).astype(np.float32)
    target = Path(journeys.embedding.__file__).parent / mean_file(embedder.id)
    np.save(target, mean)
    print(f"{target.name}: mean of {len(texts):,} texts, length {np.linalg.norm(mean):.3f}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
