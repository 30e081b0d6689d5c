"""Worked examples: the form of ``examples.json``, and whether they would pass as answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from journeys.naming.base import Evidence
from journeys.naming.checks import Ground, check_ladder
from journeys.naming.prompts import KEYS
from journeys.naming.prompts.templates import Finding

FILE = "examples.json"

#: More examples cost more tokens with every journey than they gain.
MOST_EXAMPLES = 8

_LISTS = ("titles", "keyphrases", "siblings")


@dataclass(frozen=True)
class Example:
    """A journey as the model is shown it, and the five names it should answer."""

    titles: tuple[str, ...] = ()
    keyphrases: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()
    names: tuple[str, ...] = ("",) * len(KEYS)


def write_examples(examples: Sequence[Example]) -> str:
    """The text of ``examples.json``; :func:`read_examples` gives the same examples back."""
    given = [asdict(example) for example in examples]
    return json.dumps(given, indent=2, ensure_ascii=False) + "\n"


def read_examples(text: str) -> list[Example]:
    """The examples in a file.

    Raises:
        ValueError: it has not the right form; :func:`example_findings` says where.
    """
    problems = list(_form(text))
    if problems:
        raise ValueError(str(problems[0]))
    return [
        Example(**{part: tuple(given[part]) for part in (*_LISTS, "names")})
        for given in json.loads(text)
    ]


def example_findings(text: str) -> Iterator[Finding]:
    """What is wrong with a file of examples."""
    problems = list(_form(text))
    if problems:
        yield from problems
        return
    examples = read_examples(text)
    if not examples:
        yield Finding(
            FILE,
            None,
            "There is no worked example. Models name better with one or two.",
            "warning",
        )
    for at, example in enumerate(examples, start=1):
        ground = Ground.of(Evidence(example.titles, keyphrases=example.keyphrases))
        problems_by_level = check_ladder(dict(enumerate(example.names, start=1)), ground)
        for level, reason in problems_by_level.items():
            name = example.names[level - 1]
            yield Finding(
                FILE,
                _line(text, name),
                f"Example {at}: the name at level {level} ({KEYS[level - 1]}) {reason}. An answer "
                "like it would be refused.",
            )


def _form(text: str) -> Iterator[Finding]:
    try:
        given = json.loads(text)
    except json.JSONDecodeError as error:
        yield Finding(FILE, error.lineno, f"This is not JSON: {error.msg}.")
        return
    except RecursionError:
        yield Finding(FILE, None, "This is nested too deeply.")
        return
    if not isinstance(given, list):
        yield Finding(FILE, None, "The file must hold a list of examples.")
        return
    if len(given) > MOST_EXAMPLES:
        yield Finding(FILE, None, f"{len(given)} examples; {MOST_EXAMPLES} are the most.")
    for at, example in enumerate(given, start=1):
        yield from (
            Finding(FILE, None, f"Example {at}: {message}") for message in _form_of(example)
        )


def _form_of(example: Any) -> Iterator[str]:
    if not isinstance(example, dict):
        yield "must be an object with titles, keyphrases, siblings and names."
        return
    for part in _LISTS:
        if not _texts(example.get(part)):
            yield f"“{part}” must be a list of texts."
    if not example.get("titles"):
        yield "needs at least one title."
    names = example.get("names")
    if not (_texts(names) and isinstance(names, list) and len(names) == len(KEYS)):
        yield f"“names” must be {len(KEYS)} texts, broad to narrow."


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _line(text: str, name: str) -> int | None:
    at = text.find(json.dumps(name, ensure_ascii=False)) if name else -1
    return text.count("\n", 0, at) + 1 if at >= 0 else None
