"""Changing journeys by hand on the page: merge, move, split, undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from journeys.journey import UserJourneys
from journeys.store import Store
from journeys.study.editing import open_desk
from journeys.timeline import ActivityLog
from tests.logs import make_log
from tests.pages.filled import discovered

Open = Callable[..., AppTest]

MOVE, SPLIT = "Move items", "Split"


def found(store: Store, run_id: int) -> UserJourneys:
    person = store.results.people(run_id)[0].person_id
    return store.results.user(run_id, person, store.logs.timeline(person, run_id))


def unfold(app: AppTest, store: Store, run_id: int, part: str) -> None:
    """Open the panel of a journey, or the events in none. AppTest has no expander to click."""
    newest = store.edits.newest(store.results.people(run_id)[0].person_id)
    key = part if part == "unassigned" else f"edit-{newest.id if newest else 0}-{part}"
    app.session_state[key] = True
    app.run()
    assert not app.exception


def widget(elements: Any, ending: str) -> Any:
    (one,) = [element for element in elements if (element.key or "").endswith(ending)]
    return one


def press(app: AppTest, ending: str) -> AppTest:
    widget(app.button, ending).click().run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.info, *app.error]
    return "\n".join(p.value for p in parts).replace("\\", "").replace("\u2060", "")


def headings(app: AppTest) -> list[str]:
    return [m.value for m in app.markdown if m.value.startswith("#####")]


def test_two_journeys_become_one_and_two_again(open_page: Open, store: Store) -> None:
    log_id, run_id = discovered(store, make_log(users=1))
    person = store.results.people(run_id)[0].person_id
    before = found(store, run_id)
    one, other = before.journeys[:2]
    app = open_page("journeys")
    shown = headings(app)
    assert not [b for b in app.button if b.key and b.key.startswith("undo-")]
    unfold(app, store, run_id, one.id)
    assert widget(app.button, "merge").disabled
    widget(app.selectbox, "merge-with").set_value(other.id).run()
    press(app, "merge")
    assert len(headings(app)) == len(shown) - 1
    assert "Done: merged “" in words(app)
    # Another session hears of it in its place above the journeys.
    later = open_page("journeys", log_id=log_id, person_id=person)
    assert "Changed by hand: merged “" in words(later)
    after = found(store, run_id)
    assert len(one) + len(other) in {len(j) for j in after.journeys}
    (undo,) = [b for b in app.button if b.key and b.key.startswith("undo-")]
    undo.click().run()
    assert not app.exception
    assert headings(app) == shown
    assert "Changed by hand" not in words(app)


def test_items_move_to_another_journey_a_new_one_or_none(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store, make_log(users=1))
    app = open_page("journeys")
    for target in ("other", "a new journey", "no journey"):
        before = found(store, run_id)
        source, other = before.journeys[:2]
        unfold(app, store, run_id, source.id)
        widget(app.radio, "way").set_value(MOVE).run()
        options = widget(app.multiselect, "items").options
        assert len(options) == len(source)
        title = store.logs.timeline(store.results.people(run_id)[0].person_id).titles[
            source.boundary[0]
        ]
        assert options[0].startswith(title)
        assert widget(app.button, "move").disabled
        widget(app.multiselect, "items").set_value(list(source.boundary[:2])).run()
        widget(app.selectbox, "target").set_value(other.id if target == "other" else target).run()
        assert widget(app.button, "move").label == "Move 2 items"
        press(app, "move")
        after = found(store, run_id)
        went = set(after.labels[list(source.boundary[:2])].tolist())
        assert len(went) == 1
        if target == "no journey":
            assert went == {-1}
        elif target == "other":
            assert after.journeys[went.pop()].id == other.id
        else:
            assert len(after.journeys) == len(before.journeys) + 1


def test_a_split_shows_both_halves_before_it_is_made(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store, make_log(users=1))
    journey = found(store, run_id).journeys[0]
    app = open_page("journeys")
    unfold(app, store, run_id, journey.id)
    widget(app.radio, "way").set_value(SPLIT).run()
    assert "Stays: " in words(app)
    assert "New journey: " in words(app)
    assert len(found(store, run_id).journeys) == len(headings(app))
    press(app, "split")
    after = found(store, run_id)
    assert len(after.journeys) == len(headings(app))
    parts = set(after.labels[journey.members].tolist())
    assert len(parts) == 2
    assert journey.id in {after.journeys[at].id for at in parts}


def test_items_of_no_journey_move_into_one(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store, make_log(users=1))
    app = open_page("journeys")
    journey = found(store, run_id).journeys[0]
    unfold(app, store, run_id, journey.id)
    widget(app.radio, "way").set_value(MOVE).run()
    widget(app.multiselect, "items").set_value(list(journey.boundary[:1])).run()
    widget(app.selectbox, "target").set_value("no journey").run()
    press(app, "move")
    unfold(app, store, run_id, "unassigned")
    items = widget(app.multiselect, "unassigned-items")
    items.set_value([journey.boundary[0]]).run()
    target = widget(app.selectbox, "unassigned-target")
    assert "No journey" not in target.options
    target.set_value(journey.id).run()
    press(app, "unassigned-move")
    assert found(store, run_id).labels[journey.boundary[0]] >= 0


def test_titles_cannot_dress_up(open_page: Open, store: Store) -> None:
    log = make_log(users=1)
    frame = log.frame.copy()
    frame["title"] = ["**bold** :smile: <b>" + title for title in frame["title"]]
    _, run_id = discovered(store, ActivityLog(frame))
    app = open_page("journeys")
    unfold(app, store, run_id, found(store, run_id).journeys[0].id)
    widget(app.radio, "way").set_value(SPLIT).run()
    lists = [m.value for m in app.markdown if m.value.startswith("- ")]
    assert lists
    assert not any("**bold**" in text or "<b>" in text for text in lists)


def test_no_changes_under_a_discovery_or_in_an_older_one(open_page: Open, store: Store) -> None:
    log_id, run_id = discovered(store, make_log(users=1))
    app = open_page("journeys")
    running = store.runs.create(log_id, store.runs.get(run_id).config)
    unfold(app, store, run_id, found(store, run_id).journeys[0].id)
    assert "can be changed once it has ended" in words(app)
    assert not [b for b in app.button if (b.key or "").endswith("merge")]
    store.runs.request_cancel(running)
    app.run()
    assert [b for b in app.button if (b.key or "").endswith("merge")]


def test_a_person_whose_journeys_were_all_emptied_can_undo(open_page: Open, store: Store) -> None:
    log_id, run_id = discovered(store, make_log(users=1))
    person = store.results.people(run_id)[0].person_id
    desk = open_desk(store, run_id, person)
    desk.move([at for at, label in enumerate(desk.found.labels) if label >= 0], None)
    app = open_page("journeys", log_id=log_id, person_id=person)
    assert "every item was moved out" in words(app)
    (undo,) = [b for b in app.button if b.key and b.key.startswith("undo-")]
    undo.click().run()
    assert not app.exception
    assert len(headings(app)) == len(desk.found.journeys)
