"""A user's vector by a trained encoder, as the server tells it."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from journeys.privacy import pseudonyms
from journeys.serving.running import make_app
from journeys.settings import Settings
from journeys.store import Store
from tests.serving.servers import Asked
from tests.userllm.stored_world import discovered_log, trained


def test_a_person_of_a_log_has_a_vector_until_somebody_it_learned_from_is_erased(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEYS_HOME", str(settings.home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    log_id = discovered_log(store)
    trained(store, log_id)
    key, _ = store.agent_keys.create("k", ["read"], everybody=True)
    with TestClient(make_app(settings), base_url="http://127.0.0.1") as client:
        asked = Asked(client, key)
        told = asked.post("/v1/context", {"user": "user0"}).json()
        assert told["journeys"]
        assert told["soft_prompt"]["encoder"] == "ours"
        vector = told["soft_prompt"]["vector"]
        assert any(vector)
        assert (
            asked.post("/v1/context", {"user": "user0"}).json()["soft_prompt"]
            == (told["soft_prompt"])
        )
        other = asked.post("/v1/context", {"user": "user1"}).json()["soft_prompt"]["vector"]
        assert len(other) == len(vector)
        assert other != vector
        nobody = asked.post("/v1/context", {"user": "nobody"}).json()
        assert nobody["soft_prompt"] is None
        gone = pseudonyms(store.keys.pseudonym, ["user1"])[0]
        person = next(each for each in store.logs.people(log_id) if each.pseudonym == gone)
        assert store.erase_person(person.id).models == ("ours",)
        after = asked.post("/v1/context", {"user": "user0"}).json()
        assert after["soft_prompt"] is None
        assert "No user encoder" in after["soft_prompt_note"]
