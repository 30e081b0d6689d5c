"""The form of a study's design, for a new one and for an edit."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import streamlit as st

from journeys.errors import InputError
from journeys.journey import LEVELS
from journeys.store import LogSummary, Study
from journeys.study.default_design import ITEMS, default_design
from journeys.study.default_foils import FOILS
from journeys.study.design import MOST_CONDITIONS, Condition, StudyDesign, Texts
from journeys.study.design_file import from_json
from journeys.study.roles import Right, require
from pages.parts import state
from pages.parts.journey_level import level_words
from pages.parts.notices import told
from pages.parts.resources import store
from pages.parts.run_words import settings_words
from pages.parts.study_choice import look_at
from pages.parts.study_role import role

_SCHEDULES = {"fixed": "Fixed: levels in a balanced order", "adaptive": "Adaptive: by the answers"}
_ORDERS = {"random": "At random", "rank": "Strongest first"}
_ARRANGEMENTS = {"between": "Each participant one condition", "within": "Each participant all"}

#: The words of a design in the order in which they are asked.
_LONG = ("stated", "debriefing")


@dataclass(frozen=True)
class _Made:
    design: StudyDesign
    runs: dict[str, int]


def new_study(log: LogSummary) -> None:
    """Make a study of defaults, or from a file."""
    st.subheader("A new study", anchor=False)
    uploaded = st.file_uploader("Begin with an exported design", type="json", key="study-file")
    base = default_design()
    if uploaded is not None:
        with told():
            base = from_json(uploaded.getvalue())
            st.success("The design below is that of the file.")
    key = "new" if uploaded is None else f"new-{uploaded.file_id}"
    made = _form(log.id, base, {}, key=key, button="Create the study")
    if made is not None:
        with told():
            require(role(), Right.CHANGE_DESIGN)
            look_at(store().studies.create(log.id, made.design, made.runs))
            state.notify("The study was created. Open it when you are ready.")
            st.rerun()


def design_panel(study: Study) -> None:
    """Change a design; one that anybody was invited under becomes another version."""
    st.caption(
        "A design that anybody was invited under is never changed: what you save then is a new "
        "version, for those whom you invite from then on."
    )
    made = _form(
        study.log_id,
        study.design,
        dict(study.runs),
        key=f"{study.id}-{study.version}",
        button="Save the design",
    )
    if made is not None:
        with told():
            require(role(), Right.CHANGE_DESIGN)
            version = store().studies.edit(study.id, made.design, made.runs)
            state.notify(f"The design is saved as version {version}.")
            look_at(study.id)
            st.rerun()
    versions = store().studies.versions(study.id)
    if len(versions) > 1:
        st.dataframe(
            [{"version": v.version, "title": v.design.title, "hash": v.design_hash}
             for v in versions],
            hide_index=True,
        )  # fmt: skip


def _form(
    log_id: int, base: StudyDesign, runs: dict[str, int], *, key: str, button: str
) -> _Made | None:
    """The fields; gives what was made of them when the button is pressed."""
    conditions, chosen_runs = _conditions(log_id, base, runs, key)
    with st.form(f"study-form-{key}"):
        values: dict[str, Any] = {
            "title": st.text_input("Title", base.title, key=f"study-title-{key}"),
            "levels": tuple(
                sorted(
                    st.multiselect(
                        "Levels of specificity to test",
                        range(1, len(LEVELS) + 1),
                        default=list(base.levels),
                        format_func=level_words,
                        key=f"study-levels-{key}",
                    )
                )
            ),
        }
        left, right = st.columns(2)
        values["journeys"] = int(
            left.number_input("Journeys a participant", 1, 50, base.journeys, key=f"sj-{key}")
        )
        values["cues"] = int(
            right.number_input("Items to recall each by", 0, 10, base.cues, key=f"sc-{key}")
        )
        values["schedule"] = left.radio(
            "Which level next", _SCHEDULES, _at(_SCHEDULES, base.schedule),
            format_func=_SCHEDULES.__getitem__, key=f"ss-{key}",
        )  # fmt: skip
        values["order"] = right.radio(
            "Order of journeys", _ORDERS, _at(_ORDERS, base.order),
            format_func=_ORDERS.__getitem__, key=f"so-{key}",
        )  # fmt: skip
        values["repeats"] = (
            left.slider("Shown twice, %", 0, 50, round(base.repeats * 100), key=f"sr-{key}") / 100
        )
        values["foils_share"] = (
            right.slider(
                "Made-up journeys, %", 0, 50, round(base.foils_share * 100), key=f"sf-{key}",
                help="They show whether a participant reads. The debriefing explains them.",
            )
            / 100
        )  # fmt: skip
        values["arrangement"] = st.radio(
            "Conditions", _ARRANGEMENTS, _at(_ARRANGEMENTS, base.arrangement),
            format_func=_ARRANGEMENTS.__getitem__, key=f"sa-{key}",
            disabled=len(conditions) < 2,
        )  # fmt: skip
        values["stated_first"] = st.checkbox(
            "First ask for journeys in the participant's own words", base.stated_first,
            key=f"st-{key}",
        )  # fmt: skip
        trust = st.checkbox(
            "Ask about trust and perceived risk, before and after", bool(base.items),
            key=f"si-{key}",
        )  # fmt: skip
        values["items"] = (base.items or ITEMS) if trust else ()
        values["corrections_as_examples"] = st.checkbox(
            "Ask whether corrections may be used as examples when others' journeys are named",
            base.corrections_as_examples, key=f"sx-{key}",
        )  # fmt: skip
        values["expires_days"] = int(
            left.number_input("Days until a link expires", 1, 730, base.expires_days,
                              key=f"se-{key}")
        )  # fmt: skip
        reminders = right.text_input(
            "Remind after days", ", ".join(map(str, base.reminders)), key=f"sd-{key}",
            help="The days stand in the file of links; the app sends no mail.",
        )  # fmt: skip
        values["seed"] = int(
            left.number_input("Seed of every draw", 0, 2**31 - 1, base.seed, key=f"sseed-{key}")
        )
        with st.expander("Consent", key=f"study-consent-{key}"):
            values["consent_text"] = st.text_area(
                "Text (Markdown)", base.consent_text, height=260, key=f"sct-{key}"
            )
            values["consent_version"] = st.text_input(
                "Version of the text", base.consent_version, key=f"scv-{key}"
            )
        with st.expander("Words of the questions", key=f"study-words-{key}"):
            values["texts"] = _texts(base.texts, key)
        pressed = st.form_submit_button(button, type="primary", icon=":material/save:")
    if not pressed:
        return None
    made = None
    with told():
        values["reminders"] = _days(reminders)
        values["foils"] = base.foils or FOILS
        made = _Made(replace(base, conditions=conditions, **values), chosen_runs)
    return made  # noqa: RET504 - None where told() said an error


def _conditions(
    log_id: int, base: StudyDesign, runs: dict[str, int], key: str
) -> tuple[tuple[Condition, ...], dict[str, int]]:
    """What is compared: a discovery and a namer each. Outside the form, since one decides what
    the other can be."""
    found = {run.id: run for run in store().runs.with_results(log_id)}
    number = st.number_input(
        "How many conditions are compared", 1, MOST_CONDITIONS, len(base.conditions),
        key=f"study-conditions-{key}",
        help="Discoveries by different extractors, or names by different namers.",
    )  # fmt: skip
    made, chosen = [], {}
    for at in range(int(number)):
        old = base.conditions[at] if at < len(base.conditions) else Condition(chr(97 + at), "")
        one, two, three = st.columns(3)
        label = one.text_input(
            f"Condition {old.key}, for you", old.label or f"Condition {old.key}",
            key=f"scl-{key}-{at}",
        )  # fmt: skip
        ids = list(found)
        run = two.selectbox(
            "Discovery", ids, ids.index(runs[old.key]) if runs.get(old.key) in found else 0,
            format_func=lambda id_: f"Run {id_} · {settings_words(found[id_].config)}",
            key=f"scr-{key}-{at}",
        )  # fmt: skip
        namers = ["", *store().labels.namers(run)]
        if old.namer and old.namer not in namers:
            namers.append(old.namer)
        namer = three.selectbox(
            "Names by", namers, namers.index(old.namer),
            format_func=lambda id_: id_ or "Names that count now", key=f"scn-{key}-{at}-{run}",
        )  # fmt: skip
        made.append(replace(old, label=label, namer=namer))
        chosen[old.key] = run
    return tuple(made), chosen


def _texts(base: Texts, key: str) -> Texts:
    values: dict[str, Any] = {}
    for entry in fields(Texts):
        value = getattr(base, entry.name)
        label = entry.name.replace("_", " ").capitalize()
        at = f"stx-{entry.name}-{key}"
        if isinstance(value, tuple):
            said = st.text_area(f"{label}, one a line", "\n".join(value), key=at)
            values[entry.name] = tuple(line.strip() for line in said.splitlines() if line.strip())
        elif entry.name in _LONG:
            values[entry.name] = st.text_area(label, value, key=at)
        else:
            values[entry.name] = st.text_input(label, value, key=at)
    return Texts(**values)


def _days(said: str) -> tuple[int, ...]:
    parts = said.replace(",", " ").split()
    if not all(part.isdecimal() for part in parts):
        raise InputError("Give the days of reminders as numbers, such as 7, 14.")
    return tuple(map(int, parts))


def _at(options: dict[str, str], chosen: str) -> int:
    return list(options).index(chosen)
