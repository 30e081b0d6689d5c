"""A design to begin with: sensible values, and texts that a lab changes to its own."""

from __future__ import annotations

from journeys.study.default_foils import FOILS
from journeys.study.design import Condition, Item, StudyDesign

CONSENT = """\
You are invited to take part in a study of how well interests can be found in an activity log.

**What you do.** You say in your own words what you pursue, then look at a few journeys found in \
your log and say whether they are yours. It takes about ten minutes. You can stop at any time and \
go on later, on another device if you like.

**What is kept.** Your answers, how long each took, and the log that you gave. You are known by a \
code only. Nothing is passed on that shows who you are.

**Your rights.** Taking part is voluntary. You can withdraw at any time without giving a reason, \
take a copy of your answers, and erase everything about you. What was already published as \
figures over many people cannot be taken back.
"""

ITEMS = (
    Item("trust_intent", "trust", "I trust this system to act in my interest."),
    Item("trust_right", "trust", "I trust this system to describe me correctly."),
    Item("risk_knows", "risk", "This system knows more about me than I am comfortable with."),
    Item("risk_misuse", "risk", "What this system knows about me could be used against me."),
)


def default_design(*, conditions: tuple[Condition, ...] | None = None) -> StudyDesign:
    """Ten journeys at all five levels, one repeat, one foil, one condition unless others are given.

    Raises:
        InputError: the conditions cannot be.
    """
    return StudyDesign(
        title="Are these your journeys?",
        consent_text=CONSENT,
        consent_version="1",
        conditions=conditions or (Condition("a", "Names as they are"),),
        foils=FOILS,
        items=ITEMS,
    )
