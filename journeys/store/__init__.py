"""The store: the only part of the product that speaks SQL.

store = open_store(Settings.from_environment())
log_id = store.logs.add(read_log("log.csv"), "My log")
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine

from journeys.audit import Reader
from journeys.naming.tuning.installed import tuned_folder
from journeys.privacy import Keys, load_keys
from journeys.settings import AUDIT_DAYS_DEFAULT, Settings
from journeys.store.agent_keys import AgentKey, AgentKeyStore
from journeys.store.agent_models import AgentModelStore
from journeys.store.agents import AgentUserStore
from journeys.store.appending import AppendReport
from journeys.store.audit import AuditStore
from journeys.store.caches import SqlCompletionCache, SqlMapCache, SqlVectorCache
from journeys.store.choices import ChoiceStore
from journeys.store.edits import EditRecord, EditStore
from journeys.store.encoder_jobs import EncoderJob, EncoderJobStore
from journeys.store.engine import connect
from journeys.store.erase import Erased, erase_person, prune_caches
from journeys.store.examples import ExampleStore
from journeys.store.invitations import Invitation, InvitationStore, Link, Participant, Progress
from journeys.store.labels import Label, LabelRecord, LabelStore
from journeys.store.listing import ListingStore, Totals
from journeys.store.logs import LogStore, LogSummary, PersonSummary
from journeys.store.memory import MemoryStore
from journeys.store.memory_jobs import MemoryJobStore, TellingJob
from journeys.store.names import NameStore
from journeys.store.naming_jobs import NamingJobStore
from journeys.store.participation import ParticipationStore
from journeys.store.prompts import PromptRecord, PromptStore
from journeys.store.ratings import Answer, RatingRecord, RatingStore
from journeys.store.receipts import Receipts
from journeys.store.results import PersonResult, ResultStore
from journeys.store.runs import RunStore, RunSummary
from journeys.store.studies import Study, StudyStore
from journeys.store.study_results import StudyResultStore
from journeys.store.witness import RAW, Witnessed
from journeys.store.workers import WorkerStore

__all__ = [
    "AgentKey",
    "Answer",
    "AppendReport",
    "EditRecord",
    "EncoderJob",
    "Erased",
    "Invitation",
    "Label",
    "LabelRecord",
    "Link",
    "LogSummary",
    "Participant",
    "PersonResult",
    "PersonSummary",
    "Progress",
    "PromptRecord",
    "RatingRecord",
    "RunSummary",
    "Store",
    "Study",
    "TellingJob",
    "Totals",
    "open_store",
]


@dataclass(frozen=True)
class Store:
    """One database, by what it holds.

    Attributes:
        tuned: folder of the namers tuned on what it holds, which erasing withdraws.
        receipts: where erasures are noted, outside the database.
        audit_days: for how long it is kept who saw which raw data.
    """

    engine: Engine
    keys: Keys
    tuned: Path | None = None
    receipts: Receipts | None = None
    audit_days: int = AUDIT_DAYS_DEFAULT
    logs: LogStore = field(init=False)
    runs: RunStore = field(init=False)
    results: ResultStore = field(init=False)
    listing: ListingStore = field(init=False)
    names: NameStore = field(init=False)
    naming_jobs: NamingJobStore = field(init=False)
    memory_jobs: MemoryJobStore = field(init=False)
    encoder_jobs: EncoderJobStore = field(init=False)
    ratings: RatingStore = field(init=False)
    edits: EditStore = field(init=False)
    labels: LabelStore = field(init=False)
    studies: StudyStore = field(init=False)
    examples: ExampleStore = field(init=False)
    invitations: InvitationStore = field(init=False)
    participation: ParticipationStore = field(init=False)
    study_results: StudyResultStore = field(init=False)
    memory: MemoryStore = field(init=False)
    workers: WorkerStore = field(init=False)
    choices: ChoiceStore = field(init=False)
    prompts: PromptStore = field(init=False)
    agent_users: AgentUserStore = field(init=False)
    agent_models: AgentModelStore = field(init=False)
    agent_keys: AgentKeyStore = field(init=False)
    vectors: SqlVectorCache = field(init=False)
    completions: SqlCompletionCache = field(init=False)
    maps: SqlMapCache = field(init=False)
    audit: AuditStore = field(init=False)

    def __post_init__(self) -> None:
        parts = {
            "logs": LogStore(self.engine, self.keys, self.tuned),
            "runs": RunStore(self.engine),
            "results": ResultStore(self.engine),
            "listing": ListingStore(self.engine),
            "names": NameStore(self.engine),
            "naming_jobs": NamingJobStore(self.engine),
            "memory_jobs": MemoryJobStore(self.engine),
            "encoder_jobs": EncoderJobStore(self.engine),
            "ratings": RatingStore(self.engine),
            "edits": EditStore(self.engine),
            "labels": LabelStore(self.engine),
            "studies": StudyStore(self.engine),
            "examples": ExampleStore(self.engine, self.keys),
            "invitations": InvitationStore(self.engine, self.keys),
            "participation": ParticipationStore(self.engine, self.keys, self.tuned, self.receipts),
            "study_results": StudyResultStore(self.engine),
            "memory": MemoryStore(self.engine),
            "workers": WorkerStore(self.engine),
            "choices": ChoiceStore(self.engine),
            "prompts": PromptStore(self.engine),
            "agent_users": AgentUserStore(self.engine, self.receipts),
            "agent_models": AgentModelStore(self.engine),
            "agent_keys": AgentKeyStore(self.engine, self.keys),
            "vectors": SqlVectorCache(self.engine),
            "completions": SqlCompletionCache(self.engine),
            "maps": SqlMapCache(self.engine),
            "audit": AuditStore(self.engine, self.audit_days),
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)

    def read_by(self, reader: Callable[[], Reader]) -> Store:
        """The same store, which notes who reads raw data; see :mod:`journeys.store.witness`.

        Args:
            reader: asked at each reading, as the app's sessions share one store.
        """
        witnessed = copy.copy(self)
        for name, raw in RAW.items():
            part = Witnessed(getattr(self, name), raw, self.audit, reader)
            object.__setattr__(witnessed, name, part)
        return witnessed

    def erase_person(self, person_id: int) -> Erased:
        """Erase a person and what was derived from them; see :mod:`journeys.store.erase`."""
        return erase_person(self.engine, person_id, tuned=self.tuned, receipts=self.receipts)

    def erase_again(self, since: int) -> int:
        """Erase whoever was erased after ``since`` (microseconds) and is back; returns how many
        there were, people of logs and users of agents."""
        due = self.receipts.due(self.engine, since) if self.receipts else []
        for person_id in due:
            self.erase_person(person_id)
        agents = self.receipts.due_agents(self.engine, since) if self.receipts else []
        for pseudonym in agents:
            self.agent_users.erase(pseudonym)
        return len(due) + len(agents)

    def prune_caches(self) -> Erased:
        """Drop cached vectors, answers and maps that nothing stored refers to."""
        return prune_caches(self.engine)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_store(settings: Settings) -> Store:
    """Open the database named by the settings, making or migrating its tables.

    Raises:
        ConfigError: the home folder or the database cannot be used, or is not the profile's.
    """
    _ = settings.profile, settings.audit_days
    tuned = tuned_folder(settings.models_dir)
    engine, keys = connect(settings.database_url), load_keys(settings.home)
    receipts = Receipts(settings.erasures, keys.erasure)
    return Store(engine, keys, tuned, receipts, settings.audit_days)
