"""Text about the user: which names of interests are theirs, on a log whose groups have names.

An embedding goes in, names come out. The candidates are names of groups that exist in the log, some
of which the person pursues; the model orders them by how likely it is to write each.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from journeys.errors import InputError
from journeys.evaluation.labelled import Truth
from journeys.timeline import ActivityLog
from journeys.userllm.datasets import Embed, of_timelines
from journeys.userllm.questions import JOURNEYS, Person, Question, Wording, one_line
from journeys.userllm.sequences import EncoderData
from journeys.userllm.worlds import World, drawn

INTEREST_TEXT = "Question: Which interest does this person pursue?\nAnswer:"

#: Names to choose from, those of the person included.
CANDIDATES = 20

#: A group is pursued with at least so many of the person's events.
_FEWEST = 8

#: Events of the shortest history that is learnt from.
_SHORTEST = 30

#: Longest title in a prompt, in characters.
_TITLE = 60


def interest_wording(data: EncoderData) -> Wording:
    """A title a line."""
    items = data.ids["item"]
    titles = [one_line(title, _TITLE) for title in data.catalogue.titles]
    return Wording(
        "Titles that a person looked at, oldest first:", lambda event: titles[items[event]]
    )


def interest_world(
    log: ActivityLog,
    truth: Truth,
    embed: Embed | None,
    *,
    people: int = 40,
    longest: int = 100,
    names: Mapping[str, str] | None = None,
    cuts: int = 1,
    seed: int = 0,
) -> World:
    """A labelled log; nobody's events say of which group they are, which only the answers do.

    Args:
        truth: the groups, one an event.
        people: to be asked about, drawn by the seed of those with ``longest`` events.
        names: group to its name; the label itself where there is none.
        cuts: of the history of each person to learn from; what they pursue by then is right.

    Raises:
        InputError: nobody has so many events, or there are too few groups.
    """
    hidden = ActivityLog(log.frame.drop(columns=_telling(log, truth)))
    data = of_timelines(hidden.timelines(), embed)
    starts = {timeline.user_id: timeline.start for timeline in log.timelines()}
    groups = {
        timeline.user_id: _pursued(truth, timeline.start, len(timeline))
        for timeline in log.timelines()
    }
    called = {
        group: one_line((names or {}).get(group, group.replace("_", " ")))
        for group in sorted(set().union(*groups.values()))
    }
    if len(called) < CANDIDATES:
        raise InputError(f"The log has {len(called)} groups; {CANDIDATES} are asked for.")
    everybody = [
        _person(data, user, own, called, seed, int(data.starts[user + 1]))
        for user, name in enumerate(data.users)
        if (own := groups[name])
    ]
    long = [each for each in everybody if each.known - each.start >= longest]
    test = drawn(long, people, seed)
    if not test:
        raise InputError(f"Nobody in the log has {longest:,} events.")
    held = {each.user for each in test}
    # Nothing of those who are asked about is learnt from, not even by the encoder.
    learnt = ~np.isin(data.owner, list(held))
    train = tuple(each for each in everybody if each.user not in held)
    earlier = tuple(
        _person(data, each.user, own, called, seed + 1 + at, each.start + known)
        for each in train
        for at, known in enumerate(_cuts(each, cuts - 1, seed))
        if (own := _pursued(truth, starts[each.id], known))
    )
    return World("interests", data, learnt, None, train, test, interest_wording(data), earlier)


def _cuts(person: Person, count: int, seed: int) -> list[int]:
    """Lengths of earlier histories of a person, drawn without repetition."""
    rng = np.random.default_rng([seed, person.user])
    lengths: list[int] = rng.permutation(np.arange(_SHORTEST, person.known - person.start)).tolist()
    return lengths[:count]


def _telling(log: ActivityLog, truth: Truth) -> list[str]:
    """Columns that say the group."""
    labels = [str(each) for each in truth.labels]
    return [name for name in log.frame.columns if log.frame[name].astype(str).tolist() == labels]


def _pursued(truth: Truth, start: int, count: int) -> frozenset[str]:
    names, counts = np.unique(truth.labels[start : start + count].astype(str), return_counts=True)
    pairs = zip(names.tolist(), counts.tolist(), strict=True)
    return frozenset(name for name, many in pairs if name and many >= _FEWEST)


def _person(
    data: EncoderData,
    user: int,
    own: frozenset[str],
    called: Mapping[str, str],
    seed: int,
    known: int,
) -> Person:
    rng = np.random.default_rng([seed, user])
    mine = [called[group] for group in sorted(own)]
    others = [name for group, name in called.items() if group not in own and name not in mine]
    wrong = [others[at] for at in rng.permutation(len(others))[: CANDIDATES - len(mine)]]
    names = [*mine, *wrong]
    order = rng.permutation(len(names)).tolist()
    question = Question(
        JOURNEYS,
        INTEREST_TEXT,
        tuple(names[at] for at in order),
        tuple(at < len(mine) for at in order),
    )
    return Person(data.users[user], user, int(data.starts[user]), known, (question,))
