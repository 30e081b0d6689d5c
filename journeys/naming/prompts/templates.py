"""What may stand in a template: its values, and a look at it before it is filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Literal

from jinja2 import TemplateSyntaxError, meta, nodes

from journeys.naming.prompts import Shown, template_environment

_EVERYWHERE = {
    "keys": "the five keys of the answer, level 1 to 5: keys[0] to keys[4]",
    "cited": "the key under which an answer says which titles each name rests on",
    "details": "the key under which an answer lists details, where the narrow names are composed",
    "max_words": "level -> most words of a name: max_words[1] to max_words[5]",
    "language": "the language that names are wanted in; empty for that of the titles",
}

#: Template -> the values that it is given -> what they are, for the page's guide.
VALUES: Mapping[str, Mapping[str, str]] = {
    "system.j2": _EVERYWHERE,
    "user.j2": {
        "shown.titles": "titles of the journey, untrusted: write each as {{ title | json }}",
        "shown.keyphrases": "words that return in them, untrusted too; may be empty",
        "shown.siblings": "titles of the person's other journeys, untrusted too; may be empty",
        **_EVERYWHERE,
    },
    "retry.j2": {
        "problems": "what failed, each as (key, name, reason); the name is untrusted",
        **_EVERYWHERE,
    },
}

#: Loops within loops. Deeper ones could keep the product busy for ever.
MOST_NESTED = 2
#: Numbers in a template beyond this have no good use and could fill the memory.
LARGEST_NUMBER = 1_000


@dataclass(frozen=True)
class Finding:
    """Something to say about a file of a prompt set.

    Attributes:
        file: its name.
        line: 1-based; None where it is about the file as a whole.
        message: one or two sentences.
        severity: an error keeps the set from being used; a warning does not.
    """

    file: str
    line: int | None
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{where}: {self.message}"


def template_findings(file: str, text: str) -> Iterator[Finding]:
    """What can be said of a template without filling it in: syntax, unknown values, excess."""
    environment = template_environment()
    try:
        tree = environment.parse(text)
        found = [*_unknown(file, tree), *_excess(file, tree)]
        if not found:
            # Compiling works out what is constant, so nothing excessive may come so far.
            environment.compile(text)
    except TemplateSyntaxError as error:
        found = [
            Finding(file, error.lineno, f"{_sentence(error.message)} Mend the template there.")
        ]
    yield from found


def _unknown(file: str, tree: nodes.Template) -> Iterator[Finding]:
    known = VALUES[file]
    names = {name.partition(".")[0] for name in known}
    undeclared = meta.find_undeclared_variables(tree) - names
    for name in tree.find_all(nodes.Name):
        if name.ctx == "load" and name.name in undeclared:
            yield Finding(file, name.lineno, f"There is no value “{name.name}”. {_known(known)}")
    parts = {field.name for field in fields(Shown)}
    for part in tree.find_all(nodes.Getattr):
        of_shown = isinstance(part.node, nodes.Name) and part.node.name == "shown"
        if of_shown and part.attr not in parts and "shown" not in undeclared:
            message = f"There is no value “shown.{part.attr}”. {_known(known)}"
            yield Finding(file, part.lineno, message)


def _known(known: Mapping[str, str]) -> str:
    return f"This file is given {', '.join(known)}."


def _excess(file: str, tree: nodes.Template) -> Iterator[Finding]:
    for loop in _too_deep(tree, 0):
        yield Finding(file, loop.lineno, f"Loops may be nested {MOST_NESTED} deep at most.")
    for number in tree.find_all(nodes.Const):
        if isinstance(number.value, int | float) and abs(number.value) > LARGEST_NUMBER:
            message = f"A number in a template may be {LARGEST_NUMBER:,} at most."
            yield Finding(file, number.lineno, message)
    for kind in (nodes.Mul, nodes.Pow, nodes.Macro, nodes.CallBlock):
        for found in tree.find_all(kind):
            message = "Multiplication and macros are not for prompts; write the text out."
            yield Finding(file, found.lineno, message)


def _too_deep(node: nodes.Node, depth: int) -> Iterator[nodes.For]:
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.For):
            if depth >= MOST_NESTED:
                yield child
            else:
                yield from _too_deep(child, depth + 1)
        else:
            yield from _too_deep(child, depth)


def _sentence(text: str | None) -> str:
    """A message of Jinja's with a capital and a full stop."""
    said = (text or "This is not a template").strip().rstrip(".")
    return f"{said[:1].upper()}{said[1:]}."
