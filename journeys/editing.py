"""What a person changed about their journeys, and how it is applied to any clustering of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EditKind = Literal["merge", "split", "move"]


@dataclass(frozen=True)
class Edit:
    """One change that a person made, told by events, so that it holds in any later clustering.

    Attributes:
        kind: ``merge``: the group of ``events`` joins the group of ``anchor``;
            ``split``: ``events`` become a group of their own;
            ``move``: just ``events`` join the group of ``anchor``, or none where that is empty.
        events: positions in the timeline.
        anchor: positions in the timeline; the group that holds most of them is meant.
    """

    kind: EditKind
    events: tuple[int, ...]
    anchor: tuple[int, ...] = ()
