"""The licence of every package that the product needs, directly or not, as a table.

    python tools/licences.py [REQUIREMENTS ...] > docs/licences.md

Reads what is installed in the present environment; packages that are not installed are named.
Exit status 1 when a package has no licence that it declares, or one that the list below does not
allow for what is shipped to users (the files requirements*.txt but requirements-dev.txt).
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]

#: Licences that go with Apache-2.0 when a package is only depended on. LGPL and MPL cover changes
#: to the package itself.
FINE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|Python-2\.0|MPL|Mozilla|LGPL|Lesser|"
    r"HPND|Unlicense|Zlib|CC0|0BSD|CNRI|Public Domain",
    re.IGNORECASE,
)

#: Licences of packages that declare none a program could read, looked up in their files.
BY_HAND: dict[str, str] = {}


def main(arguments: list[str]) -> int:
    """Print the table; 1 where something is open."""
    files = [Path(each) for each in arguments] or sorted(
        path for path in ROOT.glob("requirements*.txt") if path.name != "requirements-dev.txt"
    )
    direct = {
        _normal(requirement.name): requirement for path in files for requirement in _read(path)
    }
    found, absent = closure(direct)
    print("# Licences of what the product depends on\n")
    print(f"Made by `python tools/licences.py` from {', '.join(path.name for path in files)}.\n")
    print("| package | version | licence | asked for by us |")
    print("|---|---|---|---|")
    open_ = []
    for name in sorted(found):
        licence = licence_of(found[name])
        if not FINE.search(licence):
            open_.append(f"{name}: {licence or 'none declared'}")
        ours = "yes" if name in direct else ""
        print(f"| {name} | {found[name].version} | {licence.replace('|', '/')} | {ours} |")
    if absent:
        print(f"\nNot installed where this was made: {', '.join(sorted(absent))}.")
    for each in open_:
        print(f"open: {each}", file=sys.stderr)
    return 1 if open_ else 0


def closure(direct: dict[str, Requirement]) -> tuple[dict[str, Distribution], set[str]]:
    """Everything that is needed: name -> what is installed, and the names of what is not."""
    found: dict[str, Distribution] = {}
    absent: set[str] = set()
    waiting = list(direct.values())
    while waiting:
        requirement = waiting.pop()
        name = _normal(requirement.name)
        try:
            here = distribution(name)
        except PackageNotFoundError:
            absent.add(name)
            continue
        known = name in found
        found[name] = here
        if known and not requirement.extras:
            continue
        for line in here.requires or ():
            needed = Requirement(line)
            wanted = needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in requirement.extras or {""}
            )
            if wanted and _normal(needed.name) not in found:
                waiting.append(needed)
    return found, absent


def licence_of(package: Distribution) -> str:
    """As the package declares it: an SPDX expression (PEP 639), a classifier, or its own words."""
    told = package.metadata
    name = _normal(told["Name"])
    if name in BY_HAND:
        return BY_HAND[name]
    if told.get("License-Expression"):
        return str(told["License-Expression"])
    classified = [
        line.rpartition(" :: ")[2]
        for line in told.get_all("Classifier") or ()
        if line.startswith("License :: ")
    ]
    words = (told.get("License") or "").strip().splitlines()
    if classified and classified != ["OSI Approved"]:
        return ", ".join(classified)
    return words[0] if words else ""


def _read(path: Path) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
