"""The design of a study as a value: what is asked, of what, in which order.

A design holds no log and no person, so it can be published. How it is written to a file, and the
hash by which a preregistration names it, are in :mod:`journeys.study.design_file`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from journeys.errors import InputError
from journeys.journey import LEVELS

Schedule = Literal["fixed", "adaptive"]
Order = Literal["random", "rank"]
Arrangement = Literal["between", "within"]

#: Points of the scale of identification, and keys of that of specificity.
IDENTIFICATION_POINTS = 5
SPECIFICITY_KEYS = ("broad", "right", "specific")

#: Values of "wish for more of it" and "is it still going on?".
WISH_POINTS = 5
ONGOING_KEYS = ("yes", "no", "unsure")

MOST_CONDITIONS = 6
MOST_JOURNEYS = 50
MOST_TEXT = 20_000
MOST_LINE = 500


@dataclass(frozen=True)
class Condition:
    """What is compared with the other conditions.

    Attributes:
        key: short and meaningless ("a", "b"): it may reach a page, which must not tell more.
        label: what the researcher calls it; never shown to a participant.
        namer: id of the namer whose names are shown; '' for the names that count.
        prompts: id of its prompt set; '' for whichever it last used.

    Which discovery a condition's journeys come from belongs to the study and not to its design:
    see :meth:`journeys.store.studies.StudyStore.create`.
    """

    key: str
    label: str
    namer: str = ""
    prompts: str = ""


@dataclass(frozen=True)
class Foil:
    """A made-up journey, shown to see whether a participant reads; explained in the debriefing.

    It must be nobody's: a real person's journey would outlive their erasure here.

    Attributes:
        names: five names, level 1 (field) to level 5 (detail).
        items: made-up titles for the recall cues.
    """

    names: tuple[str, ...]
    items: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """A statement that is agreed with on five points, before and after.

    Attributes:
        key: names the item in the export.
        kind: "trust" or "risk" (perceived risk to privacy).
    """

    key: str
    kind: Literal["trust", "risk"]
    text: str


@dataclass(frozen=True)
class Texts:
    """The words of every question; scales are from low to high."""

    stated: str = (
        "Before you see anything: which interests or projects have you been pursuing lately? "
        "One a line, as you would tell a friend."
    )
    recall: str = "Do you remember these?"
    identification: str = "How closely does this describe something you are pursuing?"
    identification_scale: tuple[str, ...] = (
        "Not at all closely",
        "Slightly closely",
        "Moderately closely",
        "Very closely",
        "Extremely closely",
    )
    specificity: str = "How specific is this name?"
    specificity_scale: tuple[str, ...] = ("Too broad", "Right", "Too specific")
    wish: str = "Would you like to see more of this?"
    wish_scale: tuple[str, ...] = ("Much less", "Less", "As now", "More", "Much more")
    ongoing: str = "Are you still pursuing it?"
    since: str = "Since about when?"
    own_words: str = "I would say:"
    agreement_scale: tuple[str, ...] = (
        "Strongly disagree",
        "Disagree",
        "Neither",
        "Agree",
        "Strongly agree",
    )
    debriefing: str = (
        "Thank you. Some of the journeys you saw were made up, and some came twice. They help us "
        "tell how carefully the answers were given, and are not about you."
    )


@dataclass(frozen=True)
class StudyDesign:
    """Everything about a study that is settled before the first answer.

    Attributes:
        consent_text, consent_version: what participants agree to.
        levels: levels of specificity tested, 1 to 5, ascending.
        schedule: "fixed" shows levels in a balanced order, "adaptive" chooses the next one after
            each answer.
        conditions: at least one; hidden from participants.
        arrangement: "between": each participant meets one condition; "within": all of them, in
            the order of a balanced Latin square.
        journeys: shown to a participant at most.
        order: journeys at random or by rank.
        repeats, foils_share: how many trials are shown again, or are foils, as a share of
            ``journeys``, 0 to 0.5.
        foils: as many as ``foils_share`` asks for.
        cues: items shown to recall a journey by, 0 for none.
        stated_first: stated journeys are asked before any journey is shown.
        items: asked before and after; () for none.
        expires_days: days that a link works.
        reminders: days after the invitation at which a reminder is due, ascending.
        corrections_as_examples: participants are asked whether their corrections may be shown to
            a language model as examples when it names the journeys of others.
        seed: of every draw.

    Raises:
        InputError: something in it cannot be; the message says what.
    """

    title: str
    consent_text: str
    consent_version: str
    conditions: tuple[Condition, ...]
    levels: tuple[int, ...] = tuple(range(1, len(LEVELS) + 1))
    schedule: Schedule = "fixed"
    arrangement: Arrangement = "between"
    journeys: int = 10
    order: Order = "random"
    repeats: float = 0.1
    foils_share: float = 0.1
    foils: tuple[Foil, ...] = ()
    cues: int = 3
    stated_first: bool = True
    items: tuple[Item, ...] = ()
    expires_days: int = 30
    reminders: tuple[int, ...] = (7, 14)
    corrections_as_examples: bool = False
    seed: int = 0
    texts: Texts = field(default_factory=Texts)

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise InputError(f"This design cannot be used: {'; '.join(problems)}.")

    @property
    def n_repeats(self) -> int:
        """Trials that show a journey a second time."""
        return round(self.repeats * self.journeys)

    @property
    def n_foils(self) -> int:
        """Trials that show a made-up journey."""
        return round(self.foils_share * self.journeys)

    @property
    def trials(self) -> int:
        """Trials of a participant who has enough journeys."""
        return self.journeys + self.n_repeats + self.n_foils

    def condition(self, key: str) -> Condition:
        """The condition with a key.

        Raises:
            KeyError: there is none.
        """
        return {condition.key: condition for condition in self.conditions}[key]


def _problems(design: StudyDesign) -> Iterator[str]:
    yield from _text_problems(design)
    yield from _condition_problems(design.conditions)
    levels = design.levels
    if not levels or list(levels) != sorted(set(levels)) or not set(levels) <= _LEVELS:
        yield "levels must be some of 1 to 5, ascending, none twice"
    for name, value, allowed in (
        ("schedule", design.schedule, get_args(Schedule)),
        ("order", design.order, get_args(Order)),
        ("arrangement", design.arrangement, get_args(Arrangement)),
    ):
        if value not in allowed:
            yield f"{name} must be {' or '.join(allowed)}, not “{value}”"
    for name, number, least, most in (
        ("journeys a participant", design.journeys, 1, MOST_JOURNEYS),
        ("recall cues", design.cues, 0, 10),
        ("days until a link expires", design.expires_days, 1, 730),
        ("the seed", design.seed, 0, 2**31 - 1),
    ):
        if not least <= number <= most:
            yield f"{name} must be {least} to {most}, not {number}"
    for name, share in (("repeats", design.repeats), ("foils", design.foils_share)):
        if not 0 <= share <= 0.5:
            yield f"the share of {name} must be 0 to 0.5, not {share}"
    days = design.reminders
    if list(days) != sorted(set(days)) or any(not 0 < day < design.expires_days for day in days):
        yield "reminders must be days before the link expires, ascending, none twice"
    if 0 <= design.foils_share <= 0.5 and design.n_foils > len(design.foils):
        yield f"{design.n_foils} foils are needed and {len(design.foils)} are there"
    for number, foil in enumerate(design.foils, start=1):
        if len(foil.names) != len(LEVELS) or not all(map(_line, foil.names)):
            yield f"foil {number} needs a name at each of the five levels"
        if len(foil.items) < design.cues or not all(map(_line, foil.items)):
            yield f"foil {number} needs {design.cues} items, each one line"
    keys = [item.key for item in design.items]
    if len(set(keys)) < len(keys) or not all(keys):
        yield "each trust or risk item needs a key of its own"
    if any(item.kind not in ("trust", "risk") or not _line(item.text) for item in design.items):
        yield "each item needs a text of one line and is about trust or risk"


def _text_problems(design: StudyDesign) -> Iterator[str]:
    if not _line(design.title):
        yield "the title is empty or too long"
    if not design.consent_text.strip() or len(design.consent_text) > MOST_TEXT:
        yield f"the consent text is empty or longer than {MOST_TEXT:,} characters"
    if not _line(design.consent_version):
        yield "the version of the consent text is empty or too long"
    texts = design.texts
    for name, scale, points in (
        ("identification", texts.identification_scale, IDENTIFICATION_POINTS),
        ("specificity", texts.specificity_scale, len(SPECIFICITY_KEYS)),
        ("wish for more", texts.wish_scale, WISH_POINTS),
        ("agreement", texts.agreement_scale, 5),
    ):
        if len(scale) != points or not all(map(_line, scale)):
            yield f"the scale of {name} needs {points} labels"
        elif len(set(scale)) < points:
            yield f"two labels of the scale of {name} are the same"
    for name in ("recall", "identification", "specificity", "wish", "ongoing", "since"):
        if not _line(getattr(texts, name)):
            yield f"the question about {name} is empty or too long"


def _condition_problems(conditions: Sequence[Condition]) -> Iterator[str]:
    if not 1 <= len(conditions) <= MOST_CONDITIONS:
        yield f"there must be 1 to {MOST_CONDITIONS} conditions, not {len(conditions)}"
    keys = [condition.key for condition in conditions]
    if len(set(keys)) < len(keys):
        yield "two conditions have the same key"
    for condition in conditions:
        if not (condition.key.isascii() and condition.key.isalnum() and len(condition.key) <= 20):
            yield f"the condition key “{condition.key}” must be a few letters or digits"
        if not _line(condition.label):
            yield f"condition {condition.key} needs a label"


_LEVELS = set(range(1, len(LEVELS) + 1))


def _line(text: str) -> bool:
    return bool(text.strip()) and "\n" not in text and len(text) <= MOST_LINE
