"""Edits of prompt sets that this session has not saved yet, one draft for each set."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from journeys.errors import InputError
from journeys.naming.prompts import FILES, PromptSet
from journeys.naming.prompts.folders import set_name
from journeys.naming.prompts.worked import FILE as EXAMPLES
from journeys.naming.prompts.worked import Example, read_examples, write_examples
from pages.parts import state

#: Suggested for a copy of the shipped set.
NEW_NAME = "My prompts"


@dataclass
class Draft:
    """A set being edited.

    Attributes:
        base: the set that it was made from.
        files: its templates as they stand in the fields.
        examples: number -> worked example; numbers are never used twice, so that fields keep
            what is theirs when another example goes.
    """

    base: PromptSet
    name: str
    files: dict[str, str]
    examples: dict[int, Example]
    numbers: count[int] = field(default_factory=count)

    @classmethod
    def of(cls, base: PromptSet) -> Draft:
        """A draft without changes."""
        name = NEW_NAME if base.is_shipped else base.name
        numbers = count()
        examples = {next(numbers): example for example in read_examples(base.files[EXAMPLES])}
        return cls(base, name, dict(base.files), examples, numbers)

    def add_example(self) -> None:
        """One more worked example, empty."""
        levels = len(self.base.keys)
        because: tuple[tuple[int, ...], ...] = ((),) * levels if self.base.cites else ()
        self.examples[next(self.numbers)] = Example(names=("",) * levels, because=because)

    def drop_example(self, number: int) -> None:
        """Leave an example out."""
        self.examples.pop(number, None)

    @property
    def prompts(self) -> PromptSet:
        """The set as it would be saved; "draft" stands for a name that is none."""
        files = {file: self.files[file] for file in FILES}
        examples = list(self.examples.values())
        # A file that says the same stays as it is, byte by byte.
        if examples != read_examples(self.base.files[EXAMPLES]):
            files[EXAMPLES] = write_examples(examples)
        try:
            name = set_name(self.name)
        except InputError:
            name = "draft"
        return PromptSet(name, files)

    @property
    def changed(self) -> bool:
        """Some file says something else than in the base."""
        return dict(self.prompts.files) != dict(self.base.files)


def draft_of(base: str) -> Draft | None:
    """The session's draft of the set with this id; None where it is not being edited."""
    drafts: dict[str, Draft] = state.kept("prompt-drafts", "session")
    return drafts.get(base)


def begin(base: PromptSet) -> None:
    """Edit a set."""
    state.kept("prompt-drafts", "session")[base.id] = Draft.of(base)


def discard(base: PromptSet) -> None:
    """Edit it no more; what was not saved is gone."""
    state.kept("prompt-drafts", "session").pop(base.id, None)
