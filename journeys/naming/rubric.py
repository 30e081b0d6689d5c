"""What makes a name good: one rubric, read by people on the page and by the model in a prompt.

The rubric and the judge's prompt are files in ``prompts/judge/``. Every point of a scale has a
description, since anchored scales agree better than bare numbers. A rating and the rubric that it
was made with belong together: the prompt's id stands beside each judgement of a model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

#: Points of the scale of fit.
FIT = (1, 2, 3, 4, 5)

#: Points of the scale of specificity, broad to narrow.
SPECIFICITY = ("broad", "right", "specific")

_FOLDER = Path(__file__).parent / "prompts" / "judge"
_FILES = ("rubric.json", "system.j2", "user.j2", "examples.json")


@dataclass(frozen=True)
class Scale:
    """A question, and what each point of its scale means."""

    question: str
    points: Mapping[str, str]


@dataclass(frozen=True)
class Level:
    """What is asked for at a level of specificity."""

    meaning: str
    example: str


@dataclass(frozen=True)
class Rubric:
    """The two questions about a name, and what its level asks for.

    Attributes:
        levels: level (1-5) -> its meaning.
    """

    fit: Scale
    specificity: Scale
    levels: Mapping[int, Level]

    @classmethod
    def parse(cls, text: str) -> Rubric:
        """The rubric in a file's text."""
        found = json.loads(text)
        return cls(
            Scale(**found["fit"]),
            Scale(**found["specificity"]),
            {int(level): Level(**own) for level, own in found["levels"].items()},
        )


@dataclass(frozen=True)
class JudgePrompt:
    """The files of a judge's prompt, name -> text."""

    files: Mapping[str, str]

    @classmethod
    def shipped(cls) -> JudgePrompt:
        """The prompt that comes with the package."""
        return cls({name: (_FOLDER / name).read_text("utf-8") for name in _FILES})

    @cached_property
    def id(self) -> str:
        """Changes whenever a file changes; stands in cache keys and beside judgements."""
        digest = blake2b(digest_size=4)
        for name in _FILES:
            digest.update(self.files[name].encode("utf-8", "surrogatepass") + b"\0")
        return f"judge-{digest.hexdigest()}"

    @cached_property
    def rubric(self) -> Rubric:
        return Rubric.parse(self.files["rubric.json"])

    @cached_property
    def examples(self) -> tuple[Mapping[str, Any], ...]:
        """Worked examples, one for each kind of judgement: titles, name, level and the answer."""
        return tuple(json.loads(self.files["examples.json"]))

    def messages(self, titles: Sequence[str], name: str, level: int) -> list[dict[str, str]]:
        """The whole prompt for one name: rules, worked examples, then the name.

        The part that is the same for every name comes first, so that a server that keeps the
        state of its last prompt reads it once.

        Args:
            titles: untrusted and redacted, cut to length.
            level: 1 to 5.
        """
        messages = [{"role": "system", "content": self._render("system.j2")}]
        for example in self.examples:
            asked = {key: example[key] for key in ("titles", "name", "level")}
            answer = {key: example[key] for key in ("reason", "fit", "specificity")}
            messages.append({"role": "user", "content": self._render("user.j2", **asked)})
            messages.append(
                {"role": "assistant", "content": json.dumps(answer, ensure_ascii=False)}
            )
        asked = {"titles": titles, "name": name, "level": level}
        messages.append({"role": "user", "content": self._render("user.j2", **asked)})
        return messages

    def _render(self, template: str, **values: object) -> str:
        return self._environment.get_template(template).render(rubric=self.rubric, **values)

    @cached_property
    def _environment(self) -> ImmutableSandboxedEnvironment:
        environment = ImmutableSandboxedEnvironment(
            loader=DictLoader(dict(self.files)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["json"] = _as_json
        return environment


def _as_json(text: str) -> str:
    """A JSON string; control characters of chat templates lose their meaning in it."""
    return json.dumps(text.replace("<|", "< |"), ensure_ascii=False)
