"""Where the results come from: a study in the store, a file in the long format, or an example."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from journeys.embedding import load_embedder
from journeys.errors import InputError, ModelError
from journeys.store.audit import Subject
from journeys.store.studies import Study
from journeys.study.analysis import Results, analyse
from journeys.study.bundle import read_bundle
from journeys.study.design_file import to_json
from journeys.study.from_store import long_format
from journeys.study.longformat import NAMES, WORDS, StudyData, without
from journeys.study.preferences import with_levels
from journeys.study.roles import Right
from journeys.study.simulated_study import simulated_study
from journeys.study.stated import match_by_meaning
from pages.parts import state
from pages.parts.resources import store
from pages.parts.study_role import allowed
from pages.parts.text import count, plain

_STUDY, _FILE, _EXAMPLE = "A study of this app", "A file", "A simulated example"


@dataclass(frozen=True)
class Source:
    """Tables to analyse.

    Attributes:
        key: changes whenever the tables may have.
        title: of the report.
        design: as JSON; '' where it is not known. ``design_hash`` likewise.
    """

    key: tuple[object, ...]
    title: str
    data: StudyData
    design: str = ""
    design_hash: str = ""
    study_id: int | None = None

    @property
    def subject(self) -> Subject | None:
        """Whose data it is, for the record of who took it; None for what no log here has."""
        return None if self.study_id is None else Subject(study_id=self.study_id)

    def export(self, results: Results) -> StudyData:
        """The tables without what this role may not read."""
        kept = state.kept("study-results", self.key)
        data: StudyData = with_levels(kept.get("data", self.data), results.preferred)
        if not allowed(Right.SEE_WORDS):
            data = without(data, WORDS)
        return data if allowed(Right.SEE_TITLES) else without(data, NAMES)

    def results(self) -> Results:
        """The analysis, computed once a session and set of tables."""
        kept = state.kept("study-results", self.key)
        if "results" not in kept:
            with st.spinner("Computing the results"):
                kept["results"] = analyse(self.data)
        found: Results = kept["results"]
        if "data" not in kept and found.stated.unmatched and (data := self._matched()):
            kept["data"], kept["results"] = data, analyse(data)
            found = kept["results"]
        return found

    def _matched(self) -> StudyData | None:
        """On request: what participants wrote against the names, by an embedding."""
        asked = st.button(
            "Match what participants wrote to the journeys found",
            icon=":material/join_inner:",
            help="By closeness of meaning, on this machine. It loads the embedding model, which "
            "takes some seconds.",
        )
        if not asked:
            return None
        try:
            with st.spinner("Matching"):
                return match_by_meaning(self.data, load_embedder())
        except ModelError as error:
            st.error(plain(str(error)))
            return None


def choose_source() -> Source | None:
    """The choice; None until there is something to analyse, with words on what to do."""
    studies = list(store().studies.list()) if allowed(Right.SEE_ANSWERS) else []
    options = [*([_STUDY] if studies else []), _FILE, _EXAMPLE]
    chosen = st.segmented_control(
        "Show the results of", options, default=options[0], required=True, key="study-source"
    )
    if chosen == _STUDY:
        return _of_study(studies)
    if chosen == _EXAMPLE:
        return _example()
    if not studies:
        st.info(
            "There is no study yet. Upload the export of one, or look at the simulated example.",
            icon=":material/science:",
        )
    return _of_file()


def _of_study(studies: list[Study]) -> Source | None:
    study = st.selectbox(
        "Study",
        studies,
        format_func=lambda each: f"{each.design.title or 'Study'} (no. {each.id})",
        key="study-results-study",
    )
    records = store().study_results.participants(study.id)
    versions = store().studies.versions(study.id)
    runs = sorted({run for record in records for run, _ in record.journeys})
    labels = [label for run in runs for label in store().labels.of_run(run)]
    funnel = store().study_results.funnel(study.id)
    trials = sum(len(record.trials) for record in records)
    withdrawn = store().study_results.withdrawn(study.id)
    if not trials:
        st.info(
            f"Nobody has rated a name yet; {count(len(records), 'participant')} agreed to take "
            "part. Results appear here as soon as there are answers.",
            icon=":material/hourglass_empty:",
        )
        return None
    st.caption(
        f"Answers of everybody whose consent stands. {count(withdrawn, 'participant')} withdrew "
        f"and left no answers. Design `{study.design_hash}`, version {study.version}."
    )
    saved = max((t.saved_at for record in records for t in record.trials), default=0)
    said = sum(len(r.stated) + len(r.matches) + len(r.corrections) for r in records)
    newest = max((label.created_at for label in labels), default=0)
    finished = sum(record.finished_at is not None for record in records)
    return Source(
        key=(
            "study",
            study.id,
            study.version,
            len(records),
            trials,
            saved,
            said,
            finished,
            len(labels),
            newest,
            *funnel.values(),
        ),
        title=study.design.title or f"Study {study.id}",
        data=long_format(
            records, {each.version: each.design for each in versions}, labels=labels, funnel=funnel
        ),
        design=to_json(study.design),
        design_hash=study.design_hash,
        study_id=study.id,
    )


def _of_file() -> Source | None:
    file = st.file_uploader(
        "An export of a study",
        type=["zip", "csv", "parquet"],
        key="study-results-file",
        help="The zip that this page exports, or its table of answers as CSV or Parquet.",
    )
    if file is None:
        return None
    kept = state.kept("study-file", file.file_id)
    try:
        if "data" not in kept:
            kept["data"] = read_bundle(file.getvalue())
    except InputError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
    data: StudyData = kept["data"]
    if data.answers.empty:
        st.info("The file holds no answers.")
        return None
    return Source(("file", file.file_id), "Study results", data)


def _example() -> Source:
    kept = state.kept("study-example", 1)
    if "data" not in kept:
        kept["data"] = simulated_study()
    return Source(("example",), "Simulated example", kept["data"])
