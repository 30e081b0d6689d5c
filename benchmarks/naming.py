"""Names of true groups of the labelled logs, by any namer, beside the controls.

    python benchmarks/naming.py [--sample 100] [--seed 0] [--namer NAME ...] [--model NAME]
        [--log reddit til playlists] [--out DIR]

A thin caller of ``python -m journeys evaluate naming``, which says what is measured. Groups and
users that were looked at while prompts were written (benchmarks/naming_seen.csv) are left out of
reddit_mix_dev. The installation is the one of JOURNEYS_HOME; finished groups are kept in --out,
so the same command after an interruption goes on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from common import ROOT, labelled, provenance

from journeys.cli import main as command

#: Log -> file, and what its evaluation is given.
LOGS = {
    "reddit": ("reddit_mix_dev/events.jsonl", "group"),
    "til": ("til_notes/til_notes.jsonl", "group"),
    "playlists": ("playlists_named/playlists.jsonl", "name"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--log", nargs="+", choices=LOGS, default=["reddit"])
    parser.add_argument("--sample", default="100")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--namer", nargs="+", default=["keyphrase"])
    parser.add_argument("--model")
    parser.add_argument("--out", type=Path, help="folder for the figures and finished groups")
    options = parser.parse_args()
    print(provenance())
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
    for name in options.log:
        file, column = LOGS[name]
        arguments = ["evaluate", "naming", str(labelled(file)), "--truth", column]
        arguments += ["--sample", options.sample, "--seed", options.seed]
        arguments += ["--namer", *options.namer]
        if options.model:
            arguments += ["--model", options.model]
        if name == "reddit":
            arguments += ["--human-names", str(labelled("reddit_mix_dev/groups.csv"))]
            arguments += ["--leave-out", str(ROOT / "benchmarks" / "naming_seen.csv")]
        if options.out:
            arguments += ["--out", str(options.out / f"{name}.json")]
        print(f"\n## {name}\n", flush=True)
        status = command(arguments)
        if status:
            raise SystemExit(status)


if __name__ == "__main__":
    main()
