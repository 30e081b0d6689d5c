"""What agents know of users, in the store: nothing lost, nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from journeys.errors import ConfigError, PrivacyError, StoreError
from journeys.privacy import pseudonyms
from journeys.store import Store
from journeys.store.agent_models import InUse
from journeys.timeline import ActivityLog

MARK = "ada likes parsers"


def alias(store: Store, user: str) -> str:
    return pseudonyms(store.keys.pseudonym, [user])[0]


def begun(store: Store) -> InUse:
    store.agent_models.begin("nothing", b"w0")
    return store.agent_models.in_use()


def test_a_state_comes_back_and_an_old_one_is_not_overwritten(store: Store) -> None:
    users = store.agent_users
    assert users.read("p1") is None
    assert users.write("p1", None, "m", "one")
    assert not users.write("p1", None, "m", "somebody else was first")
    kept = users.read("p1")
    assert kept is not None
    assert (kept.text, kept.model) == ("one", "m")
    assert users.write("p1", kept.version, "m", "two")
    assert not users.write("p1", kept.version, "m", "from what was read before")
    again = users.read("p1")
    assert again is not None
    assert again.text == "two"


def test_who_was_erased_and_begins_anew_is_not_overwritten_from_before(store: Store) -> None:
    users = store.agent_users
    users.write("p1", None, "m", MARK)
    before = users.read("p1")
    assert before is not None
    users.erase("p1")
    users.write("p1", None, "m", "anew")
    assert not users.write("p1", before.version, "m", MARK + " and more")
    users.erase("p1")
    users.add_many([("p1", "m", "anew")])
    assert not users.write("p1", before.version, "m", MARK + " and more")
    kept = users.read("p1")
    assert kept is not None
    assert kept.text == "anew"


def test_no_count_is_lost_where_many_write_to_one_row(store: Store) -> None:
    users = store.agent_users

    def add(_: int) -> None:
        while True:
            kept = users.read("p1")
            text = str(int(kept.text) + 1 if kept else 1)
            if users.write("p1", kept.version if kept else None, "m", text):
                return

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(120)))
    kept = users.read("p1")
    assert kept is not None
    assert kept.text == "120"


def test_everybody_is_read_in_pages(store: Store) -> None:
    store.agent_users.add_many([(f"p{n:04}", "m", str(n)) for n in range(1_203)])
    found = list(store.agent_users.all())
    assert [user for user, _ in found] == [f"p{n:04}" for n in range(1_203)]
    assert store.agent_users.count() == 1_203


def test_versions_are_published_taken_back_and_dropped(store: Store) -> None:
    models = store.agent_models
    at = begun(store)
    with pytest.raises(ConfigError):
        models.roll_back()
    store.agent_users.write("p1", None, "nothing", "")
    first = models.publish(at, "one", b"w1", {"logloss": 0.5}, {"p1"})
    models.publish(first, "two", b"w2", {}, ())
    assert [each.name for each in models.list()] == ["two", "one", "nothing"]
    back = models.roll_back()
    assert models.weights(back.number) == b"w1"
    models.publish(back, "other two", b"w3", {}, ())
    assert [(each.name, each.in_use) for each in models.list()] == [
        ("other two", True),
        ("one", False),
        ("nothing", False),
    ]
    assert models.list()[1].people == 1


def test_only_one_of_two_refreshes_at_once_is_published(store: Store) -> None:
    at = begun(store)
    store.agent_models.publish(at, "one", b"w1", {}, ())
    with pytest.raises(StoreError):
        store.agent_models.publish(at, "late", b"w2", {}, ())
    assert store.agent_models.in_use().number == 1


def test_old_versions_make_room_and_the_first_one_stays(store: Store) -> None:
    at = begun(store)
    for number in range(15):
        at = store.agent_models.publish(at, f"v{number}", b"w", {}, ())
    numbers = [each.number for each in store.agent_models.list()]
    assert numbers == [*range(15, 5, -1), 0]


def test_weights_fitted_on_somebody_who_was_erased_meanwhile_are_not_published(
    store: Store,
) -> None:
    at = begun(store)
    store.agent_users.write("p1", None, "nothing", "")
    store.agent_users.erase("p1")
    with pytest.raises(PrivacyError):
        store.agent_models.publish(at, "one", b"w1", {}, {"p1"})
    assert store.agent_models.in_use() == at


def test_erasing_withdraws_the_weights_and_leaves_nothing_on_the_disk(
    store: Store, on_disk: Callable[[], bytes]
) -> None:
    at = begun(store)
    for user in ("p1", "p2"):
        store.agent_users.write(user, None, "nothing", f"{MARK} {user}")
    first = store.agent_models.publish(at, "of p2", b"weights of p2", {}, {"p2"})
    store.agent_models.publish(first, "of both", b"weights of both", {}, {"p1", "p2"})
    assert f"{MARK} p1".encode() in on_disk()
    erased = store.agent_users.erase("p1")
    assert erased.found
    assert erased.models == ("of both",)
    assert store.agent_models.weights(store.agent_models.in_use().number) == b"weights of p2"
    left = on_disk()
    assert f"{MARK} p1".encode() not in left
    assert b"weights of both" not in left
    assert f"{MARK} p2".encode() in left
    assert not store.agent_users.erase("p1").found


def test_erasing_a_person_of_a_log_erases_what_agents_know_of_them(
    store: Store, small_log: ActivityLog, on_disk: Callable[[], bytes]
) -> None:
    log_id = store.logs.add(small_log, "log")
    at = begun(store)
    who = alias(store, "alice@example.org")
    store.agent_users.write(who, None, "nothing", MARK)
    store.agent_models.publish(at, "one", b"w1", {}, {who})
    store.agent_keys.create("hers", ["read"], users=["alice@example.org"])
    person = next(each for each in store.logs.people(log_id) if each.pseudonym == who)
    erased = store.erase_person(person.id)
    assert erased.models == ("one",)
    assert store.agent_users.read(who) is None
    assert store.agent_models.in_use().number == 0
    assert store.agent_keys.list() == []
    assert MARK.encode() not in on_disk()
    assert who.encode() not in on_disk()


def test_no_id_of_a_user_and_no_key_is_in_the_database(
    store: Store, on_disk: Callable[[], bytes]
) -> None:
    key, made = store.agent_keys.create("k", ["read"], users=["ada@example.org"])
    store.agent_users.write(alias(store, "ada@example.org"), None, "m", "{}")
    assert store.agent_keys.find(key) == made
    assert b"ada@example.org" not in on_disk()
    assert key.encode() not in on_disk()


def test_keys_work_until_they_are_revoked_or_expire(store: Store) -> None:
    key, made = store.agent_keys.create("k", ["write", "read"], prefix="team/", expires_at=2_000)
    assert made.scopes == ("read", "write")
    assert made.works(1_999)
    assert not made.works(2_000)
    assert made.acts_for("team/ada", "p1")
    assert not made.acts_for("other/ada", "p1")
    other, _ = store.agent_keys.create("l", ["read"], everybody=True)
    store.agent_keys.note_use(made)
    assert store.agent_keys.find(key) != made
    store.agent_keys.revoke(made.id)
    found = store.agent_keys.find(key)
    assert found is not None
    assert not found.works(1_000)
    assert store.agent_keys.find(other) is not None
    assert store.agent_keys.find("ijk_nonsense") is None
    assert [each.name for each in store.agent_keys.list()] == ["l", "k"]
    with pytest.raises(ConfigError):
        store.agent_keys.revoke(99)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": ["fly"], "everybody": True},
        {"scopes": [], "everybody": True},
        {"scopes": ["read"]},
        {"scopes": ["read"], "everybody": True, "per_minute": 0},
        {"scopes": ["read"], "prefix": "x" * 201},
    ],
)
def test_a_key_without_sense_is_not_made(store: Store, wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        store.agent_keys.create("k", **wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        store.agent_keys.create(" ", ["read"], everybody=True)
