"""How the participant's page looks: for a thumb first."""

from __future__ import annotations

import streamlit as st

#: Rows of 48 pixels, the least that a thumb hits for sure (WCAG 2.2, target size, asks for 44),
#: and the whole row takes the click.
_STYLE = """
<style>
[data-testid="stRadio"], [data-testid="stRadioGroup"], [data-testid="stCheckbox"] { width: 100%; }
[data-testid="stElementContainer"]:has(> [data-testid="stCheckbox"]) { width: 100%; }
[data-testid="stRadioGroup"] { gap: .4rem; flex-wrap: nowrap; }
[data-testid="stRadioGroup"] > div { flex: 1 1 0; width: 100%; }
[data-testid="stRadioOption"], [data-testid="stCheckbox"] > label {
  display: flex; min-height: 3rem; width: 100%; align-items: center; margin: 0;
  padding: .3rem .75rem;
  border: 1px solid rgba(128, 128, 128, .45); border-radius: .5rem; cursor: pointer;
}
[data-testid="stRadioOption"]:has(input:checked) {
  border-color: currentColor; box-shadow: inset 0 0 0 1px currentColor;
}
[data-testid="stRadioOption"]:focus-within { outline: 2px solid currentColor; outline-offset: 1px; }
[data-testid="stBaseButton-primary"], [data-testid="stBaseButton-secondary"],
[data-testid="stBaseButton-tertiary"], [data-testid="stExpander"] summary,
[data-testid="stTextInputRootElement"] { min-height: 3rem; }
[data-testid="stMainBlockContainer"] { padding: 4rem 1rem; max-width: 40rem; }
</style>
"""


def big_targets() -> None:
    """Put the style on the page."""
    st.html(_STYLE)
