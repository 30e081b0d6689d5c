"""Bad input at the one door for trajectories."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from journeys.agents import Feedback, Scope, Step, Trajectory, admit, signal_of
from journeys.agents.intake import EVERYBODY, UNKNOWN_TOOL, Limits, clean_arguments
from journeys.errors import AccessDenied, InputError

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
GIVEN = Trajectory("t1", "ada", NOW - timedelta(hours=1), "Sort the list", source="test")


def with_arguments(arguments: str) -> Trajectory:
    return replace(GIVEN, steps=(Step("assistant", tool="run", arguments=arguments),))


def test_an_ordinary_trajectory_goes_in_unchanged() -> None:
    admitted, receipt = admit(GIVEN, Scope(frozenset({"ada"})), NOW)
    assert admitted == GIVEN
    assert receipt.status == "accepted"
    assert receipt.notes == ()


def test_a_megabyte_of_arguments_is_cut() -> None:
    huge = json.dumps({"content": "x" * 1_000_000})
    admitted, receipt = admit(with_arguments(huge), EVERYBODY, NOW)
    assert len(admitted.steps[0].arguments) <= Limits().arguments
    assert "arguments cut at 2,000 characters" in receipt.notes


@pytest.mark.parametrize(
    "arguments",
    [
        '{"password": "hunter2secret"}',
        '{"headers": {"Authorization": "Basic hunter2secret"}}',
        '{"db": [{"api_key": "hunter2secret"}]}',
        '{"cmd": "git clone https://me:hunter2secret@git.example.com/x"}',
        '{"client_secret": "hunter2secret", "text": "' + "y" * 5_000 + '"}',
        "{'password': 'hunter2secret', broken",
    ],
)
def test_secrets_in_arguments_are_redacted(arguments: str) -> None:
    admitted, receipt = admit(with_arguments(arguments), EVERYBODY, NOW)
    assert "hunter2secret" not in admitted.steps[0].arguments
    assert "secrets in arguments redacted" in receipt.notes


def test_no_half_of_a_secret_stays_where_a_text_is_cut() -> None:
    key = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"
    for before in range(60, 110):
        assert "ghp_" not in clean_arguments("z" * before + " " + key + " end" * 50, 100)


def test_redaction_covers_every_text_of_a_trajectory() -> None:
    mail = "write to ada.lovelace@example.com"
    given = replace(
        GIVEN,
        request=mail,
        steps=(Step("assistant", mail, "mail", mail, mail, mail),),
        feedback=(Feedback("reject", None, mail),),
        context={"note": mail},
    )
    admitted, _ = admit(given, EVERYBODY, NOW)
    assert "ada.lovelace" not in repr(admitted)


def test_an_unknown_tool_has_a_place() -> None:
    given = replace(GIVEN, steps=(Step("assistant", tool="rm_rf"), Step("assistant", tool="run")))
    admitted, receipt = admit(given, EVERYBODY, NOW, known_tools={"run"})
    assert admitted.tools == (UNKNOWN_TOOL, "run")
    assert "a tool that is not known" in receipt.notes


def test_a_duplicate_is_told_and_not_taken_again() -> None:
    _, receipt = admit(GIVEN, EVERYBODY, NOW, seen={"t1"})
    assert receipt.status == "duplicate"


def test_an_event_out_of_order_goes_in_and_is_told() -> None:
    admitted, receipt = admit(GIVEN, EVERYBODY, NOW, newest=NOW)
    assert admitted.time == GIVEN.time
    assert any(note.startswith("out of order") for note in receipt.notes)


def test_a_clock_ahead_is_set_to_ours() -> None:
    ahead = replace(GIVEN, time=NOW + timedelta(days=400))
    admitted, receipt = admit(ahead, EVERYBODY, NOW)
    assert admitted.time == NOW
    assert any(note.startswith("clock ahead") for note in receipt.notes)
    within = replace(GIVEN, time=NOW + timedelta(minutes=1))
    assert admit(within, EVERYBODY, NOW)[0].time == within.time


@pytest.mark.parametrize("time", [datetime(1970, 1, 1, tzinfo=UTC), NOW.replace(tzinfo=None)])
def test_a_time_that_cannot_be_is_refused(time: datetime) -> None:
    with pytest.raises(InputError):
        admit(replace(GIVEN, time=time), EVERYBODY, NOW)


def test_a_forged_user_is_refused() -> None:
    with pytest.raises(AccessDenied):
        admit(replace(GIVEN, user_id="bob"), Scope(frozenset({"ada"})), NOW)
    with pytest.raises(AccessDenied):
        admit(GIVEN, Scope(frozenset()), NOW)


def test_ids_are_needed_and_bounded() -> None:
    for user, identity in (("", "t"), ("ada", ""), ("a" * 300, "t"), ("ada", "t" * 300)):
        with pytest.raises(InputError):
            admit(replace(GIVEN, user_id=user, id=identity), EVERYBODY, NOW)


def test_long_trajectories_keep_their_first_and_last_steps() -> None:
    steps = tuple(Step("user", str(number)) for number in range(1_000))
    admitted, _ = admit(replace(GIVEN, steps=steps), EVERYBODY, NOW)
    assert len(admitted.steps) == 200
    assert (admitted.steps[0].text, admitted.steps[-1].text) == ("0", "999")


def test_the_last_known_feedback_stands_above_the_outcome() -> None:
    said = replace(GIVEN, outcome="success", feedback=(Feedback("like"), Feedback("reject")))
    signal = signal_of(said)
    assert signal is not None
    assert (signal.liked, signal.weight) == (0, 1.0)
    happened = signal_of(replace(GIVEN, outcome="success"))
    assert happened is not None
    assert (happened.liked, happened.weight) == (1, 0.5)
    assert signal_of(GIVEN) is None
