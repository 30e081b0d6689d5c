"""The journeys of a log beside the published survey of what people say of theirs.

The survey (Christakopoulou et al. 2023, arXiv 2305.15498, of users of a video platform; its
sample size is not known to us) asked people. A log shows clusters of events. The two are set side
by side with what keeps them apart:

* 66% recently pursued a valued journey, 80% of those for more than a month (taken here as the
  share of journeys), half have some of more than a year, 70% hold 1 to 3 at once. Whom each share
  is of is read from accounts of the paper.

* A journey here lasts from its first to its last event, breaks included.
* A log cannot show what began before it or goes on after it. A journey with an event within
  :data:`EDGE_DAYS` of the log's first or last day is *open*: it lasted at least as long as is
  seen. Shares of long journeys are therefore lower bounds, with the upper bound beside them.
* Across people nothing is given of fewer than k = 5 of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from journeys.evaluation.intervals import macro_mean
from journeys.study.summary import wilson

DAY = 86_400_000_000  # microseconds

#: "More than a month" and "more than a year", in days.
MONTH_DAYS, YEAR_DAYS = 30.0, 365.0

#: A journey seen so near an edge of the log may reach beyond it; a month, since the survey's
#: shortest question is of a month.
EDGE_DAYS = 30.0

#: A journey pursued within so many days of the log's end is going on, as in the rules of stages.
ONGOING_DAYS = 90.0

#: People that must stand behind anything shown of more than one.
K = 5


@dataclass(frozen=True)
class PersonFigures:
    """One person's journeys in the survey's terms.

    Attributes:
        journeys: how many there are.
        now: how many were pursued within :data:`ONGOING_DAYS` of the log's end.
        at_once: mean number of journeys with an event in a month, over the months in which the
            person had an event of any journey; 0 without journeys.
        over_month, over_year: journeys seen to last longer.
        maybe_month, maybe_year: those and the open ones, which may have.
        days: shape ``(journeys,)``, from first to last event.
        open: shape ``(journeys,)``, bool: touches an edge of the log.
    """

    journeys: int
    now: int
    at_once: float
    over_month: int
    maybe_month: int
    over_year: int
    maybe_year: int
    days: np.ndarray
    open: np.ndarray


@dataclass(frozen=True)
class Share:
    """A share of a log with its 95 % interval, and the survey's.

    Attributes:
        asked: what it is the share of, in words.
        survey: the published share, in [0, 1].
        value: in [0, 1]; for long journeys at least this.
        low, high: interval of ``value`` over people.
        at_most: the share if every open journey lasted long enough; None where nothing is open.
        people: how many the share is over.
    """

    asked: str
    survey: float
    value: float
    low: float
    high: float
    at_most: float | None
    people: int


@dataclass(frozen=True)
class Comparison:
    """A log beside the survey.

    Attributes:
        shares: those for which there are enough people; fewer or none in a small log.
        people: everybody in the log.
        at_once: median over people of the mean number of journeys a month; None for too few.
        now: median number going on at the log's end, of those with any; None for too few.
    """

    shares: tuple[Share, ...]
    people: int
    at_once: float | None
    now: float | None


def person_figures(
    times: np.ndarray, labels: np.ndarray, *, first: int, last: int
) -> PersonFigures:
    """The figures of one person.

    Args:
        times: shape ``(events,)``, microseconds since 1970-01-01 UTC.
        labels: shape ``(events,)``: the journey of each event, negative for none.
        first, last: time of the log's first and last event.
    """
    kept = labels >= 0
    times, labels = times[kept], labels[kept]
    found, labels = np.unique(labels, return_inverse=True)
    begin = np.full(len(found), np.iinfo(np.int64).max)
    end = np.full(len(found), np.iinfo(np.int64).min)
    np.minimum.at(begin, labels, times)
    np.maximum.at(end, labels, times)
    months = times.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    active = len(np.unique(np.column_stack([labels, months]), axis=0))
    days = (end - begin) / DAY
    edge = EDGE_DAYS * DAY
    reaches = (begin - first <= edge) | (last - end <= edge)
    return PersonFigures(
        journeys=len(found),
        now=int(np.sum(last - end <= ONGOING_DAYS * DAY)),
        at_once=active / max(1, len(np.unique(months))),
        over_month=int(np.sum(days > MONTH_DAYS)),
        maybe_month=int(np.sum((days > MONTH_DAYS) | reaches)),
        over_year=int(np.sum(days > YEAR_DAYS)),
        maybe_year=int(np.sum((days > YEAR_DAYS) | reaches)),
        days=days,
        open=reaches,
    )


def log_figures(
    assignments: Iterable[tuple[str, str, int, str]], *, first: int, last: int
) -> Iterator[PersonFigures]:
    """The figures of everybody, one person's events in memory at a time.

    Args:
        assignments: (person, item, time, journey or '') of every event, by person; as
            :meth:`journeys.store.results.ResultStore.assignments` gives them.
    """
    for _, rows in groupby(assignments, key=lambda row: row[0]):
        events = [(time, journey) for _, _, time, journey in rows]
        number: dict[str, int] = {"": -1}
        labels = [number.setdefault(journey, len(number)) for _, journey in events]
        yield person_figures(
            np.array([time for time, _ in events], dtype=np.int64),
            np.array(labels, dtype=np.int64),
            first=first,
            last=last,
        )


def compare_with_survey(figures: Sequence[PersonFigures], *, k: int = K) -> Comparison:
    """A log's figures beside the survey's, where enough people stand behind them.

    Shares of people have Wilson intervals (1927); the share of journeys is the mean of people's
    own shares, so that nobody with many journeys decides it, with a bootstrap over people.

    Args:
        figures: of everybody in the log, also of those without journeys.
        k: people needed, at least 2.
    """
    if k < 2:
        raise ValueError(f"k must be at least 2, not {k}")
    having = [person for person in figures if person.journeys]
    going = [person for person in having if person.now]
    shares = []
    if len(figures) >= k:
        shares.append(
            _of_people("People with a journey going on", 0.66, [p.now > 0 for p in figures])
        )
    if len(going) >= k:
        asked = "Of these, people with 1 to 3 at once"
        shares.append(_of_people(asked, 0.70, [p.now <= 3 for p in going]))
    if len(having) >= k:
        shares.append(_of_journeys("Journeys of more than a month", 0.80, having))
        shares.append(
            _of_people(
                "People with a journey of more than a year",
                0.50,
                [p.over_year > 0 for p in having],
                [p.maybe_year > 0 for p in having],
            )
        )
    return Comparison(
        shares=tuple(shares),
        people=len(figures),
        at_once=float(np.median([p.at_once for p in having])) if len(having) >= k else None,
        now=float(np.median([p.now for p in going])) if len(going) >= k else None,
    )


def _of_people(
    asked: str, survey: float, yes: Sequence[bool], maybe: Sequence[bool] | None = None
) -> Share:
    low, high = wilson(sum(yes), len(yes))
    at_most = None if maybe is None or list(maybe) == list(yes) else float(np.mean(maybe))
    return Share(asked, survey, float(np.mean(yes)), low, high, at_most, len(yes))


def _of_journeys(asked: str, survey: float, people: Sequence[PersonFigures]) -> Share:
    seen = macro_mean([p.over_month / p.journeys for p in people])
    most = macro_mean([p.maybe_month / p.journeys for p in people]).mean
    at_most = most if most > seen.mean else None
    return Share(asked, survey, seen.mean, seen.low, seen.high, at_most, len(people))
