"""Made-up impressions for the tests of ranking."""

from __future__ import annotations

import numpy as np

from journeys.ranking.impressions import Impressions

SECOND = 1_000_000


def random_log(
    n_users: int = 8, n_items: int = 15, per_user: int = 30, *, seed: int = 0, ties: bool = True
) -> Impressions:
    """Impressions without any sense in them; many of one instant where ``ties``."""
    rng = np.random.default_rng(seed)
    n = n_users * per_user
    user = np.repeat(np.arange(n_users), per_user)
    time = rng.integers(0, n // 4 if ties else 100 * n, n) * SECOND
    order = rng.permutation(n)
    return Impressions(
        user=user[order],
        item=rng.integers(0, n_items, n),
        time=time,
        grade=rng.integers(0, 5, n),
        liked_from=3,
        n_grades=5,
        item_tags=rng.random((n_items, 4)) < 0.4,
        tag_names=("Drama", "Comedy", "War", "Crime"),
        item_titles=tuple(f"film {at}" for at in range(n_items)),
        user_names=tuple(f"u{at}" for at in range(n_users)),
        user_fields={"age": np.arange(n_users) % 3},
        item_fields={"year": np.arange(n_items) % 5},
    )


def turning_log(n_users: int = 60, n_items: int = 200, per_user: int = 48) -> Impressions:
    """Each user likes one tag, and another one in each following partition of 12 events.

    Neither the user nor the item alone says what is liked: only what came shortly before does.
    """
    rng = np.random.default_rng(7)
    n, kinds = n_users * per_user, 4
    user = np.repeat(np.arange(n_users), per_user)
    place = np.tile(np.arange(per_user), n_users)
    item_kind = np.arange(n_items) % kinds
    item = rng.integers(0, n_items, n)
    taste = (user + 2 * (place >= per_user // 2)) % kinds
    liked = item_kind[item] == taste
    liked ^= rng.random(n) < 0.05
    return Impressions(
        user=user,
        item=item,
        time=(user + place * n_users).astype(np.int64) * SECOND,
        grade=liked.astype(np.int64),
        liked_from=1,
        n_grades=2,
        item_tags=np.eye(kinds, dtype=bool)[item_kind],
        tag_names=("Drama", "Comedy", "War", "Crime"),
        item_titles=tuple(f"film {at}" for at in range(n_items)),
        user_names=tuple(f"u{at}" for at in range(n_users)),
    )
