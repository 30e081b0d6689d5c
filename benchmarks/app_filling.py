"""An installation as large as a lab's server gets: events, people, journeys, names, ratings, maps.

For ``app_load.py``. Logs, journeys, maps, studies and invitations go in through the store's own
functions; names by a language model, consents and answers, which it takes one at a time, as rows
of its tables. Nothing is drawn anew, so the same seed gives the same installation.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import common  # noqa: F401 - makes the checkout importable
import numpy as np
import pandas as pd
from sqlalchemy import func, insert, select, update

from journeys.discovery import DiscoveryConfig
from journeys.embedding import load_embedder
from journeys.embedding.mean import encode_mean
from journeys.journey import Journey, Names, UserJourneys
from journeys.memory import BySize
from journeys.settings import Settings
from journeys.store import Store
from journeys.store.engine import now
from journeys.store.rows import naming_row
from journeys.store.schema import EventRow, JourneyRow, Naming, Person, Rating
from journeys.store.study_schema import ConsentRow, InvitationRow, StudyAnswerRow, StudyStepRow
from journeys.study.answers import TrialAnswers
from journeys.study.default_design import default_design
from journeys.study.design_file import text_hash
from journeys.timeline import ActivityLog, Timeline

DIMENSION = 384
JOURNEYS_A_PERSON = 5
#: Of items, each with a title of its own, that many people may have seen.
ITEMS_A_TOPIC = 100
TOPICS = 200
#: Ratings of one participant.
TRIALS = 10
#: Studies that the ratings are spread over.
STUDIES = 4
TELLER = "llm:made-up"
_CHUNK = 5_000
_SUBJECTS = (
    "ukulele", "hydroponics", "sourdough", "chess", "weaving", "astronomy", "bouldering",
    "bonsai", "film", "maps",
)  # fmt: skip
_MANNERS = (
    "beginner", "daily", "weekend", "vintage", "small", "patient", "local", "winter", "quiet",
    "second-hand",
)  # fmt: skip
_PLACES = (
    "balcony", "kitchen", "garage", "attic", "garden", "studio", "cellar", "park", "harbour",
    "library",
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How much of everything.

    Attributes:
        longest: events of the one person with the longest history.
        ratings: answers in studies. ``own``: answers on the page Ratings.
    """

    events: int = 1_000_000
    people: int = 10_000
    ratings: int = 100_000
    own: int = 20_000
    longest: int = 60_000

    @property
    def journeys(self) -> int:
        """Of everybody."""
        return self.people * JOURNEYS_A_PERSON


def fill(store: Store, settings: Settings, size: Size, say: Callable[[str], None] = print) -> None:
    """Fill an empty installation; one that this filled before is left as it is.

    Raises:
        SystemExit: the installation holds something else.
    """
    mark = settings.home / "filled.json"
    if mark.exists() and json.loads(mark.read_text()) == asdict(size):
        return
    if store.logs.count():
        raise SystemExit(f"{settings.home} or its database holds something else: take another.")
    began = time.perf_counter()

    def step(words: str) -> None:
        say(f"{time.perf_counter() - began:6.0f} s  {words}")

    log_id = store.logs.add(_log(size), "A platform's log")
    step(f"{size.events:,} events of {size.people:,} people")
    _vectors(store)
    step("vectors")
    run_id = _run(store, log_id)
    step(f"{size.journeys:,} journeys with {size.events:,} assignments and {size.people:,} maps")
    _names(store, run_id)
    step("names by a language model")
    _memory(store, log_id, run_id)
    step("the memory of the page Years")
    _own_ratings(store, run_id, size.own)
    step(f"{size.own:,} ratings on the page Ratings")
    _studies(store, log_id, run_id, size.ratings)
    step(f"{size.ratings:,} ratings in {STUDIES} studies")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    mark.write_text(json.dumps(asdict(size)))


def counts(store: Store) -> dict[str, int]:
    """What is there, by plain counting."""
    tables = {"events": EventRow, "people": Person, "journeys": JourneyRow, "names": Naming,
              "study answers": StudyAnswerRow, "ratings": Rating}  # fmt: skip
    with store.engine.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in tables.items()
        }


def title(topic: int, item: int) -> str:
    """Of an item of a topic."""
    subject, manner = _SUBJECTS[topic % 10], _MANNERS[topic // 10 % 10]
    return f"{manner} {subject} for the {_PLACES[item % 10]}, part {item} of series {topic}"


def _log(size: Size) -> ActivityLog:
    """Everybody pursues five topics and sees other things one time in ten."""
    rng = np.random.default_rng(0)
    longest = min(size.longest, size.events // 2)
    rest = size.events - longest
    share = rng.lognormal(0, 0.4, size.people - 1)
    each = np.maximum(20, (share / share.sum() * rest).astype(int))
    each[0] += rest - each.sum()
    each = np.concatenate([[longest], each])
    user = np.repeat(np.arange(size.people), each)
    # Five topics a person, a third of all topics apart, so that no two are the same.
    own = (user * 7 + rng.integers(0, JOURNEYS_A_PERSON, len(user)) * 37) % TOPICS
    other = rng.random(len(user)) < 0.1
    topic = np.where(other, rng.integers(0, TOPICS, len(user)), own)
    item = rng.integers(0, ITEMS_A_TOPIC, len(user))
    times = 1_600_000_000_000_000 + rng.integers(0, 63_000_000, len(user)) * 1_000_000
    # Nobody sees one item twice at one time: the microsecond tells events of a second apart.
    times += np.arange(len(user)) % 1_000_000
    titles = np.array([title(t, i) for t in range(TOPICS) for i in range(ITEMS_A_TOPIC)])
    frame = pd.DataFrame(
        {
            "user_id": [f"user{at:06d}" for at in user],
            "timestamp": pd.to_datetime(times, unit="us", utc=True),
            "item_id": [f"{t}-{i}" for t, i in zip(topic, item, strict=True)],
            "title": titles[topic * ITEMS_A_TOPIC + item],
        }
    )
    return ActivityLog(frame)


def _vectors(store: Store) -> None:
    """A direction a topic, and each item near its topic's."""
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(TOPICS, DIMENSION))
    with store.engine.connect() as connection:
        keys = dict(
            connection.execute(
                select(func.min(EventRow.item_id), EventRow.text_key).group_by(EventRow.text_key)
            ).all()
        )
    topics = np.array([int(item.split("-")[0]) for item in keys])
    vectors = centres[topics] + 0.9 * rng.normal(size=(len(keys), DIMENSION))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    store.vectors.put(load_embedder().id, list(keys.values()), vectors)


def _run(store: Store, log_id: int) -> int:
    """A finished discovery: the topics are the journeys."""
    run_id = store.runs.create(log_id, DiscoveryConfig(map="user").to_dict())
    store.runs.claim(run_id, "benchmark")
    rng = np.random.default_rng(2)
    for person_id, timeline in store.logs.timelines(log_id):
        found = _found(person_id, timeline)
        store.results.save_user(run_id, person_id, timeline.frame["event_id"].to_numpy(), found)
        store.maps.put(f"map-{person_id}", rng.normal(size=(len(timeline), 2)))
        store.results.set_map(run_id, person_id, f"map-{person_id}")
    manifest = {
        "embedder": load_embedder().id,
        "mean": encode_mean(np.zeros(DIMENSION, dtype=np.float32)),
        "now": store.logs.get(log_id).last_time,
        "seconds": {"cluster": 600.0, "name": 3600.0, "total": 4200.0},
    }
    store.runs.save_manifest(run_id, "benchmark", manifest)
    store.runs.finish(run_id, "benchmark", "done")
    return run_id


def _found(person_id: int, timeline: Timeline) -> UserJourneys:
    topics = np.array([int(item.split("-")[0]) for item in timeline.frame["item_id"]])
    kinds, number = np.unique(topics, return_counts=True)
    strongest = kinds[np.argsort(-number, kind="stable")][:JOURNEYS_A_PERSON]
    labels = np.full(len(topics), -1, dtype=np.int64)
    journeys = []
    for rank, topic in enumerate(strongest.tolist()):
        members = np.flatnonzero(topics == topic)
        labels[members] = rank
        journeys.append(_journey(person_id, timeline, rank, topic, members))
    return UserJourneys(
        timeline.user_id, tuple(journeys), labels, np.full(len(topics), 0.8, dtype=np.float32)
    )


def _journey(
    person_id: int, timeline: Timeline, rank: int, topic: int, members: np.ndarray
) -> Journey:
    times = timeline.times[members]
    first, last = (datetime.fromtimestamp(int(t) / 1e6, UTC) for t in (times[0], times[-1]))
    subject, manner = _SUBJECTS[topic % 10], _MANNERS[topic // 10 % 10]
    months = len({(each // 2_629_800_000_000) for each in times.tolist()})
    return Journey(
        id=f"{person_id:x}-{topic:x}",
        user_id=timeline.user_id,
        rank=rank + 1,
        score=1 / (rank + 1),
        stage="ongoing",
        kind="evergreen",
        confidence=0.8,
        members=members,
        central=tuple(members[:12].tolist()),
        first_seen=first,
        last_seen=last,
        active_months=months,
        keyphrases=(f"{manner} {subject}", subject, f"series {topic}"),
        names=Names(
            (subject, f"{manner} {subject}", f"{manner} {subject} at home",
             f"{manner} {subject} {topic}", f"series {topic} of {subject}"),
            "keyphrase", provisional=True,
        ),
        boundary=tuple(members[-3:].tolist()),
        family=rank % 2,
    )  # fmt: skip


def _names(store: Store, run_id: int) -> None:
    """What a language model called each journey."""
    with store.engine.connect() as connection:
        journeys = connection.scalars(
            select(JourneyRow.id).where(JourneyRow.run_id == run_id)
        ).all()
    at = now()
    rows = []
    for journey_id in journeys:
        topic = int(journey_id.split("-")[1], 16)
        subject, manner = _SUBJECTS[topic % 10], _MANNERS[topic // 10 % 10]
        levels = (
            f"crafts and {subject}", f"taking up {subject}", f"learning {manner} {subject}",
            f"a {manner} {subject} project", f"{manner} {subject}, series {topic}",
        )  # fmt: skip
        names = Names(levels, TELLER, shown=tuple(f"{topic}-{at}" for at in range(12)))
        rows.append(naming_row(run_id, journey_id, names, at))
    _insert(store, Naming, iter(rows))


def _memory(store: Store, log_id: int, run_id: int) -> None:
    memory = store.memory.open(log_id, BySize(20), run_id)
    store.memory.append(memory)


def _own_ratings(store: Store, run_id: int, number: int) -> None:
    """Answers on the page Ratings, about everybody's strongest journeys."""
    with store.engine.connect() as connection:
        journeys = connection.scalars(
            select(JourneyRow.id)
            .where(JourneyRow.run_id == run_id)
            .order_by(JourneyRow.rank, JourneyRow.person_id)
            .limit(number)
        ).all()
    at = now()
    _insert(
        store,
        Rating,
        (
            {
                "run_id": run_id, "journey_id": journey, "rater": "local",
                "identification": 1 + place % 5,
                "specificity": ("broad", "right", "specific")[place % 3],
                "own_words": "" if place % 10 else "I would say it otherwise",
                "level": 1 + place % 5, "name_shown": "a name", "namer": TELLER,
                "created_at": at + place, "updated_at": at + place,
            }
            for place, journey in enumerate(journeys)
        ),
    )  # fmt: skip


def _studies(store: Store, log_id: int, run_id: int, ratings: int) -> None:
    design = default_design()
    people = [p.person_id for p in store.results.people(run_id) if p.n_journeys]
    each = min(ratings // TRIALS // STUDIES, len(people))
    for number in range(STUDIES):
        study = store.studies.create(log_id, design, {"a": run_id})
        store.studies.open(study)
        asked = people[number * each :][:each] or people[:each]
        # A tenth more are invited and have not come yet.
        store.invitations.invite(study, [*asked, *people[-each // 10 :]])
        with store.engine.connect() as connection:
            rows = connection.execute(
                select(InvitationRow.id, InvitationRow.person_id)
                .where(InvitationRow.study_id == study, InvitationRow.person_id.in_(asked))
                .order_by(InvitationRow.id)
            ).all()
            journeys: dict[int, list[str]] = {}
            for person, journey in connection.execute(
                select(JourneyRow.person_id, JourneyRow.id)
                .where(JourneyRow.run_id == run_id)
                .order_by(JourneyRow.person_id, JourneyRow.rank)
            ):
                journeys.setdefault(person, []).append(journey)
        at = now()
        with store.engine.begin() as connection:
            connection.execute(
                update(InvitationRow)
                .where(InvitationRow.id.in_([row.id for row in rows]))
                .values(first_used_at=at, arrival=InvitationRow.number, finished_at=at)
            )
        _insert(store, ConsentRow, (
            {"invitation_id": row.id, "text_version": design.consent_version,
             "text_hash": text_hash(design.consent_text), "as_examples": False, "given_at": at}
            for row in rows
        ))  # fmt: skip
        _insert(store, StudyStepRow, (
            {"invitation_id": row.id, "step": step, "at": at}
            for row in rows for step in ("opened", "consented", "rating", "done")
        ))  # fmt: skip
        _insert(store, StudyAnswerRow, (
            _answer(row.id, trial, run_id, journeys[row.person_id], at)
            for row in rows for trial in range(TRIALS)
        ))  # fmt: skip


def _answer(
    invitation: int, trial: int, run_id: int, journeys: list[str], at: int
) -> dict[str, Any]:
    place = invitation * TRIALS + trial
    said = TrialAnswers(
        recalled=("all", "some", "none")[place % 3],
        identification=1 + place * 7 % 5,
        specificity=("broad", "right", "specific")[place % 3],
        own_words="" if place % 10 else "I would say it otherwise",
    )
    return {
        "invitation_id": invitation, "trial": trial, "kind": "journey", "run_id": run_id,
        "journey_id": journeys[trial % len(journeys)], "condition": "a", "level": 1 + trial % 5,
        "name_shown": "a name", "namer": TELLER, "prompts": "", "answers": said.to_dict(),
        "recall_ms": 1_500, "response_ms": 4_000 + place % 1000, "first_saved_at": at,
        "saved_at": at,
    }  # fmt: skip


def _insert(store: Store, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    """Many rows, some thousands a statement, in one transaction."""
    part: list[dict[str, Any]] = []
    with store.engine.begin() as connection:
        for row in rows:
            part.append(row)
            if len(part) == _CHUNK:
                connection.execute(insert(table), part)
                part.clear()
        if part:
            connection.execute(insert(table), part)


def open_home(home: Path, database_url: str | None) -> tuple[Store, Settings]:
    """The installation in a folder, on SQLite there or on a PostgreSQL."""
    from journeys.store import open_store

    environment = {"JOURNEYS_HOME": str(home)}
    if database_url:
        environment["DATABASE_URL"] = database_url
    settings = Settings.from_environment(environment)
    return open_store(settings), settings
