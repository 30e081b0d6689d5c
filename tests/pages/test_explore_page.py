"""Explore: other settings for one person at once, and the journeys beside the survey."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from journeys.discovery import DiscoveryConfig
from journeys.discovery.preview import STEPS
from journeys.extraction.registry import EXTRACTORS
from journeys.journey import UserJourneys
from journeys.store import Store
from journeys.store.schema import VectorRow
from tests.logs import make_log
from tests.pages.filled import discovered

Open = Callable[..., AppTest]


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.success]
    labels = [box.label for box in app.expander]
    return "\n".join([*(p.value for p in parts), *labels]).replace("\\", "").replace("\u2060", "")


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def extractors(app: AppTest) -> Selectbox:
    return next(box for box in app.selectbox if box.label == "How events are grouped")


def first(store: Store, run_id: int) -> UserJourneys:
    person = store.results.people(run_id)[0].person_id
    return store.results.user(run_id, person, store.logs.timeline(person))


def test_at_first_nothing_is_changed(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store)
    app = open_page("explore")
    number = len(first(store, run_id).journeys)
    assert metrics(app)["Journeys"] == str(number)
    assert metrics(app)["Stay as now"] == f"{number} of {number}"
    assert "Every journey stays as it is." in words(app)
    assert app.slider[0].value == 0.5
    assert len(app.get("plotly_chart")) == 2


def test_the_slider_shows_what_changes_and_stores_nothing(
    open_page: Open, store: Store, woken: list[str]
) -> None:
    _, run_id = discovered(store)
    before = first(store, run_id)
    app = open_page("explore")
    app.slider[0].set_value(0.0).run()
    assert not app.exception
    assert metrics(app)["Journeys"] == "1"
    assert metrics(app)["Stay as now"] == f"0 of {len(before.journeys)}"
    shown = words(app)
    assert "| Now | Preview |" in shown
    assert "merge" in shown
    for journey in before.journeys:
        assert journey.name(3) in shown
    app.slider[0].set_value(1.0).run()
    assert int(metrics(app)["Journeys"]) > len(before.journeys)
    assert "splits" in words(app)
    assert first(store, run_id).labels.tolist() == before.labels.tolist()
    assert len(store.runs.list()) == 1
    assert woken == []


def test_other_extractors_can_be_tried_and_the_slow_say_why_not(
    open_page: Open, store: Store
) -> None:
    discovered(store)
    app = open_page("explore")
    box = extractors(app)
    assert len(box.options) == len(EXTRACTORS)
    assert box.options[0].startswith("hdbscan")
    box.set_value("one").run()
    assert not app.exception
    assert metrics(app)["Journeys"] == "1"
    assert app.slider[0].disabled
    extractors(app).set_value("umap-hdbscan").run()
    assert not app.exception
    assert "takes too long" in words(app)
    assert "Journeys" not in metrics(app)


def test_the_settings_are_used_for_everybody_by_a_new_run(
    open_page: Open, store: Store, woken: list[str]
) -> None:
    log_id, run_id = discovered(store, min_journey_events=6)
    app = open_page("explore")
    app.slider[0].set_value(0.8).run()
    shown = words(app)
    assert "new discovery of **A made-up log** (3 people" in shown
    assert f"Run {run_id} stays as it is" in shown
    app.button(key="preview-start").click().run()
    assert not app.exception
    newest = store.runs.list(log_id)[0]
    assert newest.id != run_id
    expected = DiscoveryConfig(map="none", min_journey_events=6, granularity=0.8)
    assert DiscoveryConfig.from_dict(newest.config) == expected
    assert woken == ["woken"]
    assert app.title[0].value == "Discover"


def test_the_chosen_run_is_shown_everywhere(open_page: Open, store: Store) -> None:
    log_id, old = discovered(store)
    new = store.runs.create(log_id, DiscoveryConfig(map="none", granularity=0.0).to_dict())
    carry_out(store, new)
    app = open_page("journeys")
    box = app.selectbox(key="choice-run")
    assert box.options == [f"Run {new} · few, broad · newest", f"Run {old} · balanced"]
    assert box.value == new
    box.set_value(old).run()
    assert not app.exception
    app.switch_page("pages/explore.py").run()
    assert app.selectbox(key="choice-run").value == old
    assert app.slider[0].value == 0.5
    assert metrics(app)["Journeys"] == str(len(first(store, old).journeys))
    app.selectbox(key="choice-run").set_value(new).run()
    assert metrics(app)["Journeys"] == "1"
    store.runs.delete(new)
    app.run()
    assert not app.exception
    assert "choice-run" not in [box.key for box in app.selectbox]


def carry_out(store: Store, run_id: int) -> None:
    from journeys.embedding.fake import FakeEmbedder
    from journeys.jobs.execute import execute
    from journeys.settings import Settings

    assert store.runs.claim(run_id, "again")
    settings = Settings.from_environment()
    execute(store, settings, run_id, "again", make_embedder=lambda _: FakeEmbedder())


def test_a_finished_run_leads_to_its_own_journeys(open_page: Open, store: Store) -> None:
    log_id, old = discovered(store)
    new = store.runs.create(log_id, DiscoveryConfig(map="none", granularity=0.0).to_dict())
    carry_out(store, new)
    app = open_page("discover")
    app.button(key=f"see-{old}").click().run()
    assert app.title[0].value == "Journeys"
    assert app.selectbox(key="choice-run").value == old


def test_what_a_session_tried_is_not_in_caches_that_sessions_share(
    open_page: Open, store: Store
) -> None:
    _, run_id = discovered(store)
    app = open_page("explore")
    owner, kept = app.session_state["kept-preview"]
    assert owner[:2] == (run_id, store.results.people(run_id)[0].person_id)
    assert kept[("counts", "hdbscan")] is not None
    assert len(kept[("counts", "hdbscan")]) == len(STEPS)
    other = store.results.people(run_id)[1].person_id
    app.selectbox(key="choice-person").set_value(other).run()
    assert not app.exception
    assert app.session_state["kept-preview"][0][:2] == (run_id, other)


def test_without_vectors_the_page_says_what_to_do(open_page: Open, store: Store) -> None:
    discovered(store)
    with store.engine.begin() as connection:
        connection.execute(VectorRow.__table__.delete())
    app = open_page("explore")
    assert "A new discovery makes them again" in words(app)


def test_a_person_beside_the_survey_and_too_few_people_for_more(
    open_page: Open, store: Store
) -> None:
    _, run_id = discovered(store)
    found = first(store, run_id)
    app = open_page("explore", **{"explore-view": ":material/bar_chart: Beside the survey"})
    shown = words(app)
    days = [(j.last_seen - j.first_seen).days for j in found.journeys]
    assert min(days) > 31
    assert f"{len(days)} of {len(days)} journeys | 80% |" in shown
    assert "nothing is shown of fewer than 5; this log has 3 people" in shown
    assert not app.get("plotly_chart")


def test_enough_people_are_shown_beside_the_survey(open_page: Open, store: Store) -> None:
    discovered(store, make_log(users=6))
    app = open_page("explore", **{"explore-view": ":material/bar_chart: Beside the survey"})
    shown = words(app)
    assert "People with a journey going on" in shown
    assert "of 7 | 66% |" in shown
    assert "Journeys of more than a month" in shown
    assert len(app.get("plotly_chart")) == 1


def test_a_new_discovery_can_have_another_extractor_and_its_stability(
    open_page: Open, store: Store
) -> None:
    log_id = store.logs.add(make_log(users=1), "Mine")
    app = open_page("discover")
    app.selectbox(key="extractor").set_value("sessions")
    app.checkbox(key="stability").check()
    app.button(key="start").click().run()
    assert not app.exception
    config = DiscoveryConfig.from_dict(store.runs.list(log_id)[0].config)
    assert config == DiscoveryConfig(extractor="sessions", stability_draws=5)


def test_stability_is_shown_where_it_was_measured(open_page: Open, store: Store) -> None:
    _, run_id = discovered(store, stability_draws=2)
    app = open_page("discover")
    measured = store.runs.get(run_id).manifest["stability"]["subsample_ari"]["mean"]
    assert metrics(app)["Stability"] == f"{measured:.2f}"
    app = open_page("journeys")
    journey = first(store, run_id).journeys[0]
    assert journey.stability is not None
    assert f"{journey.stability:.0%} stable" in words(app)
