"""Teaching a small language model to name, from pairs of titles and a name.

The paper's regimes (arXiv 2305.15498): a soft prompt on about a hundred curated pairs, or low-rank
weights. Needs the packages of ``requirements-tuning.txt``, imported only where they are used;
everything else in the product works without them.
"""

from journeys.naming.tuning.card import ModelCard
from journeys.naming.tuning.installed import (
    find_tuned,
    missing_packages,
    tuned_folder,
    tuned_models,
    withdraw,
)
from journeys.naming.tuning.pairs import Pair, leaking, read_pairs, split_pairs

__all__ = [
    "ModelCard",
    "Pair",
    "find_tuned",
    "leaking",
    "missing_packages",
    "read_pairs",
    "split_pairs",
    "tuned_folder",
    "tuned_models",
    "withdraw",
]
