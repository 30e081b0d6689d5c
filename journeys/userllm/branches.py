"""Many questions and answers about one person in a single pass of the language model.

What is known of the person (latents, or their history as text) is the trunk; each question is a
branch of it, and each candidate answer a branch of its question. A token sees its own line back to
the trunk and nothing else, and is placed as if the other branches were not there. So the
likelihood of every answer is that of the plain sequence, and the costly trunk is read once.
(Miao et al., "SpecInfer", ASPLOS 2024, calls it tree attention.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Branch:
    """A question and its candidate answers, as tokens; none of them empty."""

    question: tuple[int, ...]
    answers: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Tree:
    """All that is asked about one person.

    Attributes:
        trunk: tokens of what is known as text; may be empty.
    """

    trunk: tuple[int, ...]
    branches: tuple[Branch, ...]


@dataclass(frozen=True)
class TreeBatch:
    """``B`` trees as one input, padded at the end.

    Attributes:
        ids: shape ``(B, T)``, int64. The first ``slots`` places are kept for latents.
        slots: number of those places.
        positions: shape ``(B, T)``, int64.
        visible: shape ``(B, 1, T, T)``, bool: row sees column. A padded row sees itself.
        said_in, said_by: shape ``(n,)``, row of the batch and place of the token after which
            ``target`` is expected, for all ``n`` tokens of all answers.
        target: shape ``(n,)``.
        answer: shape ``(n,)``: which answer the token is of, counted over the whole batch.
        counts: for every tree and branch, how many answers it has.
    """

    ids: Tensor
    slots: int
    positions: Tensor
    visible: Tensor
    said_in: Tensor
    said_by: Tensor
    target: Tensor
    answer: Tensor
    counts: tuple[tuple[int, ...], ...]

    @property
    def n_answers(self) -> int:
        """Answers in the whole batch."""
        return sum(map(sum, self.counts))

    def to(self, device: torch.device | str) -> TreeBatch:
        """The same on another device."""
        return replace(
            self,
            ids=self.ids.to(device),
            positions=self.positions.to(device),
            visible=self.visible.to(device),
            said_in=self.said_in.to(device),
            said_by=self.said_by.to(device),
            target=self.target.to(device),
            answer=self.answer.to(device),
        )

    def by_branch(self, values: Tensor) -> list[list[Tensor]]:
        """Values of all answers, shape ``(n_answers,)``, by tree and branch."""
        flat = iter(torch.split(values, [count for tree in self.counts for count in tree]))
        return [[next(flat) for _ in tree] for tree in self.counts]


def plant(trees: Sequence[Tree], *, slots: int = 0, pad: int = 0) -> TreeBatch:
    """Put trees into one batch.

    Args:
        trees: one a person.
        slots: places for latents before the trunk.
        pad: the token to fill up with.
    """
    grown = [_Grown(tree, slots) for tree in trees]
    longest = max(len(each.ids) for each in grown)
    ids = torch.full((len(grown), longest), pad)
    positions = torch.zeros((len(grown), longest), dtype=torch.int64)
    visible = torch.eye(longest, dtype=torch.bool).repeat(len(grown), 1, 1)
    said: list[tuple[int, int, int, int]] = []
    answers = 0
    for row, each in enumerate(grown):
        length = len(each.ids)
        ids[row, :length] = torch.tensor(each.ids)
        positions[row, :length] = torch.tensor(each.positions)
        visible[row, :length, :length] = each.visible()
        said += [(row, by, target, answers + answer) for by, target, answer in each.said]
        answers += each.answers
    said_in, said_by, target, answer = torch.tensor(said, dtype=torch.int64).reshape(-1, 4).T
    counts = tuple(tuple(len(branch.answers) for branch in tree.branches) for tree in trees)
    seen = visible[:, None]
    return TreeBatch(ids, slots, positions, seen, said_in, said_by, target, answer, counts)


class _Grown:
    """One tree laid out in a row; runs of tokens that follow each other are segments."""

    def __init__(self, tree: Tree, slots: int) -> None:
        self.ids: list[int] = []
        self.positions: list[int] = []
        self.said: list[tuple[int, int, int]] = []
        self.answers = 0
        self._segments: list[tuple[int, int, int]] = []  # start, stop, parent
        trunk = self._add((*[0] * slots, *tree.trunk), -1, 0)
        for branch in tree.branches:
            question = self._add(branch.question, trunk, self._end(trunk))
            last = len(self.ids) - 1
            for answer in branch.answers:
                # The last token of an answer is only predicted, so it is not read.
                at = len(self.ids)
                self._add(answer[:-1], question, self._end(question))
                places = [last, *range(at, at + len(answer) - 1)]
                self.said += [
                    (by, target, self.answers) for by, target in zip(places, answer, strict=True)
                ]
                self.answers += 1

    def _end(self, segment: int) -> int:
        start, stop, parent = self._segments[segment]
        if start < stop:
            return self.positions[stop - 1] + 1
        return self._end(parent) if parent >= 0 else 0

    def _add(self, ids: Sequence[int], parent: int, begins: int) -> int:
        start = len(self.ids)
        self.ids += ids
        self.positions += range(begins, begins + len(ids))
        self._segments.append((start, len(self.ids), parent))
        return len(self._segments) - 1

    def visible(self) -> Tensor:
        """Who sees whom, shape ``(length, length)``."""
        seen = torch.zeros((len(self.ids), len(self.ids)), dtype=torch.bool)
        for start, stop, parent in self._segments:
            seen[start:stop, start:stop] = torch.ones(stop - start, stop - start).tril().bool()
            while parent >= 0:
                first, end, parent = self._segments[parent]
                seen[start:stop, first:end] = True
        return seen
