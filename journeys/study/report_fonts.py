"""Fonts of the machine for the PDF report, since names may be in any script and none is shipped.

The first text font that is there is used, and the others stand in for letters it lacks. What no
font has is written as "?", and the report says how many letters those were.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from journeys.settings import windows_folder

if TYPE_CHECKING:
    from fpdf import FPDF

#: Regular and bold of fonts for running text, the widest first.
_TEXT = (
    ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
    ("arial.ttf", "arialbd.ttf"),
    ("Arial.ttf", "Arial Bold.ttf"),
)

#: Fonts of other scripts and of signs.
_OTHERS = (
    "NotoSansArabic-Regular.ttf", "NotoSansHebrew-Regular.ttf", "NotoSansDevanagari-Regular.ttf",
    "NotoSansThai-Regular.ttf", "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf",
    "wqy-microhei.ttc", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf", "Arial Unicode.ttf",
    "msyh.ttc", "malgun.ttf", "NotoEmoji-Regular.ttf", "seguisym.ttf", "Symbola.ttf",
    "DejaVuSans.ttf",
)  # fmt: skip


def _folders() -> Iterable[Path]:
    if sys.platform == "darwin":
        return (
            Path("/System/Library/Fonts"),
            Path("/Library/Fonts"),
            Path.home() / "Library/Fonts",
        )
    if sys.platform == "win32":
        return (windows_folder() / "Fonts",)
    return (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")


@cache
def installed() -> dict[str, Path]:
    """Name of a font file -> where it is, of those that are of use here."""
    wanted = {name for pair in _TEXT for name in pair} | set(_OTHERS)
    found: dict[str, Path] = {}
    for folder in _folders():
        for root, _, files in os.walk(folder):
            for name in wanted.intersection(files):
                found.setdefault(name, Path(root) / name)
    return found


class Letters:
    """The letters that a PDF can show, in the font that :func:`use_fonts` chose."""

    def __init__(self, family: str, known: frozenset[int] | None) -> None:
        self.family = family
        self._known = known
        self.missing = 0

    def shown(self, words: str) -> str:
        """The words with "?" for each letter that no font has; those are counted."""
        if self._known is None:
            text = words.encode("latin-1", "replace").decode("latin-1")
        else:
            text = "".join(
                letter if ord(letter) in self._known or letter in "\n" else "?" for letter in words
            )
        self.missing += sum(a != b for a, b in zip(words, text, strict=True))
        return text


def use_fonts(pdf: FPDF) -> Letters:
    """Register the machine's fonts with a PDF; Helvetica with Latin-1 where there is none."""
    there = installed()
    pair = next((p for p in _TEXT if p[0] in there and p[1] in there), None)
    if pair is None:
        return Letters("Helvetica", None)
    pdf.add_font("text", "", there[pair[0]])
    pdf.add_font("text", "B", there[pair[1]])
    families = ["text"]
    for name in _OTHERS:
        if name in there and name not in pair:
            family = f"other{len(families)}"
            pdf.add_font(family, "", there[name])
            pdf.add_font(family, "B", there[name])
            families.append(family)
    if len(families) > 1:
        pdf.set_fallback_fonts(families[1:], exact_match=False)
    known: set[int] = set()
    for family in families:
        known |= set(getattr(pdf.fonts[family], "cmap", ()))
    return Letters("text", frozenset(known))
