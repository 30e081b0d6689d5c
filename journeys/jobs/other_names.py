"""One person's journeys named by another namer; the names that count stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from journeys.discovery.evidence import Gather, gather_titles
from journeys.discovery.naming_stage import name_journeys
from journeys.discovery.progress import Progress
from journeys.jobs.storage import DatabaseStorage
from journeys.journey import Names
from journeys.store import Store


class OtherNames(DatabaseStorage):
    """The run that a job is about, as a storage whose names go beside those that count."""

    def __init__(self, store: Store, job_id: int, lease: str) -> None:
        subject = store.naming_jobs.subject(job_id)
        super().__init__(store, subject.of_run, lease)
        self._job = store.runs.get(job_id)
        self._person = subject.person_id

    def unnamed(self, namer: str) -> Sequence[tuple[int, str]]:
        """The person's journeys, strongest first; without those that this job has named."""
        since = self._job.created_at
        done = {
            journey_id
            for journey_id, records in self._store.names.of_person(
                self._run.id, self._person
            ).items()
            if any(
                record.alternative and record.names.namer == namer and record.created_at >= since
                for record in records
            )
        }
        _, found = self.load_user(self._person)
        return [(self._person, j.id) for j in found.journeys if j.id not in done]

    def earlier_names(self, person: int) -> Mapping[str, Names]:
        return {}  # asking again is what the job is for

    def save_names(self, person: int, journey_id: str, names: Names) -> None:
        self._store.names.add_alternative(self._run.id, journey_id, names)

    def manifest(self) -> dict[str, Any]:
        return self._store.runs.get(self._job.id).manifest

    def save_manifest(self, manifest: dict[str, Any]) -> None:
        self._store.runs.save_manifest(self._job.id, self._lease, manifest)


def name_beside(
    storage: OtherNames,
    open_namer: Callable[[], Any] | None,
    concurrency: int,
    progress: Progress,
    gather: Gather = gather_titles,
) -> str:
    """Carry a job out; a sentence when not all journeys could be named, else ''.

    Raises:
        Cancelled: the user asked to stop; names that are there are kept.
    """
    manifest = storage.manifest()
    name_journeys(storage, open_namer, concurrency, progress, manifest, gather=gather)
    problem: str = manifest["naming_problem"].replace("their keyphrase names", "no other name")
    return problem
