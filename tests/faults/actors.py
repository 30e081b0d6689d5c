"""People who use the store while it is disturbed, as what the pages do for them.

What an actor does is numbered and depends on the number alone. So one that was killed does again
what was not acknowledged, as a person does who saw an error or nothing; and the checks know what
must be there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from journeys.discovery.storage import PERSON_NAMER
from journeys.journey import Names
from journeys.store import Answer, Store
from journeys.study.answers import Shown, TrialAnswers
from journeys.timeline import ActivityLog
from tests.faults.ledger import Ledger

#: Trials or journeys that one actor goes round and round.
ROUND = 5
#: Events and people of one appended piece.
PIECE, APPENDED_PEOPLE = 3, 4


@dataclass(frozen=True)
class Stage:
    """What the actors act on.

    Attributes:
        run: a run that is done, whose journeys are rated and named by hand.
        journeys: ids of its journeys.
        appended: the log that events are added to.
        tokens: links of the participants.
    """

    run: int
    journeys: tuple[str, ...]
    appended: int
    tokens: tuple[str, ...]

    def save(self, folder: Path) -> None:
        (folder / "stage.json").write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, folder: Path) -> Stage:
        told = json.loads((folder / "stage.json").read_text())
        return cls(told["run"], tuple(told["journeys"]), told["appended"], tuple(told["tokens"]))


class Actor(Protocol):
    @property
    def name(self) -> str: ...

    def do(self, store: Store, number: int) -> None:
        """Do one thing; it is acknowledged when this returns."""
        ...


@dataclass(frozen=True)
class Participant:
    """Answers the trials of a study, over and over; the last answer must stand."""

    stage: Stage
    at: int

    @property
    def name(self) -> str:
        return f"participant-{self.at}"

    def words(self, number: int) -> str:
        return f"{self.name} says {number}"

    def do(self, store: Store, number: int) -> None:
        who = store.invitations.enter(self.stage.tokens[self.at])
        run, trial = who.runs["a"], number % ROUND
        journeys = store.participation.journeys(who, "a").journeys
        journey = journeys[trial % len(journeys)]
        shown = Shown(trial, "journey", run, journey.id, "a", 3, "as it was shown", "keyphrase")
        said = TrialAnswers(identification=1 + number % 5, own_words=self.words(number))
        store.participation.save_answer(who, shown, said, 1_000)


@dataclass(frozen=True)
class Rater:
    """Rates journeys, over and over; the last rating must stand."""

    stage: Stage
    at: int

    @property
    def name(self) -> str:
        return f"rater-{self.at}"

    def words(self, number: int) -> str:
        return f"{self.name} says {number}"

    def do(self, store: Store, number: int) -> None:
        answer = Answer(1 + number % 5, "right", self.words(number), 3, "as shown", "keyphrase")
        journey = self.stage.journeys[number % ROUND]
        store.ratings.save(self.stage.run, journey, answer, rater=self.name)


@dataclass(frozen=True)
class Appender:
    """Adds events to a log, a piece at a time; a piece is there in full or not at all."""

    stage: Stage
    at: int

    @property
    def name(self) -> str:
        return f"appender-{self.at}"

    def items(self, number: int) -> list[str]:
        return [f"{self.name}-{number}-{which}" for which in range(PIECE)]

    def piece(self, number: int) -> ActivityLog:
        frame = pd.DataFrame({"item_id": self.items(number)})
        frame["user_id"] = f"user{number % APPENDED_PEOPLE}"
        frame["title"] = "bread crumb " + frame["item_id"]
        seconds = 1_700_000_000 + (self.at * 1_000_000 + number) * PIECE + frame.index
        frame["timestamp"] = pd.to_datetime(seconds, unit="s", utc=True)
        return ActivityLog(frame)

    def do(self, store: Store, number: int) -> None:
        store.logs.append(self.stage.appended, self.piece(number))


@dataclass(frozen=True)
class Namer:
    """Gives journeys names by hand; each stays in the history."""

    stage: Stage
    at: int

    @property
    def name(self) -> str:
        return f"namer-{self.at}"

    def words(self, number: int) -> str:
        return f"{self.name} called it {number}"

    def do(self, store: Store, number: int) -> None:
        words = self.words(number)
        names = Names((words, words, words, words, words), PERSON_NAMER)
        store.results.add_names(self.stage.run, self.stage.journeys[number % ROUND], names)


def cast(stage: Stage) -> list[Actor]:
    """Everybody who acts."""
    people: list[Actor] = [Participant(stage, at) for at in range(len(stage.tokens))]
    return [
        *people, Rater(stage, 0), Rater(stage, 1), Appender(stage, 0), Appender(stage, 1),
        Namer(stage, 0),
    ]  # fmt: skip


def act(actor: Actor, store: Store, ledger: Ledger, pause: float) -> Iterator[str]:
    """Do one thing after the other for ever; gives the kinds of the errors met."""
    number = ledger.account().done
    while True:
        ledger.sent(number)
        try:
            actor.do(store, number)
        except Exception as error:
            yield f"{type(error).__name__}: {error}".split("\n", 1)[0][:300]
        else:
            ledger.done(number)
            number += 1
        time.sleep(pause)
