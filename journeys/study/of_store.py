"""A stored study for its analysis: its tables, and its figures worked out in another process."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Future, ProcessPoolExecutor

from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.study.analysis import Results, analyse
from journeys.study.from_store import long_format
from journeys.study.longformat import StudyData


def read_study(store: Store, study_id: int) -> StudyData:
    """The tables of everybody whose consent stands."""
    records = store.study_results.participants(study_id)
    versions = store.studies.versions(study_id)
    runs = sorted({run for record in records for run, _ in record.journeys})
    return long_format(
        records,
        {each.version: each.design for each in versions},
        labels=[label for run in runs for label in store.labels.of_run(run)],
        funnel=store.study_results.funnel(study_id),
    )


def analyse_stored(study_id: int, settings: Settings) -> Results:
    """The figures of a stored study."""
    store = open_store(settings)
    try:
        return analyse(read_study(store, study_id))
    finally:
        store.close()


class Analyses:
    """Works out figures one study after the other, in a process that ends with each.

    So the answers of thousands of participants, and the minutes that a mixed model of them takes,
    are never in the process that draws pages.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool = ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), max_tasks_per_child=1
        )

    def begin(self, study_id: int) -> Future[Results]:
        """Begin with a study; the figures come when they are there."""
        return self._pool.submit(analyse_stored, study_id, self._settings)
