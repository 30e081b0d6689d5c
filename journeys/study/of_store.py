"""A stored study for its analysis: its tables, and its figures worked out in another process."""

from __future__ import annotations

import atexit
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import Future

from journeys.errors import StoreError
from journeys.settings import Settings, child_environment
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
    """Works out figures one study after the other, each in a process of its own.

    So the answers of thousands of participants, and the minutes that a mixed model of them takes,
    are never in the process that draws pages. That process ends without waiting for them.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turn = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)

    def begin(self, study_id: int) -> Future[Results]:
        """Begin with a study; the figures come when they are there.

        Raises (when they are asked for):
            StoreError: they could not be worked out.
        """
        future: Future[Results] = Future()
        threading.Thread(target=self._work, args=(study_id, future), daemon=True).start()
        return future

    def stop(self) -> None:
        """End the process that is at work, if there is one."""
        if self._child is not None and self._child.poll() is None:
            self._child.kill()

    def _work(self, study_id: int, future: Future[Results]) -> None:
        try:
            with self._turn:
                future.set_result(self._in_a_process(study_id))
        except Exception as error:
            future.set_exception(error)

    def _in_a_process(self, study_id: int) -> Results:
        # Not multiprocessing: its child would run again what Streamlit shows as the main module.
        self._child = subprocess.Popen(
            [sys.executable, "-m", "journeys.study.of_store", str(study_id)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=child_environment(
                JOURNEYS_HOME=str(self._settings.home),
                DATABASE_URL=self._settings.database_url,
                PYTHONPATH=os.pathsep.join(path for path in sys.path if path),
            ),
        )
        written, _ = self._child.communicate()
        if self._child.returncode:
            raise StoreError(
                "The figures of this study could not be worked out; the app's log says why. Load "
                "the page again to try once more."
            )
        results: Results = pickle.loads(written)  # noqa: S301 - from our own process
        return results


if __name__ == "__main__":
    found = analyse_stored(int(sys.argv[1]), Settings.from_environment())
    sys.stdout.buffer.write(pickle.dumps(found))
