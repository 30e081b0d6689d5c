"""The paper's regimes of naming on the same groups: prompts, tuning, extraction, whole histories.

    python benchmarks/naming_regimes.py --out DIR [--sample 40] [--seed 0] [--minutes 15]
        [--rows ROW ...]

Groups are those of ``benchmarks/naming.py --sample``, and the judge is its judge. SmolLM2 135M is
tuned on pairs of benchmarks/naming_pairs.jsonl and of labelled groups, none of which shares a
telling word with the 100 groups that naming is tested on. Needs the fetched models smollm2-135m and
qwen2.5-coder-1.5b of JOURNEYS_HOME, requirements-tuning.txt and benchmarks/requirements.txt.
Answers and tuned models are kept, so the same command after an interruption goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import ROOT, labelled, provenance
from naming_published import (
    bertopic_messages,
    bertopic_name,
    toponymy_messages,
    toponymy_name,
)

from journeys.cli.progress import TerminalProgress
from journeys.embedding import Embedder, load_embedder
from journeys.evaluation.labelled import LabelledLog, prepare, read_labelled
from journeys.evaluation.naming_extractive import central_phrase, class_terms
from journeys.evaluation.naming_given import Given, control_names
from journeys.evaluation.naming_groups import (
    LEAST_TITLES,
    Case,
    TrueGroup,
    all_groups,
    draw_groups,
    gather_evidence,
)
from journeys.evaluation.naming_judge import Judge, load_judge
from journeys.evaluation.naming_names import (
    HumanNames,
    read_human_names,
    read_left_out,
)
from journeys.evaluation.naming_pairs import group_pairs
from journeys.evaluation.naming_regimes import Regime, Said, SaidFile, ask_all, given, table
from journeys.evaluation.naming_scores import Bench
from journeys.evaluation.naming_whole import match, parse_list, whole_history, whole_messages
from journeys.journey import FRIEND_LEVEL
from journeys.models import DEFAULT_MODEL, find
from journeys.naming import KeyphraseNamer
from journeys.naming.checks import tidy
from journeys.naming.local import LocalModel
from journeys.naming.tuning import (
    Pair,
    find_tuned,
    leaking,
    read_pairs,
    tuned_folder,
    tuned_models,
)
from journeys.naming.tuning.model import DEFAULT_BASE, Base, LoadedModel
from journeys.naming.tuning.namer import open_tuned
from journeys.naming.tuning.pairs import data_hash
from journeys.naming.tuning.prompts import messages, shown_titles
from journeys.naming.tuning.training import TuningConfig, tune
from journeys.settings import Settings
from journeys.store import Store, open_store

#: The groups that no pair may be about.
TESTED = 100
#: Titles that the short prompts show.
TITLES = 6
#: Positions in naming_pairs.jsonl of the two worked examples: one makes, one follows.
SHOTS = (0, 42)

KEYPHRASES = "key phrases (ours)"


@dataclass(frozen=True)
class Task:
    """The groups to name and all that rows need to name them."""

    store: Store
    settings: Settings
    embedder: Embedder
    labelled: LabelledLog
    groups: Sequence[TrueGroup]
    cases: Sequence[Case]
    human: HumanNames
    pairs: Sequence[Pair]
    shots: Sequence[Pair]
    minutes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for answers and figures")
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=15.0, help="of each training")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        settings = Settings.from_environment()
        store = open_store(settings)
        stack.callback(store.close)
        task = _task(store, settings, options)
        kept = SaidFile(options.out / "said.jsonl")
        said: dict[str, Sequence[Said]] = {}
        for row in options.rows:
            if all(kept.get(row, case) for case in task.cases):
                said[row] = ask_all(row, _nobody, task.cases, kept)
                continue
            with ROWS[row](task) as regime:
                said[row] = ask_all(row, regime, task.cases, kept)
            print(f"{row}: named", flush=True)
        _report(task, said, options)


def _nobody(case: Case) -> str:
    raise AssertionError("every answer is kept")


def _task(store: Store, settings: Settings, options: argparse.Namespace) -> Task:
    embedder, progress = load_embedder(), TerminalProgress()
    human = read_human_names(labelled("reddit_mix_dev/groups.csv"))
    own = _prepared("reddit_mix_dev/events.jsonl", store, embedder, progress)
    groups = all_groups(own.log, own.truth)
    seen = read_left_out(ROOT / "benchmarks" / "naming_seen.csv")
    tested = draw_groups(
        groups, human.names, seed=options.seed, sample=max(TESTED, options.sample), left_out=seen
    )
    keep_out = {each.group for each in tested}
    keep_out |= {human.at(each.group, FRIEND_LEVEL) for each in tested}
    written = read_pairs(ROOT / "benchmarks" / "naming_pairs.jsonl")
    shots = [written[at] for at in SHOTS]
    pairs = [pair for pair in written if pair not in leaking(written, keep_out)]
    pairs += group_pairs(own, groups, human, keep_out, seed=options.seed)
    notes = _prepared("til_notes/til_notes.jsonl", store, embedder, progress)
    folders = all_groups(notes.log, notes.truth)
    labels = HumanNames.of_labels({each.group for each in folders})
    pairs += group_pairs(notes, folders, labels, keep_out, times=1, seed=options.seed)
    assert not leaking(pairs, keep_out)
    cases = list(gather_evidence(own, groups, tested[: options.sample]))
    print(f"{len(pairs)} pairs to tune on, {len(cases)} groups to name", flush=True)
    return Task(store, settings, embedder, own, groups, cases, human, pairs, shots, options.minutes)


def _prepared(
    file: str, store: Store, embedder: Embedder, progress: TerminalProgress
) -> LabelledLog:
    log, truth = read_labelled(labelled(file), "group", min_group=LEAST_TITLES)
    return prepare(log, truth, embedder, store.vectors, store.keys.text, progress)


def _report(task: Task, said: dict[str, Sequence[Said]], options: argparse.Namespace) -> None:
    judge = Judge(load_judge(), task.store.vectors, task.store.keys.text)
    log = task.labelled.log
    bench = Bench(log, task.groups, task.cases, task.human, judge, seed=options.seed)
    names: dict[str, list[Given]] = {row: given(own) for row, own in said.items()}
    base = [
        Said(KeyphraseNamer().name(case.evidence).names.at(FRIEND_LEVEL), float("nan"))
        for case in task.cases
    ]
    names[KEYPHRASES] = given(base)
    names |= control_names(task.cases, task.human, names[KEYPHRASES], seed=options.seed)
    scores = {row: bench.score(own) for row, own in names.items()}
    text = (
        f"{provenance()}\n\nLevel {FRIEND_LEVEL}, {len(task.cases)} groups, judge {judge.id}, "
        f"retrieval among {bench.choices:.1f} groups on average, {len(task.pairs)} pairs.\n\n"
        + table(scores, {**said, KEYPHRASES: base}, task.cases, KEYPHRASES)
    )
    (options.out / "regimes.md").write_text(text + "\n", encoding="utf-8")
    print(text)
    for card in tuned_models(tuned_folder(task.settings.models_dir)):
        print(f"\n{card.name}: {dict(card.metrics)}")


# -- rows --------------------------------------------------------------------------------------


@contextmanager
def _class_terms(task: Task) -> Iterator[Regime]:
    log = task.labelled.log
    timelines = {group.user_id: log.timeline(group.user_id) for group in task.groups}
    titles = {
        group.key: [timelines[group.user_id].titles[at] for at in group.shown.tolist()]
        for group in task.groups
    }
    found = class_terms(titles)
    yield lambda case: found[case.group.key]


@contextmanager
def _central_phrase(task: Task) -> Iterator[Regime]:
    yield lambda case: central_phrase(case.evidence.titles, task.embedder)


@contextmanager
def _small(task: Task, shots: int) -> Iterator[Regime]:
    loaded = LoadedModel(Base.of(DEFAULT_BASE, task.settings.models_dir))
    yield lambda case: tidy(loaded.answer(_asked(task, case, shots)))


def _asked(task: Task, case: Case, shots: int) -> list[dict[str, str]]:
    """The question, after so many worked examples."""
    shown = shown_titles(case.evidence, TITLES)
    system, user = messages(shown, FRIEND_LEVEL)
    before = []
    for pair in task.shots[:shots]:
        before.append(messages(pair.titles[:TITLES], FRIEND_LEVEL)[1])
        before.append({"role": "assistant", "content": pair.name})
    return [system, *before, user]


@contextmanager
def _tuned(task: Task, method: str) -> Iterator[Regime]:
    folder, models = tuned_folder(task.settings.models_dir), task.settings.models_dir
    name = f"regimes-{method}"
    if name not in {card.name for card in tuned_models(folder)}:
        config = TuningConfig(method=method, minutes=task.minutes, epochs=30, dtype="bfloat16")
        tune(Base.of(DEFAULT_BASE, models), task.pairs, config, name=name, folder=folder)
    if find_tuned(name, folder).data_hash != data_hash(task.pairs):
        raise SystemExit(f"{name} was tuned on other pairs. Delete it, and it is tuned anew.")
    with open_tuned(name, folder, models) as namer:
        yield lambda case: namer.raw(case.evidence)


@contextmanager
def _large(
    task: Task,
    prompt: Callable[[Case], list[dict[str, str]]],
    read: Callable[[str], str],
    most: int,
) -> Iterator[Regime]:
    with LocalModel(find(DEFAULT_MODEL, task.settings.models_dir), name=DEFAULT_MODEL) as chat:
        yield lambda case: read(chat.complete(prompt(case), seed=0, max_tokens=most).text)


@contextmanager
def _whole(task: Task) -> Iterator[Regime]:
    """All of a person's journeys in one prompt; asked once a person."""
    known: dict[str, dict[str, str]] = {}
    with LocalModel(find(DEFAULT_MODEL, task.settings.models_dir), name=DEFAULT_MODEL) as chat:

        def names_of(user: str) -> dict[str, str]:
            own = [group for group in task.groups if group.user_id == user]
            timeline = task.labelled.log.timeline(user)
            titles = whole_history(timeline, [group.shown for group in own])
            asked = whole_messages(titles, len(own))
            names = parse_list(chat.complete(asked, seed=0, max_tokens=20 * len(own)).text)
            if not names:
                return dict.fromkeys([group.group for group in own], "")
            vectors = task.labelled.vectors(timeline)
            centres = np.stack([vectors[group.shown].mean(axis=0) for group in own])
            centres /= np.linalg.norm(centres, axis=1, keepdims=True)
            chosen = match(task.embedder.embed(names), centres)
            return {group.group: names[at] for group, at in zip(own, chosen, strict=True)}

        def regime(case: Case) -> str:
            user = case.group.user_id
            if user not in known:
                known[user] = names_of(user)
            return known[user][case.group.group]

        yield regime


def _first_line(text: str) -> str:
    return tidy(text.strip().partition("\n")[0])


ROWS: dict[str, Callable[[Task], AbstractContextManager[Regime]]] = {
    "c-TF-IDF, 4 words": _class_terms,
    "phrase nearest the centre (as KeyBERT)": _central_phrase,
    "SmolLM2 135M, zero-shot": lambda task: _small(task, 0),
    "SmolLM2 135M, 2 shots": lambda task: _small(task, 2),
    "SmolLM2 135M, soft prompt": lambda task: _tuned(task, "soft"),
    "SmolLM2 135M, LoRA": lambda task: _tuned(task, "lora"),
    "Qwen 1.5B, zero-shot": lambda task: _large(
        task, lambda case: _asked(task, case, 0), _first_line, 24
    ),
    "Qwen 1.5B, 2 shots": lambda task: _large(
        task, lambda case: _asked(task, case, 2), _first_line, 24
    ),
    "Qwen 1.5B, BERTopic's prompt": lambda task: _large(
        task, lambda case: bertopic_messages(case.evidence), bertopic_name, 24
    ),
    "Qwen 1.5B, Toponymy's prompt": lambda task: _large(
        task, lambda case: toponymy_messages(case.evidence), toponymy_name, 48
    ),
    "Qwen 1.5B, whole history in one prompt": _whole,
}


if __name__ == "__main__":
    main()
