"""Do corrections help to name the journeys of people who gave none? With stand-in participants.

    python benchmarks/study_learning.py --out DIR [--sample 40] [--seed 1] [--arms ARM ...]

No human participants exist yet. The users of reddit_mix_dev stand in for them, and the reference
names of their groups (class, the community's title line) for what they would have said. Half of the
users, drawn by the seed, gave corrections. Of the others, groups are named without examples, with
those of the first half, and with corrections of their own other groups.

Groups and users that were looked at while prompts were written or recipes chosen
(benchmarks/naming_seen.csv, naming_dev.csv) are out, and so are the 100 groups that naming is
reported on (``naming.py --sample 100 --seed 0``): what is named here are other users' groups of the
same communities, with titles of their own. An example that shares a telling word with the reference
name never serves, so nothing can be copied. One draft a journey in every arm.

Answers are kept in the installation of JOURNEYS_HOME, so the same command after an interruption
goes on. Needs the model qwen2.5-coder-1.5b there and benchmarks/requirements.txt.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
from common import ROOT, labelled, provenance

from journeys.cli.progress import TerminalProgress
from journeys.embedding import Embedder, load_embedder
from journeys.evaluation.intervals import Interval, macro_mean_known
from journeys.evaluation.labelled import prepare, read_labelled
from journeys.evaluation.naming_given import Given
from journeys.evaluation.naming_groups import (
    LEAST_TITLES,
    Case,
    TrueGroup,
    all_groups,
    draw_groups,
    gather_evidence,
)
from journeys.evaluation.naming_judge import Judge, load_judge
from journeys.evaluation.naming_names import HumanNames, read_human_names, read_left_out
from journeys.evaluation.naming_scores import Bench, Scores
from journeys.evaluation.report import markdown
from journeys.journey import FRIEND_LEVEL
from journeys.models import DEFAULT_MODEL, find
from journeys.naming import KeyphraseNamer, Namer
from journeys.naming.examples import Allowed, ExampleBook, NameExample, Selection
from journeys.naming.ladder import local_namer
from journeys.naming.local import LocalModel
from journeys.naming.tuning import Pair, leaking
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.study.examples import example_of

#: The groups that naming is reported on, which are not used here.
REPORTED = 100
#: Groups of each community that stand in for corrections, at most.
TIMES = 3
#: Arm -> how examples of other people are chosen; None: none, or the person's own.
ARMS: dict[str, Selection | None] = {
    "no examples": None,
    "3 nearest of others": Selection(3),
    "6 nearest of others": Selection(6, tokens=1200),
    "3 random of others": Selection(3, choice="random"),
    "own, up to 3": Selection(3),
}
NONE, OWN = "no examples", "own, up to 3"
#: What is asked in which order; figures are told after each.
PASSES = ((NONE,), ("3 nearest of others", OWN), ("3 random of others",), ("6 nearest of others",))


@dataclass
class Told:
    """What an arm said.

    Attributes:
        examples: how many each prompt had.
        seconds: of the journeys that were asked for now.
    """

    given: list[Given] = field(default_factory=list)
    examples: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the figures")
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        settings = Settings.from_environment()
        store = open_store(settings)
        stack.callback(store.close)
        embedder = _Remembering(load_embedder())
        human = read_human_names(labelled("reddit_mix_dev/groups.csv"))
        log, truth = read_labelled(
            labelled("reddit_mix_dev/events.jsonl"), "group", min_group=LEAST_TITLES
        )
        data = prepare(log, truth, embedder, store.vectors, store.keys.text, TerminalProgress())
        groups = all_groups(log, truth)
        teachers, tested = _split(groups, human, options.seed, options.sample)
        cases = list(gather_evidence(data, groups, tested, embedder.embed))
        lessons = [*teachers, *_siblings(groups, tested, human)]
        known = _corrections(list(gather_evidence(data, groups, lessons)), human)
        print(
            f"{len(cases)} groups of {len({c.group.user_id for c in cases})} participants to name; "
            f"{len(teachers)} corrections of {len({g.user_id for g in teachers})} others, "
            f"{len(known)} usable with the participants' own",
            flush=True,
        )
        path = find(DEFAULT_MODEL, settings.models_dir)
        chat = stack.enter_context(LocalModel(path, name=DEFAULT_MODEL))

        def namer(book: ExampleBook | None) -> Namer:
            return local_namer(
                chat, cache=store.completions, secret=store.keys.text, examples=book, drafts=1
            )

        told = {arm: Told() for arm in options.arms}
        people = {group.user_id for group in teachers}
        # The server reads what two prompts begin with once, so those that begin alike are together.
        for arms in PASSES:
            arms = [arm for arm in arms if arm in told]
            for number, case in enumerate(cases, start=1):
                for arm in arms:
                    book = _book(arm, case, known, people, human)
                    _ask(namer(book), case, told[arm])
                print(f"{number} of {len(cases)} groups, {', '.join(arms)}", flush=True)
            done = {arm: own for arm, own in told.items() if own.given}
            _report(store, log, groups, cases, human, done, options)


def _split(
    groups: Sequence[TrueGroup], human: HumanNames, seed: int, sample: int
) -> tuple[list[TrueGroup], list[TrueGroup]]:
    """The groups whose names stand in for corrections, and those to be named."""
    seen = read_left_out(ROOT / "benchmarks" / "naming_seen.csv")
    dev = read_left_out(ROOT / "benchmarks" / "naming_dev.csv")
    reported = {
        each.key
        for each in draw_groups(groups, human.names, seed=0, sample=REPORTED, left_out=seen)
    }
    fresh = [
        group
        for group in groups
        if group.user_id not in seen.users
        and group.group not in seen.groups | dev.groups
        and group.key not in reported
    ]
    rng = np.random.default_rng(seed)
    users = rng.permutation(sorted({group.user_id for group in groups} - seen.users)).tolist()
    giving = set(users[: len(users) // 2])
    tested = draw_groups(
        [group for group in fresh if group.user_id not in giving],
        human.names,
        seed=seed,
        sample=sample,
    )
    lessons: dict[str, list[TrueGroup]] = {}
    for at in rng.permutation(len(groups)).tolist():
        group = groups[at]
        own = lessons.setdefault(group.group, [])
        if group.user_id in giving and group.group in human.names and len(own) < TIMES:
            own.append(group)
    return [group for own in lessons.values() for group in own], tested


def _siblings(
    groups: Sequence[TrueGroup], tested: Sequence[TrueGroup], human: HumanNames
) -> list[TrueGroup]:
    """All groups of the people whose groups are named."""
    people = {group.user_id for group in tested}
    return [group for group in groups if group.user_id in people and group.group in human.names]


def _corrections(cases: Sequence[Case], human: HumanNames) -> list[NameExample]:
    """The reference names as if people had said them in place of key phrases."""
    found = []
    for case in cases:
        user, group = case.group.key
        shown = KeyphraseNamer().name(case.evidence).names.levels
        # One name is known of the interest; said at two levels it would be no good example.
        words = {level: human.at(group, level) for level in (1, 3)}
        words = {level: " ".join(text.replace("_", " ").split()) for level, text in words.items()}
        found.append(example_of(f"{user}/{group}", user, case.evidence, shown, words))
    return [one for one in found if one is not None and max(one.levels) > 1]


def _book(
    arm: str,
    case: Case,
    known: Sequence[NameExample],
    others: set[str],
    human: HumanNames,
) -> ExampleBook | None:
    selection = ARMS[arm]
    if selection is None:
        return None
    user, group = case.group.key
    keep_out = {group, human.at(group, FRIEND_LEVEL)}
    people = {user} if arm == OWN else others
    fit = [
        one
        for one in known
        if one.owner in people
        and one.id != f"{user}/{group}"
        and not leaking([Pair((), name) for name in (one.own, one.id.partition("/")[2])], keep_out)
    ]
    allowed = Allowed(own=frozenset({user}), others=frozenset(others))
    return ExampleBook(arm, fit, lambda: allowed, selection)


def _ask(namer: Namer, case: Case, told: Told) -> None:
    start = perf_counter()
    named = namer.name(case.evidence)
    if named.usage.calls:
        told.seconds.append(perf_counter() - start)
        told.tokens.append(named.usage.prompt_tokens)
    told.given.append(Given(named.names.levels, named.names.fallback))
    told.examples.append(len(named.names.examples))


class _Remembering:
    """An embedder that embeds a text once in this process."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, np.ndarray] = {}
        self.id, self.dimension = embedder.id, embedder.dimension

    def embed(
        self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None
    ) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= dict(zip(new, self._embedder.embed(new, on_progress), strict=True))
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return np.stack([self._known[text] for text in texts])


def _report(
    store: Store,
    log: object,
    groups: Sequence[TrueGroup],
    cases: Sequence[Case],
    human: HumanNames,
    told: dict[str, Told],
    options: argparse.Namespace,
) -> None:
    judge = Judge(load_judge(), store.vectors, store.keys.text)
    bench = Bench(log, groups, cases, human, judge, seed=options.seed)  # type: ignore[arg-type]
    users = [case.group.user_id for case in cases]
    scores = {arm: bench.score(own.given) for arm, own in told.items()}
    header = [
        "names", "similarity, level 1", "level 2", "level 3", "retrieval at 3", "fallbacks at 3",
        "examples", "median seconds",
    ]  # fmt: skip
    rows = [
        [
            arm,
            *(_told(own.similarity[:, at], users) for at in range(3)),
            f"{np.nanmean(own.retrieval[:, 2]):.2f}",
            f"{np.mean([3 in (one.fallback or ()) for one in told[arm].given]):.2f}",
            f"{np.mean(told[arm].examples):.1f}",
            f"{np.median(told[arm].seconds):.0f}" if told[arm].seconds else "–",
        ]
        for arm, own in scores.items()
    ]
    text = (
        f"{provenance()}\n\n**Stand-in participants** (labelled log), no people. "
        f"{len(cases)} groups of {len(set(users))} held-out participants, judge {judge.id}, "
        f"retrieval among {bench.choices:.1f} groups. Means over participants with 95% "
        "bootstrap intervals over participants.\n\n" + markdown(header, rows)
    )
    if NONE in scores and len(scores) > 1:
        text += "\n\nLess no examples, paired:\n\n" + markdown(
            ["names", "similarity, level 1", "level 2", "level 3", "retrieval at 3"],
            [
                [arm, *_differences(own, scores[NONE], users)]
                for arm, own in scores.items()
                if arm != NONE
            ],
        )
    (options.out / "learning.md").write_text(text + "\n", encoding="utf-8")
    lines = [
        "\t".join([*case.group.key, arm, *told[arm].given[at].levels[:3]])
        for at, case in enumerate(cases)
        for arm in told
    ]
    (options.out / "names.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(text)


def _by_person(values: np.ndarray, users: Sequence[str]) -> Interval:
    own: dict[str, list[float]] = {}
    for user, value in zip(users, values.tolist(), strict=True):
        own.setdefault(user, []).append(value)
    return macro_mean_known([float(np.mean(each)) for each in own.values()])


def _told(values: np.ndarray, users: Sequence[str]) -> str:
    found = _by_person(values, users)
    return f"{found.mean:.3f} ({found.low:.3f} to {found.high:.3f})"


def _differences(own: Scores, base: Scores, users: Sequence[str]) -> list[str]:
    pairs = [(own.similarity[:, at], base.similarity[:, at]) for at in range(3)]
    pairs.append((own.retrieval[:, 2], base.retrieval[:, 2]))
    found = [_by_person(ours - theirs, users) for ours, theirs in pairs]
    return [f"{one.mean:+.3f} ({one.low:+.3f} to {one.high:+.3f})" for one in found]


if __name__ == "__main__":
    main()
