"""Where the results come from: a study in the store, a file in the long format, or an example."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import astuple, dataclass
from functools import partial

import streamlit as st

from journeys.embedding import load_embedder
from journeys.errors import InputError, ModelError
from journeys.store.audit import Subject
from journeys.store.studies import Study
from journeys.study.analysis import Results, analyse
from journeys.study.bundle import read_bundle
from journeys.study.design_file import to_json
from journeys.study.longformat import NAMES, WORDS, StudyData, without
from journeys.study.of_store import Analyses, read_study
from journeys.study.preferences import with_levels
from journeys.study.roles import Right
from journeys.study.simulated_study import simulated_study
from journeys.study.stated import match_by_meaning
from pages.parts import state
from pages.parts.resources import settings, store
from pages.parts.study_role import allowed
from pages.parts.text import count, plain

#: Answers whose figures take a second or two; those of more are worked out in another process.
QUICK = 2_000

_STUDY, _FILE, _EXAMPLE = "A study of this app", "A file", "A simulated example"


@dataclass(frozen=True)
class Source:
    """Tables to analyse.

    Attributes:
        key: changes whenever the tables may have.
        title: of the report.
        read: gives the tables.
        design: as JSON; '' where it is not known. ``design_hash`` likewise.
    """

    key: tuple[object, ...]
    title: str
    read: Callable[[], StudyData]
    design: str = ""
    design_hash: str = ""
    study_id: int | None = None
    #: Of a stored study whose figures take long: they are worked out in another process.
    large: int | None = None

    @property
    def subject(self) -> Subject | None:
        """Whose data it is, for the record of who took it; None for what no log here has."""
        return None if self.study_id is None else Subject(study_id=self.study_id)

    @property
    def data(self) -> StudyData:
        """The tables; of a large study they are read each time, and not kept in the session."""
        if self.large is not None:
            return self.read()
        kept = state.kept("study-tables", self.key)
        if "data" not in kept:
            kept["data"] = self.read()
        data: StudyData = kept["data"]
        return data

    def export(self, results: Results) -> StudyData:
        """The tables without what this role may not read."""
        kept = state.kept("study-results", self.key)
        data: StudyData = kept["data"] if "data" in kept else self.data  # noqa: SIM401 - read late
        data = with_levels(data, results.preferred)
        if not allowed(Right.SEE_WORDS):
            data = without(data, WORDS)
        return data if allowed(Right.SEE_TITLES) else without(data, NAMES)

    def results(self) -> Results | None:
        """The analysis, computed once a session and set of tables; None while it goes on."""
        kept = state.kept("study-results", self.key)
        if self.large is not None and "results" not in kept:
            if "begun" not in kept:
                kept["begun"] = analyses().begin(self.large)
            if not kept["begun"].done():
                st.fragment(run_every=2.0)(_waiting)(kept["begun"])
                return None
            kept["results"] = kept.pop("begun").result()
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
    extent = store().study_results.extent(study.id)
    withdrawn = store().study_results.withdrawn(study.id)
    if not extent.answers:
        st.info(
            f"Nobody has rated a name yet; {count(extent.participants, 'participant')} agreed to "
            "take part. Results appear here as soon as there are answers.",
            icon=":material/hourglass_empty:",
        )
        return None
    st.caption(
        f"Answers of everybody whose consent stands. {count(withdrawn, 'participant')} withdrew "
        f"and left no answers. Design `{study.design_hash}`, version {study.version}."
    )
    funnel = store().study_results.funnel(study.id)
    return Source(
        key=("study", study.id, study.version, *astuple(extent), *funnel.values()),
        title=study.design.title or f"Study {study.id}",
        read=partial(read_study, store(), study.id),
        design=to_json(study.design),
        design_hash=study.design_hash,
        study_id=study.id,
        large=study.id if extent.answers > QUICK else None,
    )


@st.cache_resource(show_spinner=False)
def analyses() -> Analyses:
    """Where the figures of large studies are worked out: one process for all sessions."""
    return Analyses(settings())


def _waiting(begun: Future[Results]) -> None:
    """Says that figures are on their way, and draws the page anew when they are there."""
    if begun.done():
        st.rerun()
    st.info(
        "The figures of this study are being worked out, which may take some minutes: the mixed "
        "model looks at every answer many times. They show here by themselves.",
        icon=":material/hourglass_top:",
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
    return Source(("file", file.file_id), "Study results", lambda: data)


def _example() -> Source:
    kept = state.kept("study-example", 1)
    if "data" not in kept:
        kept["data"] = simulated_study()
    return Source(("example",), "Simulated example", lambda: kept["data"])
