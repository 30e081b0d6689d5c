"""Worked examples: the form of ``examples.json``, and whether they would pass as answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from journeys.journey import FRIEND_LEVEL
from journeys.naming.base import Evidence
from journeys.naming.checks import Ground, check_ladder
from journeys.naming.prompts import CITED, DETAILS, KEYS
from journeys.naming.prompts.templates import Finding

FILE = "examples.json"

#: More examples cost more tokens with every journey than they gain.
MOST_EXAMPLES = 8

_OPTIONAL = (CITED, DETAILS)
_LISTS = ("titles", "keyphrases", "siblings")


@dataclass(frozen=True)
class Example:
    """A journey as the model is shown it, and the names it should answer.

    Attributes:
        names: of all five levels, or of the three broad ones.
        because: for each name the numbers of the titles it rests on; () where answers do not say.
        details: what the narrow names are composed of, where there are three.
    """

    titles: tuple[str, ...] = ()
    keyphrases: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()
    names: tuple[str, ...] = ("",) * len(KEYS)
    because: tuple[tuple[int, ...], ...] = ()
    details: tuple[str, ...] = ()


def write_examples(examples: Sequence[Example]) -> str:
    """The text of ``examples.json``; :func:`read_examples` gives the same examples back."""
    given = [
        {part: value for part, value in asdict(example).items() if value or part not in _OPTIONAL}
        for example in examples
    ]
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
        Example(
            **{part: tuple(given[part]) for part in (*_LISTS, "names")},
            because=tuple(map(tuple, given.get(CITED, ()))),
            details=tuple(given.get(DETAILS, ())),
        )
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
        asked = range(1, len(example.names) + 1)
        problems_by_level = check_ladder(dict(enumerate(example.names, start=1)), ground, asked)
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
    forms = {_asked(example) for example in given if isinstance(example, dict)}
    if len(forms) > 1:
        yield Finding(FILE, None, "The examples ask for different things: give all the same parts.")


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
    few = example.get(DETAILS)
    wanted = FRIEND_LEVEL if few is not None else len(KEYS)
    if not (_texts(names) and isinstance(names, list) and len(names) == wanted):
        yield f"“names” must be {wanted} texts, broad to narrow."
    if few is not None and not (_texts(few) and few):
        yield f"“{DETAILS}” must be a list of texts."
    cited = example.get(CITED, [])
    if not (isinstance(cited, list) and len(cited) in (0, wanted) and all(map(_numbers, cited))):
        yield f"“{CITED}” must be {wanted} lists of numbers of titles."


def _asked(example: dict[str, Any]) -> tuple[int, bool, bool]:
    """What an answer like this example's would have to hold."""
    names = example.get("names")
    size = len(names) if isinstance(names, list) else 0
    return size, bool(example.get(CITED)), bool(example.get(DETAILS))


def _numbers(value: Any) -> bool:
    return isinstance(value, list) and all(type(n) is int and n > 0 for n in value)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _line(text: str, name: str) -> int | None:
    at = text.find(json.dumps(name, ensure_ascii=False)) if name else -1
    return text.count("\n", 0, at) + 1 if at >= 0 else None
