"""The whole analysis of a study: from its tables to every figure of the report.

It runs by itself, and every figure says what it assumes and how it is computed. What a table does
not hold is said in the section's note and never filled in.
"""

from __future__ import annotations

from dataclasses import dataclass

from journeys.study import checking, identification, survey_time, third_party
from journeys.study.estimates import Estimate
from journeys.study.longformat import StudyData
from journeys.study.mixed import Mixed, mixed_model
from journeys.study.preferences import Preferences, preferences
from journeys.study.stated import Found, found
from journeys.study.valued import NOTE, valued


@dataclass(frozen=True)
class Section:
    """Figures that belong together.

    Attributes:
        key: for links and files.
        kind: how the values read: "points" (1 to 5), "share" (0 to 1), "difference", "alpha",
            "minutes" or "seconds".
        groups: name of a series -> its figures; one group named '' where there is one series.
        note: what is missing, or what to know; '' for nothing.
        unit: of the axis, where it is not the kind's.
    """

    key: str
    title: str
    kind: str
    groups: dict[str, tuple[Estimate, ...]]
    note: str = ""
    unit: str = ""

    @property
    def figures(self) -> list[tuple[str, Estimate]]:
        """Series and figure, in order."""
        return [(name, each) for name, group in self.groups.items() for each in group]


@dataclass(frozen=True)
class Results:
    """What a study found.

    Attributes:
        participants: who gave an answer; ``trials``: scored trials.
        sections: in the order of the report.
        steps: the drop-out funnel; empty where no participant table was given.
    """

    simulated: bool
    participants: int
    trials: int
    sections: tuple[Section, ...]
    steps: tuple[checking.Step, ...]
    preferred: Preferences
    stated: Found
    mixed: Mixed

    def section(self, key: str) -> Section:
        """The section with a key."""
        return next(section for section in self.sections if section.key == key)


_ADAPTIVE = (
    "In the adaptive arm a level was shown because of earlier answers, so the levels were not "
    "shown to the same people; the mixed model takes account of it."
)


def analyse(data: StudyData) -> Results:
    """All figures of a study.

    What participants wrote is compared by meaning where the tables say how close it is
    (:func:`journeys.study.stated.match_by_meaning`). The drop-out funnel is the table's, or
    without one that of the participants, which lacks those who withdrew.
    """
    if len(data.funnel):
        steps = checking.counted(data.funnel)
    else:
        steps = checking.funnel(data.participants) if len(data.participants) else []
    answers = data.answers
    scored = identification.scored(answers)
    preferred = preferences(answers)
    stated = found(data.stated, answers)
    mixed = mixed_model(answers)
    adaptive = bool((scored["arm"] == "adaptive").fillna(False).any())
    by_level = _ADAPTIVE if adaptive else ""
    sections = [
        _one("condition", "Identification by condition", "points",
             identification.by_condition(answers)),
        Section("level", "Identification by level", "points",
                _tuples(identification.by_level_and_condition(answers)), by_level),
        _one("difference", "Difference between conditions", "difference",
             identification.differences(answers),
             "" if scored["condition"].nunique() > 1 else "There is one condition only."),
        Section("mixed", "Mixed model", "difference", {"": mixed.effects}, _mixed_note(mixed)),
        _one("gate", "Names people identify with, by recall", "share",
             identification.rates(answers),
             "Who does not remember the items cannot judge the name well; both are shown."),
        Section("specificity", "Specificity by level", "share",
                _tuples(identification.specificity_curve(answers)), by_level),
        Section("crossing", "Where the names are right", "points",
                {"": (identification.crossing(answers), preferred.mean)},
                unit="Level of specificity, 1 to 5"),
        _one("preferred", "Preferred levels", "share", preferred.shares,
             _preferred_note(preferred)),
        Section("stated", "Stated journeys", "share", stated.groups, stated.note),
        _one("failures", "How journeys failed", "share",
             checking.failures(answers, data.stated)),
        Section("survey", "Beside the published survey", "share", valued(answers), NOTE),
        _one("foils", "Made-up journeys and repeats", "share",
             [checking.foil_acceptance(answers), *checking.consistency(answers)]),
        _one("change", "Trust and perceived risk, after less before", "difference",
             checking.changes(data.participants),
             "Without a group that did not take part, the change cannot be put down to the study."),
        _one("time", "Time for the whole survey", "minutes",
             survey_time.whole(data.participants)),
        _one("pace", "Time for one rating", "seconds", survey_time.of_a_rating(answers)),
        _third_party(data),
    ]  # fmt: skip
    return Results(
        simulated=data.simulated,
        participants=int(scored["participant"].nunique()),
        trials=len(scored),
        sections=tuple(sections),
        steps=tuple(steps),
        preferred=preferred,
        stated=stated,
        mixed=mixed,
    )


def _one(
    key: str, title: str, kind: str, figures: list[Estimate] | tuple[Estimate, ...], note: str = ""
) -> Section:
    return Section(key, title, kind, {"": tuple(figures)}, note)


def _tuples(groups: dict[str, list[Estimate]]) -> dict[str, tuple[Estimate, ...]]:
    return {name: tuple(group) for name, group in groups.items()}


def _third_party(data: StudyData) -> Section:
    if data.third_party.empty:
        words = "No third party has rated names of these participants (page Label names)."
        return _one("agreement", "Third-party raters", "alpha", [], words)
    figures = third_party.agreement(data.third_party)
    figures += third_party.with_person(data.third_party, data.answers)
    known = [each for each in figures if each.answers]
    words = (
        ""
        if len(known) == len(figures)
        else ("Agreement needs names that two have judged: two raters, or a rater and the person.")
    )
    return _one("agreement", "Third-party raters", "alpha", known, words)


def _mixed_note(mixed: Mixed) -> str:
    parts = ", ".join(f"{name} {value:.2f}" for name, value in mixed.components.items())
    return " ".join(filter(None, [f"Variances: {parts}." if parts else "", mixed.note]))


def _preferred_note(preferred: Preferences) -> str:
    words = (
        f"Each person's level is drawn to the group's (mean {preferred.prior.mean:.2f}, standard "
        f"deviation {preferred.prior.sd:.2f}), the more, the fewer answers they gave."
    )
    if preferred.suspected:
        words += (
            f" The answers of {len(preferred.suspected)} participants look random; they are "
            "counted here all the same."
        )
    return words
