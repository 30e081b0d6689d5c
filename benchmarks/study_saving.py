"""Participants of a study who all save at the same time: is anything lost, doubled, or slow?

    python benchmarks/study_saving.py [--participants 200] [--processes 20] [--trials 12]
        [--pause 0] [--browsers 0] [--database-url URL]

Every participant has a link to a study over a made-up log on SQLite, or in a database of its own on
the PostgreSQL of ``--database-url`` (made and dropped), and answers every trial four
times over (as the page does: once a widget), the last answer being the one that must stand. A save
is what the page does: look the link up, then save. Processes start their work at one barrier;
participants of a process are threads, as they are in the app's server. With no pause everybody
saves as fast as they can, which nobody does; a pause of 2 seconds is a quick person. With
``--browsers 10``, ten more participants walk the rating path in real Chromium contexts, on the real
app over the same database, at the same time (needs Chromium and Playwright). Afterwards the
database is read with plain SQL.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import statistics
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from typing import Any

import pandas as pd
from common import provenance
from own_database import own_database, settings_of
from sqlalchemy import Engine
from study_browsers import Browsers, Walk, app

from journeys.discovery import DiscoveryConfig
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import JourneysError
from journeys.jobs.execute import execute
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.study.answers import Shown, TrialAnswers
from journeys.study.default_design import default_design
from journeys.timeline import ActivityLog

TOPICS = (
    "ukulele chords strumming beginner lesson song",
    "hydroponic nutrient lettuce tower balcony pump",
    "sourdough starter crumb oven proofing flour",
)
SAVES_A_TRIAL = 4


def made_up_log(people: int) -> ActivityLog:
    """Everybody pursues three topics of twelve events each."""
    rows = [
        (f"user{person}", topic_number * 100 + event, " ".join(words[event % 3 : event % 3 + 4]))
        for person in range(people)
        for topic_number, words in enumerate(topic.split() for topic in TOPICS)
        for event in range(12)
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "day", "title"])
    frame["timestamp"] = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(
        frame.pop("day"), unit="D"
    )
    frame["item_id"] = [f"item{at}" for at in range(len(frame))]
    frame["title"] += [f" {at}" for at in range(len(frame))]
    return ActivityLog(frame)


def prepare(store: Store, settings: Settings, people: int) -> list[str]:
    """An open study of everybody; gives their tokens."""
    log_id = store.logs.add(made_up_log(people), "made up")
    run_id = store.runs.create(log_id, DiscoveryConfig(map="none").to_dict())
    store.runs.claim(run_id, "benchmark")
    execute(store, settings, run_id, "benchmark", make_embedder=lambda _: FakeEmbedder())
    study = store.studies.create(log_id, default_design(), {"a": run_id})
    store.studies.open(study)
    found = [p.person_id for p in store.results.people(run_id) if p.n_journeys]
    if len(found) < people:
        raise SystemExit(f"Only {len(found)} of {people} people have journeys.")
    return [link.token for link in store.invitations.invite(study, found)]


def answer(
    store: Store, token: str, trials: int, pause: float, gate: threading.Event
) -> tuple[list[float], list[str]]:
    """One participant's saves: seconds of each, and what went wrong."""
    take = store.participation
    seconds, failed, draws = [], [], random.Random(token)
    try:
        who = store.invitations.enter(token)
        take.give_consent(who)
        journeys = take.journeys(who, "a").journeys
    except Exception as error:
        return seconds, [f"entering: {error!r}"]
    run = who.runs["a"]
    gate.wait()
    for trial in range(trials):
        journey = journeys[trial % len(journeys)]
        shown = Shown(trial, "journey", run, journey.id, "a", 3, journey.name(3), "keyphrase")
        for step in range(1, SAVES_A_TRIAL + 1):
            said = TrialAnswers(identification=step, own_words=f"{token} {trial} {step}")
            start = time.perf_counter()
            try:
                take.save_answer(store.invitations.enter(token), shown, said, 1_000)
            except JourneysError as error:
                failed.append(str(error))
            except Exception as error:
                failed.append(repr(error))
            seconds.append(time.perf_counter() - start)
            time.sleep(pause * (0.5 + draws.random()))
    return seconds, failed


def installation(home: str, database_url: str) -> Settings:
    """The installation in a folder, on SQLite there or on another database."""
    database = {"DATABASE_URL": database_url} if database_url else {}
    return Settings.from_environment({"JOURNEYS_HOME": home, **database})


def process(
    settings: Settings, tokens: list[str], trials: int, pause: float, ready: Any, results: Any
) -> None:
    """One server process with its participants as threads."""
    store = open_store(settings)
    gate, found = threading.Event(), []
    threads = [
        threading.Thread(
            target=lambda token=token: found.append(answer(store, token, trials, pause, gate))
        )
        for token in tokens
    ]
    for thread in threads:
        thread.start()
    ready.wait()
    gate.set()
    for thread in threads:
        thread.join()
    store.close()
    results.put(found)


def check(engine: Engine, wanted: set[str], study: int | None = None) -> list[str]:
    """What is wrong with what the database holds, read with plain SQL.

    Args:
        wanted: the words of every trial's last answer, which begin with the participant's token.
        study: whose answers are looked at; all where None.
    """
    only = "" if study is None else f" WHERE i.study_id = {int(study)}"
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT a.invitation_id, a.trial, CAST(a.answers AS TEXT), i.person_id, j.person_id,"
            " a.kind FROM study_answer a JOIN invitation i ON i.id = a.invitation_id"
            " LEFT JOIN journey j ON j.run_id = a.run_id AND j.id = a.journey_id" + only
        ).fetchall()
        integrity = "ok"
        if engine.dialect.name == "sqlite":
            integrity = str(connection.exec_driver_sql("PRAGMA integrity_check").scalar())
    problems = [] if integrity == "ok" else [f"integrity: {integrity}"]
    words = Counter(json.loads(row[2])["own_words"] for row in rows)
    problems += [f"{len(wanted - set(words))} lost"] if wanted - set(words) else []
    problems += [f"{len(set(words) - wanted)} not the last"] if set(words) - wanted else []
    if len(rows) != len(wanted) or len({(row[0], row[1]) for row in rows}) != len(rows):
        problems.append(f"{len(rows)} rows instead of {len(wanted)}")
    if any(row[3] != row[4] for row in rows if row[5] != "foil"):
        problems.append("an answer about somebody else's journey")
    owner: dict[int, set[str]] = {}
    for row in rows:
        owner.setdefault(row[0], set()).add(json.loads(row[2])["own_words"].split()[0])
    if any(len(found) != 1 for found in owner.values()):
        problems.append("an answer under somebody else's invitation")
    return problems


def in_words(walks: list[Walk]) -> str:
    """What the browsers saw; '' where there were none."""
    seen = sorted(s for walk in walks for s in walk.seconds)
    if not seen:
        return ""
    return (
        f"{len(walks)} browsers: {len(seen)} saves from tap to page, "
        f"{sum(len(walk.words) for walk in walks)} trials: median {statistics.median(seen):.3f}, "
        f"p95 {seen[int(0.95 * len(seen))]:.3f}, longest {seen[-1]:.3f}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--participants", type=int, default=200)
    parser.add_argument("--processes", type=int, default=20)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument(
        "--pause", type=float, default=0.0, help="mean seconds between two saves of one participant"
    )
    parser.add_argument("--browsers", type=int, default=0, help="participants in real browsers")
    parser.add_argument("--database-url", default="", help="of a PostgreSQL; SQLite without")
    options = parser.parse_args()
    print(provenance(), "\n", settings_of(options.database_url), flush=True)
    with (
        tempfile.TemporaryDirectory() as home,
        own_database(options.database_url) as database_url,
    ):
        settings = installation(home, database_url)
        store = open_store(settings)
        everybody = prepare(store, settings, options.participants + options.browsers)
        tokens, in_browsers = (
            everybody[: options.participants], everybody[options.participants :],
        )  # fmt: skip
        store.close()
        stack = ExitStack()
        walks: list[Walk] = []
        browsers = None
        if in_browsers:
            url = stack.enter_context(app(home, database_url))
            browsers = Browsers(url, default_design(), in_browsers, max(0.5, 2 * options.pause))
            browsers.arrive()
        spawn = multiprocessing.get_context("spawn")
        ready, results = spawn.Barrier(options.processes + 1), spawn.Queue()
        workers = [
            spawn.Process(
                target=process,
                args=(settings, tokens[at :: options.processes], options.trials, options.pause,
                      ready, results),
            )
            for at in range(options.processes)
        ]  # fmt: skip
        for worker in workers:
            worker.start()
        load = os.getloadavg()[0]
        ready.wait()
        start = time.perf_counter()
        if browsers:
            browsers.go()
        found = [one for _ in workers for one in results.get()]
        took = time.perf_counter() - start
        for worker in workers:
            worker.join()
        if browsers:
            walks = browsers.done()
        stack.close()
        wanted = {
            f"{token} {trial} {SAVES_A_TRIAL}"
            for token in tokens
            for trial in range(options.trials)
        }
        wanted |= {words for walk in walks for words in walk.words}
        store = open_store(settings)
        problems = check(store.engine, wanted)
        store.close()
    seconds = sorted(s for one, _ in found for s in one)
    failed = Counter(words for _, one in found for words in one)
    failed.update(walk.failed for walk in walks if walk.failed)
    p95 = seconds[int(0.95 * len(seconds))]
    print(
        f"{options.participants} participants in {options.processes} processes, "
        f"{options.pause:g} s between two saves: {len(seconds):,} saves in {took:.1f} s "
        f"({len(seconds) / took:,.0f}/s); load of the machine before: {load:.1f}\n"
        f"seconds of a save: median {statistics.median(seconds):.3f}, p95 {p95:.3f}, "
        f"p99 {seconds[int(0.99 * len(seconds))]:.3f}, longest {seconds[-1]:.3f}\n"
        f"{in_words(walks)}"
        f"failed: {dict(failed) or 'none'}\n"
        f"database: {'; '.join(problems) or 'nothing lost, nothing doubled'}"
    )
    if failed or problems:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
