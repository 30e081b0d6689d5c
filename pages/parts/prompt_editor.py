"""The files of a prompt set: read, or edited with what is wrong beside them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from journeys.naming.prompts import FILES, PromptSet
from journeys.naming.prompts.folders import difference
from journeys.naming.prompts.templates import VALUES, Finding
from journeys.naming.prompts.worked import FILE as EXAMPLES
from journeys.naming.prompts.worked import read_examples
from pages.parts.prompt_draft import Draft
from pages.parts.prompt_examples import example_fields, example_words
from pages.parts.text import plain

#: File -> what a person reads for it.
TITLES = {
    "system.j2": "Rules",
    "user.j2": "The journey",
    "retry.j2": "Second try",
    "examples.json": "Worked examples",
}

_ICONS = {
    "system.j2": ":material/gavel:",
    "user.j2": ":material/route:",
    "retry.j2": ":material/replay:",
    "examples.json": ":material/school:",
}

_ABOUT = {
    "system.j2": "What the model is told first, the same for every journey: what a name is at "
    "each level, and the rules.",
    "user.j2": "How one journey is written down for the model. The worked examples are written "
    "the same way.",
    "retry.j2": "Added after the journey where an answer failed its checks, with the reasons.",
    "examples.json": "Journeys with the names that the model should give them. A few good ones "
    "help more than many rules. Take none from a log that you want to judge names on: models "
    "repeat what they saw.",
}

#: Templates line up, and brackets can be told apart.
_FIXED_WIDTH = "<style>[class*='st-key-template-'] textarea {font-family: monospace}</style>"

_HEIGHTS = {"system.j2": 380, "user.j2": 330, "retry.j2": 180}


def files_panel(
    prompts: PromptSet,
    draft: Draft | None,
    findings: Sequence[Finding],
    before: PromptSet | None,
) -> None:
    """A tab for each file, and one for what differs from the set it is based on."""
    st.html(_FIXED_WIDTH)
    *tabs, changes = st.tabs(
        [
            *(f"{_ICONS[file]} {TITLES[file]}" for file in FILES),
            ":material/difference: What changed",
        ],
        key="prompt-files",
    )
    for file, tab in zip(FILES, tabs, strict=True):
        with tab:
            st.caption(_ABOUT[file])
            told_beside(file, prompts, findings)
            if file == EXAMPLES:
                _examples(prompts, draft)
            elif draft is None:
                st.code(prompts.files[file], language=None, line_numbers=True, wrap_lines=True)
            else:
                _text(draft, file)
            if file in VALUES and draft is not None:
                _guide(file)
    with changes:
        _changes(prompts, before)


def collect(draft: Draft) -> None:
    """Take what stands in the fields into the draft, before anything is drawn from it."""
    for file in _HEIGHTS:
        key = _key(draft, file)
        if key in st.session_state:
            draft.files[file] = st.session_state[key]


def told_beside(file: str, prompts: PromptSet, findings: Sequence[Finding]) -> None:
    """What was found in a file."""
    lines = prompts.files[file].splitlines()
    for finding in findings:
        if finding.file != file:
            continue
        where = ""
        if finding.line and finding.line <= len(lines):
            excerpt = lines[finding.line - 1].strip()
            where = f"**Line {finding.line}**: "
            where += f"“{plain(excerpt[:80])}{'…' if len(excerpt) > 80 else ''}”. "
        words = f"{where}{plain(finding.message)}"
        if finding.severity == "error":
            st.error(words, icon=":material/error:")
        else:
            st.warning(words, icon=":material/warning:")


def _text(draft: Draft, file: str) -> None:
    key = _key(draft, file)
    if key not in st.session_state:
        st.session_state[key] = draft.files[file]
    with st.container(key=f"template-{file.partition('.')[0]}"):
        st.text_area(TITLES[file], key=key, height=_HEIGHTS[file], label_visibility="collapsed")


def _key(draft: Draft, file: str) -> str:
    return f"prompt-{file}-{draft.base.id}"


def _guide(file: str) -> None:
    with st.expander("What can be written here", icon=":material/help:"):
        values = "\n".join(f"| `{name}` | {plain(what)} |" for name, what in VALUES[file].items())
        st.markdown(
            "Plain text, with values in it (templates of Jinja):\n\n"
            "- `{{ value }}` writes a value, `{{ value | json }}` writes it in quotes, so that no "
            "title can pass for an instruction.\n"
            "- `{% for title in shown.titles %} … {% endfor %}` repeats what stands between.\n"
            "- `{% if shown.siblings %} … {% endif %}` leaves it out where there is nothing.\n\n"
            f"| value | what it is |\n|---|---|\n{values}"
        )


def _examples(prompts: PromptSet, draft: Draft | None) -> None:
    if draft is not None:
        example_fields(draft)
        return
    for at, example in enumerate(read_examples(prompts.files[EXAMPLES]), start=1):
        st.markdown(f"**Example {at}**\n\n{example_words(example)}")


def _changes(prompts: PromptSet, before: PromptSet | None) -> None:
    if before is None:
        st.caption("There is no earlier set to compare with.")
        return
    changed = [file for file in FILES if before.files[file] != prompts.files[file]]
    if not changed:
        st.caption(f"Nothing differs from {plain(before.id)}.")
        return
    st.caption(f"Beside {plain(before.id)}: lines with − are gone, lines with + are new.")
    for file in changed:
        st.markdown(f"**{TITLES[file]}**")
        st.code(difference(before, prompts, file), language="diff", wrap_lines=True)
