"""What the labels say, folded away from those who still label, and the labels as a file."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from journeys.evaluation.agreement import Agreement
from journeys.evaluation.judge_report import JudgeFigures, LabelReport, Score, report
from journeys.evaluation.judge_tables import beside, interval_words, number_words
from journeys.evaluation.label_files import labels_csv
from journeys.naming.rubric import SPECIFICITY
from journeys.store import RunSummary
from journeys.store.audit import Subject
from pages.parts.journey_level import level_words
from pages.parts.resources import store
from pages.parts.taking import taken
from pages.parts.text import plain


def results(run: RunSummary) -> None:
    """Agreement, scores by namer, judges. Drawn when unfolded: it tells who gave which name."""
    folded = st.expander(
        "Results (they tell which namer does well: finish labelling first)",
        icon=":material/bar_chart:",
        key="label-results",
        on_change="rerun",
    )
    if not folded.open:
        return
    records = store().labels.of_run(run.id)
    with folded:
        if not records:
            st.info("Nobody has labelled names of this discovery yet.")
            return
        found = report(records)
        _people(found)
        _judges(run, found)
        st.caption(
            "The labels as a file, under pseudonyms. What you download is beyond this app's "
            "reach: erasing a person does not erase it."
        )
        st.download_button(
            "Labels as CSV", taken(lambda: labels_csv(records), Subject(run_id=run.id)),
            f"labels-run-{run.id}.csv", "text/csv",
            icon=":material/download:", on_click="ignore", key="label-download",
        )  # fmt: skip


def _people(found: LabelReport) -> None:
    st.markdown("**What people say**")
    st.caption(
        " · ".join(
            f"{plain(rater.removeprefix('person:'))}: {names:,} labelled"
            for rater, names in found.raters.items()
        )
    )
    _scores(found.scores, key="label-scores")
    if found.people.fit.pairs:
        st.markdown("**How well people agree**")
        _agreement(
            {"fit": found.people.fit, "specificity": found.people.specificity}, "label-people"
        )
    else:
        st.caption("Agreement between people shows once two people have labelled the same names.")
    if found.foils:
        st.markdown("**Names of other journeys** (fit 1 or 2 is right)")
        st.dataframe(
            [
                {"rater": rater, "caught": own.caught, "shown": own.seen}
                for rater, own in found.foils.items()
            ],
            hide_index=True,
            key="label-foils",
        )


def _judges(run: RunSummary, found: LabelReport) -> None:
    """A judge's scores, always under its agreement with people."""
    st.markdown("**Language models as judges**")
    if not found.judges:
        st.caption(
            "None has judged these names. To let one: "
            f"`python -m journeys evaluate judge --run {run.id} --namer local`"
        )
    for number, figures in enumerate(found.judges):
        st.markdown(plain(figures.judge))
        _judge(figures, number)


def _judge(figures: JudgeFigures, number: int) -> None:
    if figures.agreement.fit.pairs:
        own = {"fit": figures.agreement.fit, "specificity": figures.agreement.specificity}
        _agreement(own, f"label-judge-{number}")
    if figures.scores is None:
        st.warning(plain(figures.refusal), icon=":material/visibility_off:")
        return
    st.caption(plain(beside(figures)))
    _scores(figures.scores, key=f"label-judge-scores-{number}")


def _agreement(rows: Mapping[str, Agreement], key: str) -> None:
    st.dataframe(
        [
            {
                "scale": scale,
                "Krippendorff's alpha": interval_words(own.alpha),
                "weighted kappa": number_words(own.kappa),
                "Spearman": number_words(own.spearman),
                "Kendall": number_words(own.kendall),
                "exactly equal": f"{own.exact:.0%}" if own.pairs else "–",
                "bias": interval_words(own.bias, signed=True),
                "pairs": own.pairs,
                "journeys": own.clusters,
            }
            for scale, own in rows.items()
        ],
        hide_index=True,
        key=key,
    )


def _scores(scores: Mapping[tuple[str, int], Score], *, key: str) -> None:
    st.dataframe(
        [
            {
                "namer": namer,
                "level": level_words(level),
                "mean fit": interval_words(score.fit),
                **{
                    name: f"{score.specificity[point]:.0%}" if score.specificity else "–"
                    for point, name in zip(
                        SPECIFICITY, ("too broad", "right", "too specific"), strict=True
                    )
                },
                "names": score.names,
            }
            for (namer, level), score in scores.items()
        ],
        hide_index=True,
        key=key,
    )
