"""Raters who save and researchers who read, at once, for minutes: p95, errors, and what is kept.

    python benchmarks/app_raters.py [--raters 40] [--researchers 10] [--minutes 10] [--browsers 3]
        [--database-url URL] [--home DIR] [--processes 4] [--pause 4] [--json FILE]

What is driven how. Raters and researchers are threads in several processes, as sessions are in
several servers of the app, and call what the pages call. A rater opens the link, saves each of four
answers of a trial (look the link up, then save), and for each next trial reads their journeys and
what they answered, as the page does when it is drawn. A researcher opens one page after another,
drawn at random: Journeys (list of people, one person's timeline and journeys), Ratings (counts),
Study (progress, a page of the participants), Study results (how much there is, drop-out), Discover
(totals of the run), Label names (a draw of names). What Streamlit adds to that is not in it. With
``--browsers N``, N more raters walk the rating path in real Chromium on the real app meanwhile,
which has it in.

Without ``--home`` the installation is small and made up; with it, the study is one more on an
installation that ``app_load.py`` filled (SQLite, or the PostgreSQL that it was filled on, given by
``--filled-url``), and is deleted afterwards. With ``--database-url`` a database of its own is made
on that PostgreSQL and dropped. Afterwards the database is read with plain SQL. Exits with 1 where
anything failed, was lost or doubled.
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
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common import provenance
from own_database import own_database, settings_of
from study_browsers import Browsers, app
from study_saving import SAVES_A_TRIAL, check, in_words, installation, prepare

from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.study.answers import Shown, TrialAnswers
from journeys.study.default_design import default_design

#: Milliseconds within which 95 of 100 must be done.
BOUND = 500


@dataclass
class Done:
    """What threads did: seconds by kind, what failed, and the words that must be kept."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failed: Counter[str] = field(default_factory=Counter)
    words: set[str] = field(default_factory=set)

    def timed(self, kind: str, act: Callable[[], Any]) -> Any:
        """Do something and note how long it took; None where it failed, which is noted too."""
        start = time.perf_counter()
        try:
            return act()
        except Exception as error:
            self.failed[f"{kind}: {error!r}"] += 1
            return None
        finally:
            self.seconds.setdefault(kind, []).append(time.perf_counter() - start)

    def add(self, other: Done) -> None:
        for kind, seconds in other.seconds.items():
            self.seconds.setdefault(kind, []).extend(seconds)
        self.failed.update(other.failed)
        self.words |= other.words


def rate(store: Store, token: str, until: float, pause: float, done: Done) -> None:
    """One rater, trial after trial until the time is over; a trial that was begun is finished."""
    draws, take = random.Random(token), store.participation
    time.sleep(pause * draws.random())
    who = done.timed("open the link", lambda: store.invitations.enter(token))
    done.timed("consent", lambda: take.give_consent(who))
    trial = 0
    while time.monotonic() < until:
        found = done.timed("next trial", lambda: _next(store, token))
        if not found:
            time.sleep(pause)
            continue
        journey, run = found[trial % len(found[:-1])], found[-1]
        shown = Shown(trial, "journey", run, journey.id, "a", 3, journey.name(3), "keyphrase")
        kept = True
        for step in range(1, SAVES_A_TRIAL + 1):
            said = TrialAnswers(identification=step, own_words=f"{token} {trial} {step}")
            before = sum(done.failed.values())
            done.timed(
                "save",
                lambda said=said, shown=shown: take.save_answer(
                    store.invitations.enter(token), shown, said, 1_000
                ),
            )
            kept = sum(done.failed.values()) == before
            time.sleep(pause * (0.5 + draws.random()))
        if kept:
            done.words.add(f"{token} {trial} {SAVES_A_TRIAL}")
        trial = (trial + 1) % 1_000


def _next(store: Store, token: str) -> list[Any]:
    """What the page reads for the next trial: the journeys, and in the last place their run."""
    who = store.invitations.enter(token)
    store.participation.answers(who)
    store.participation.steps(who)
    return [*store.participation.journeys(who, "a").journeys, who.runs["a"]]


def research(store: Store, study: int, until: float, pause: float, seed: int, done: Done) -> None:
    """One researcher, page after page."""
    draws = random.Random(seed)
    held = store.studies.get(study)
    run = next(iter(held.runs.values()))
    people = [p.person_id for p in store.listing.of_run(run, limit=200)]

    def journeys() -> None:
        person = draws.choice(people)
        store.listing.of_run(run, limit=200)
        store.results.user(run, person, store.logs.timeline(person, run))

    def results() -> None:
        store.study_results.extent(study)
        store.study_results.funnel(study)
        store.study_results.withdrawn(study)

    def progress() -> None:
        store.invitations.progress(study)
        store.invitations.list(study, limit=50, offset=50 * draws.randrange(2))
        store.invitations.waiting_number(study, [run])

    def ratings() -> None:
        store.ratings.standing_counts(run, "local")
        store.ratings.standing(run, draws.choice(people))

    def discover() -> None:
        store.listing.totals(run)
        store.results.counts(run)

    def label() -> None:
        store.labels.namers(run)
        store.labels.namings(run, most=1_000)

    pages = {
        "Journeys": journeys, "Study results": results, "Study": progress, "Ratings": ratings,
        "Discover": discover, "Label names": label,
    }  # fmt: skip
    while time.monotonic() < until:
        time.sleep(pause * (0.5 + draws.random()))
        name = draws.choice(list(pages))
        done.timed(f"page {name}", pages[name])


def process(
    settings: Settings, tokens: list[str], study: int, researchers: list[int], minutes: float,
    pause: float, ready: Any, results: Any,
) -> None:  # fmt: skip
    """One server process with its sessions as threads."""
    store = open_store(settings)
    everybody = [Done() for _ in range(len(tokens) + len(researchers))]
    ready.wait()
    until = time.monotonic() + 60 * minutes
    threads = [
        threading.Thread(target=rate, args=(store, token, until, pause, done))
        for token, done in zip(tokens, everybody, strict=False)
    ] + [
        threading.Thread(target=research, args=(store, study, until, pause, seed, done))
        for seed, done in zip(researchers, everybody[len(tokens) :], strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    total = Done()
    for done in everybody:
        total.add(done)
    results.put(total)


def ask(store: Store, people: int) -> list[str]:
    """A study of so many people of a filled installation's newest discovery; gives their tokens."""
    log = store.logs.list()[-1]
    run = store.runs.latest_with_results(log.id)
    if run is None:
        raise SystemExit("The installation has no journeys; fill it with app_load.py first.")
    study = store.studies.create(log.id, default_design(), {"a": run.id})
    store.studies.open(study)
    # Not the first: the person with the longest history may be there.
    found = store.listing.of_run(run.id, limit=people, offset=100)
    return [link.token for link in store.invitations.invite(study, [p.person_id for p in found])]


def percentile(seconds: list[float], share: float) -> float:
    """In milliseconds."""
    return sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))] * 1000


def rows(total: Done) -> dict[str, dict[str, float]]:
    """Kind -> number and milliseconds; saves and pages taken together, too."""
    pages = [s for kind, own in total.seconds.items() if kind.startswith("page ") for s in own]
    kinds = dict(sorted(total.seconds.items())) | ({"all pages": pages} if pages else {})
    return {
        kind: {"n": len(s), "median": statistics.median(s) * 1000, "p95": percentile(s, 0.95),
               "worst": max(s) * 1000}
        for kind, s in kinds.items() if s
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--raters", type=int, default=40)
    parser.add_argument("--researchers", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--pause", type=float, default=4.0, help="mean seconds between two acts")
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--browsers", type=int, default=0, help="more raters in real browsers")
    parser.add_argument("--database-url", default="", help="PostgreSQL to make a database on")
    parser.add_argument("--home", type=Path, help="filled by app_load.py")
    parser.add_argument("--filled-url", default="", help="the database of --home, if no SQLite")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    server = options.filled_url or options.database_url
    print(provenance(), "\n", settings_of(server), flush=True)
    with ExitStack() as stack:
        home = str(options.home or stack.enter_context(tempfile.TemporaryDirectory()))
        url = options.filled_url or stack.enter_context(own_database(options.database_url))
        settings = installation(home, url)
        store = open_store(settings)
        stack.callback(store.close)
        number = options.raters + options.browsers
        tokens = ask(store, number) if options.home else prepare(store, settings, number)
        study = store.studies.list()[0].id
        if options.home:
            stack.callback(store.studies.delete, study)
        browsers = None
        if options.browsers:
            address = stack.enter_context(app(home, url))
            browsers = Browsers(address, default_design(), tokens[options.raters :], options.pause)
            browsers.arrive()
        spawn = multiprocessing.get_context("spawn")
        ready, results = spawn.Barrier(options.processes + 1), spawn.Queue()
        workers = [
            spawn.Process(
                target=process,
                args=(settings, tokens[: options.raters][at :: options.processes], study,
                      list(range(options.researchers))[at :: options.processes],
                      options.minutes, options.pause, ready, results),
            )
            for at in range(options.processes)
        ]  # fmt: skip
        for worker in workers:
            worker.start()
        ready.wait()
        load, start = os.getloadavg()[0], time.perf_counter()
        if browsers:
            browsers.go()
        total = Done()
        for _ in workers:
            total.add(results.get())
        took = time.perf_counter() - start
        for worker in workers:
            worker.join()
        walks = browsers.done() if browsers else []
        wanted = total.words | {words for walk in walks for words in walk.words}
        problems = check(store.engine, wanted, study)
        total.failed.update(f"browser: {walk.failed}" for walk in walks if walk.failed)
    found = rows(total)
    print(
        f"{options.raters} raters and {options.researchers} researchers in {options.processes} "
        f"processes for {took / 60:.1f} minutes, {options.pause:g} s between two acts; load of "
        f"the machine before {load:.1f}, after {os.getloadavg()[0]:.1f}\n\n"
        "| what | n | median (ms) | p95 (ms) | worst (ms) |\n|---|---|---|---|---|"
    )
    for kind, row in found.items():
        print(f"| {kind} | {row['n']:,} | {row['median']:.0f} | {row['p95']:.0f} | "
              f"{row['worst']:.0f} |")  # fmt: skip
    kept = "; ".join(problems) or f"{len(wanted):,} trials kept, nothing lost or doubled"
    print(f"\n{in_words(walks)}failed: {dict(total.failed) or 'none'}\ndatabase: {kept}")
    if options.json:
        options.json.write_text(
            json.dumps({"seconds": took, "load": load, "rows": found, "problems": problems,
                        "failed": dict(total.failed)}, indent=1)
        )  # fmt: skip
    slow = [kind for kind, row in found.items() if row["p95"] > BOUND]
    if slow:
        print(f"p95 above {BOUND} ms: {', '.join(slow)}")
    if total.failed or problems or slow:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
