"""Every kind of trained model is withdrawn with whoever it learned from, and no other is."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from journeys.models.encoders import CARD_FILE, LEARNT_FILE, READER_FOLDER, encoders_folder
from journeys.naming.tuning.card import ModelCard
from journeys.settings import Settings
from journeys.store import Store
from journeys.timeline import ActivityLog

ROOT = Path(__file__).resolve().parents[2]

#: Every module that writes weights, and what withdraws what it writes.
WRITERS = {
    "agents/shared.py": "rows of the database: agents' shared weights, by agent_model_person",
    "embedding/mean.py": "",
    "naming/tuning/model.py": "the folder of tuned namers, by its card",
    "naming/tuning/training.py": "the same",
    "userllm/card.py": "the folder of encoders, by its card",
    "userllm/fit_files.py": "the encoder's folder: a reader, by who it learnt from; or, of the "
    "command line, a comparison in a folder that the user names",
    "userllm/fitting.py": "the same",
    "userllm/small_llm.py": "a language model of public films, made for a benchmark",
    "cluster/embedding.py": "vectors of a file's log, in a folder the user names",
}
_WRITES = {"save_file", "savez", "save_pretrained", "save", "dump", "savez_compressed"}


def test_every_module_that_keeps_weights_is_known_here() -> None:
    found = set()
    for path in sorted((ROOT / "journeys").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if called.split(".")[-1] in _WRITES and called.split(".")[0] in {
                "torch", "np", "numpy", "model", "tokenizer", "save_file", "pickle", "joblib",
            }:  # fmt: skip
                found.add(str(path.relative_to(ROOT / "journeys")))
    assert found <= set(WRITERS)
    assert len(found) >= 7


def namer(folder: Path, name: str, people: tuple[str, ...]) -> Path:
    own = folder / name
    own.mkdir(parents=True)
    ModelCard(
        name, "lora", "base", "", "00", (3,), 1, 0, "00", people, {}, ready=True
    ).write(own)  # fmt: skip
    (own / "adapter.safetensors").write_bytes(b"weights")
    return own


def encoder(folder: Path, name: str, people: tuple[str, ...]) -> Path:
    own = folder / name
    own.mkdir(parents=True)
    (own / CARD_FILE).write_text(json.dumps({"people": people}))
    (own / "weights.safetensors").write_bytes(b"weights")
    return own


def reader(of: Path, people: tuple[str, ...] | None) -> Path:
    own = of / READER_FOLDER
    own.mkdir()
    if people is not None:
        (own / LEARNT_FILE).write_text(json.dumps(people))
    (own / "weights.safetensors").write_bytes(b"weights")
    return own


def _version(people: tuple[str, ...]) -> str:
    return f"of {len(people)}"


def shared(store: Store, people: tuple[str, ...]) -> Callable[[], bool]:
    for each in people:
        if store.agent_users.read(each) is None:
            store.agent_users.add_many([(each, "model", "{}")])
    published = store.agent_models.publish(
        store.agent_models.in_use(), _version(people), b"w", {}, people
    )
    return lambda: store.agent_models.weights(published.number) is not None


@pytest.mark.parametrize("whole_log", [False, True])
def test_all_kinds_go_with_who_they_learned_from(
    store: Store, settings: Settings, small_log: ActivityLog, whole_log: bool
) -> None:
    log_id = store.logs.add(small_log, "log")
    ann, ben, _ = store.logs.people(log_id)
    gone, other = ann.pseudonym, "p-of-another-log" if whole_log else ben.pseudonym
    namers, encoders = settings.home / "tuned", encoders_folder(settings.models_dir)
    damaged_namer, damaged_encoder = namer(namers, "damaged", (other,)), encoders / "damaged"
    (damaged_namer / "card.json").write_text("{")
    damaged_encoder.mkdir(parents=True)
    keeps = encoder(encoders, "keeps-its-reader", (other,))
    loses, unknown = encoder(encoders, "loses-it", (other,)), encoder(encoders, "unknown", (other,))
    store.agent_models.begin("nothing", b"w0")
    withdrawn = {
        "tuned namer": namer(namers, "of-ann", (other, gone)).exists,
        # Whose words a damaged one was made of nobody can tell.
        "damaged namer": damaged_namer.exists,
        "encoder": encoder(encoders, "of-ann", (gone, other)).exists,
        "damaged encoder": damaged_encoder.exists,
        "reader of an encoder that stays": reader(loses, (gone, other)).exists,
        "reader of nobody knows whom": reader(unknown, None).exists,
    }
    kept = {
        "tuned namer": namer(namers, "of-others", (other,)).exists,
        "encoder": encoder(encoders, "of-others", (other,)).exists,
        "public encoder": encoder(encoders, "public", ()).exists,
        "reader": reader(keeps, (other,)).exists,
        "encoder of a reader that goes": loses.exists,
    }
    of_others = shared(store, (other,))
    of_gone = shared(store, (gone, other))
    assert of_others()
    assert of_gone()
    assert all(there() for there in [*withdrawn.values(), *kept.values()])
    if whole_log:
        store.logs.delete(log_id)
        # What agents learnt is a user's own and not the log's.
        assert of_gone()
    else:
        erased = store.erase_person(ann.id)
        assert not of_gone()
        assert {"of-ann", "the reader of loses-it", _version((gone, other))} <= set(erased.models)
    assert of_others()
    assert [kind for kind, there in withdrawn.items() if there()] == []
    assert [kind for kind, there in kept.items() if not there()] == []
