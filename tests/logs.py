"""Small logs for tests, made of words that the fake embedder tells apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from journeys.timeline import ActivityLog

TOPICS = {
    "ukulele": "ukulele chords strumming beginner lesson song",
    "hydroponics": "hydroponic nutrient lettuce tower balcony pump",
    "rust": "rust borrow checker tokio async service crate",
    "bread": "sourdough starter crumb oven proofing flour",
}


def make_log(users: int = 4, per_topic: int = 14, seed: int = 0) -> ActivityLog:
    """A log of people who each pursue three of the topics above, and one who did too little."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(users):
        topics = list(TOPICS)[user % 2 : user % 2 + 3]
        for topic in topics:
            words = TOPICS[topic].split()
            for number in range(per_topic):
                chosen = " ".join(rng.choice(words, size=4, replace=False))
                day = int(rng.integers(0, 400))
                rows.append((f"user{user}", day * 86_400 + number, f"{topic} {chosen} {number}"))
    rows += [("visitor", 86_400 * day, f"something else {day}") for day in range(3)]
    frame = pd.DataFrame(rows, columns=["user_id", "seconds", "title"])
    frame["timestamp"] = pd.to_datetime(frame.pop("seconds") + 1_700_000_000, unit="s", utc=True)
    frame["item_id"] = [f"item{at}" for at in range(len(frame))]
    return ActivityLog(frame)
