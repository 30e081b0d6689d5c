"""Links: what each trick with one is answered, and what the database keeps of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Barrier, Thread

import pytest
from sqlalchemy import text

from journeys.errors import AccessDenied, StoreError
from journeys.store import Participant, Store
from journeys.study.answers import Correction, TrialAnswers
from journeys.study.design_file import to_dict
from journeys.study.tokens import NOT_VALID, new_token
from tests.study_world import StudyWorld, open_study

SAID = TrialAnswers(identification=4)


@pytest.fixture
def world(store: Store) -> StudyWorld:
    return open_study(store)


def forged(world: StudyWorld) -> str:
    return new_token()


def truncated(world: StudyWorld) -> str:
    return world.tokens[0][:-1]


def lengthened(world: StudyWorld) -> str:
    return world.tokens[0] + "="


def other_case(world: StudyWorld) -> str:
    return world.tokens[0].swapcase()


def sql(world: StudyWorld) -> str:
    return "' OR '1'='1' --".ljust(43, "a")


def nothing(world: StudyWorld) -> str:
    return ""


def not_ascii(world: StudyWorld) -> str:
    return "ａ" * 43


def the_hash(world: StudyWorld) -> str:
    with world.store.engine.connect() as connection:
        kept = connection.scalar(text("SELECT token_hash FROM invitation"))
    return str(bytes(kept).hex())[:43]


def expired(world: StudyWorld) -> str:
    with world.store.engine.begin() as connection:
        connection.execute(text("UPDATE invitation SET expires_at = 1"))
    return world.tokens[0]


def revoked(world: StudyWorld) -> str:
    world.store.invitations.revoke(world.enter().invitation_id)
    return world.tokens[0]


def replaced(world: StudyWorld) -> str:
    world.store.invitations.renew(world.enter().invitation_id)
    return world.tokens[0]


def erased(world: StudyWorld) -> str:
    world.store.participation.erase(world.enter())
    return world.tokens[0]


def of_a_deleted_study(world: StudyWorld) -> str:
    world.store.studies.delete(world.study_id)
    return world.tokens[0]


def of_a_draft(world: StudyWorld) -> str:
    study = world.store.studies.create(world.log_id, world.enter().design, {"a": world.run_id})
    return world.store.invitations.invite(study, world.people)[0].token


TRICKS = (
    forged, truncated, lengthened, other_case, sql, nothing, not_ascii, the_hash, expired,
    revoked, replaced, erased, of_a_deleted_study, of_a_draft,
)  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.__name__)
def test_every_trick_has_the_same_answer(
    world: StudyWorld, trick: Callable[[StudyWorld], str]
) -> None:
    token = trick(world)
    with pytest.raises(AccessDenied) as denied:
        world.store.invitations.enter(token)
    assert str(denied.value) == NOT_VALID


def uses(world: StudyWorld) -> dict[str, Callable[[Participant], object]]:
    """Everything a participant can do."""
    take, shown = world.store.participation, world.shown(world.enter())
    return {
        "consent": take.consent,
        "give_consent": take.give_consent,
        "withdraw": take.withdraw,
        "timeline": take.timeline,
        "journeys": lambda p: take.journeys(p, "a"),
        "save_answer": lambda p: take.save_answer(p, shown, SAID, 1),
        "answers": take.answers,
        "save_stated": lambda p: take.save_stated(p, ["x"]),
        "save_nothing_stated": lambda p: take.save_stated(p, []),
        "stated": take.stated,
        "save_items": lambda p: take.save_items(p, "before", {"trust_intent": 1}, 1),
        "items": lambda p: take.items(p, "before"),
        "correct": lambda p: take.correct(p, Correction("missing", words="x")),
        "take_back": lambda p: take.take_back(p, "x"),
        "corrections": take.corrections,
        "steps": take.steps,
        "copy": take.copy,
        "erase": take.erase,
    }


def silent(world: StudyWorld, who: Participant) -> None:
    """What notes something and says nothing where it may not."""
    world.store.participation.reach(who, "opened")
    world.store.participation.finish(who)
    world.store.participation.keep_level(who, 3.0, 0.5, 4)


def test_a_participant_of_yesterday_reaches_nothing_once_the_link_is_revoked(
    world: StudyWorld,
) -> None:
    who, possible = world.enter(), uses(world)
    world.store.invitations.revoke(who.invitation_id)
    before = _rows(world.store)
    for name, use in possible.items():
        with pytest.raises(AccessDenied, match="no longer valid"):
            print(name, use(who))
    silent(world, who)
    assert _rows(world.store) == before


@pytest.mark.parametrize("swap", ["invitation_id", "person_id", "token_hash"])
def test_a_participant_put_together_of_two_reaches_nothing(world: StudyWorld, swap: str) -> None:
    mine, theirs, possible = world.enter(0), world.enter(1), uses(world)
    doctored = replace(mine, **{swap: getattr(theirs, swap)})
    before = _rows(world.store)
    for name, use in possible.items():
        with pytest.raises(AccessDenied, match="no longer valid"):
            print(name, use(doctored))
    silent(world, doctored)
    assert _rows(world.store) == before


def test_a_link_opens_only_its_own_study(world: StudyWorld) -> None:
    studies, design = world.store.studies, world.enter().design
    other = studies.create(world.log_id, replace(design, title="Another"), {"a": world.run_id})
    studies.open(other)
    (link, *_) = world.store.invitations.invite(other, world.people)
    mine = world.enter()
    theirs = world.store.invitations.enter(link.token)
    assert (mine.study_id, theirs.study_id) == (world.study_id, other)
    world.store.participation.give_consent(theirs)
    world.store.participation.save_stated(theirs, ["in the other study"])
    assert world.store.participation.stated(mine) == ()


def test_the_link_is_not_in_the_database(world: StudyWorld, on_disk: Callable[[], bytes]) -> None:
    world.enter()
    content = on_disk()
    for token in world.tokens:
        assert token.encode() not in content
        assert token not in repr(world.store.invitations.enter(token))


def test_a_new_link_keeps_the_answers(world: StudyWorld) -> None:
    who = world.enter()
    world.store.participation.save_answer(who, world.shown(who), SAID, 1)
    link = world.store.invitations.renew(who.invitation_id)
    again = world.store.invitations.enter(link.token)
    assert [r.answers for r in world.store.participation.answers(again)] == [SAID]


def test_who_is_invited_twice_has_one_place(world: StudyWorld) -> None:
    assert not world.store.invitations.invite(world.study_id, world.people)
    assert len(world.store.invitations.list(world.study_id)) == len(world.people)


def test_nobody_of_another_log_is_invited(world: StudyWorld, small_log: object) -> None:
    other = world.store.logs.add(small_log, "other")  # type: ignore[arg-type]
    stranger = world.store.logs.people(other)[0].id
    with pytest.raises(StoreError, match="not in the study's log"):
        world.store.invitations.invite(world.study_id, [stranger])


def test_two_researchers_who_invite_at_once_make_one_scheme(store: Store) -> None:
    world = open_study(store)
    study = store.studies.create(world.log_id, world.enter().design, {"a": world.run_id})
    people, gate, found = world.people, Barrier(2), []

    def invite(who: int) -> None:
        gate.wait()
        found.extend(store.invitations.invite(study, [who]))

    threads = [Thread(target=invite, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(i.number for i in store.invitations.list(study)) == list(range(len(people)))
    assert len({link.token for link in found}) == len(people)


def test_a_design_that_anybody_was_invited_under_is_never_changed(world: StudyWorld) -> None:
    studies, first = world.store.studies, world.enter().design
    assert studies.edit(world.study_id, first) == 1
    second = replace(first, title="Better words")
    assert studies.edit(world.study_id, second) == 2
    third = replace(first, title="Best words")
    assert studies.edit(world.study_id, third) == 2  # nobody was invited under the second
    assert [v.design for v in studies.versions(world.study_id)] == [first, third]
    assert world.enter().design == first
    assert studies.get(world.study_id).runs == {"a": world.run_id}


def test_what_is_stored_of_a_design_is_its_file(world: StudyWorld) -> None:
    (version,) = world.store.studies.versions(world.study_id)
    assert to_dict(version.design) == to_dict(world.enter().design)
    assert version.design_hash == world.enter().design_hash


def test_a_study_without_its_discovery_is_not_opened(world: StudyWorld) -> None:
    studies = world.store.studies
    study = studies.create(world.log_id, world.enter().design, {})
    with pytest.raises(StoreError, match="no discovery"):
        studies.open(study)
    with pytest.raises(StoreError, match="not a discovery over"):
        studies.create(world.log_id, world.enter().design, {"a": 999})
    world.store.runs.delete(world.run_id)
    assert studies.get(world.study_id).missing_runs == ("a",)
    assert world.store.participation.journeys(world.enter(), "a").journeys == ()


def _rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    tables = (
        "invitation", "consent", "study_answer", "stated_journey", "study_items", "correction",
        "study_step", "preferred_level", "event",
    )  # fmt: skip
    with store.engine.connect() as connection:
        return {
            table: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]
            for table in tables
        }
