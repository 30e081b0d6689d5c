"""Every figure of a study, recomputed by others' means from the export alone."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from math import isnan

import pandas as pd
import pytest

from journeys.embedding.fake import FakeEmbedder
from journeys.settings import Settings
from journeys.store import Store, open_store
from journeys.study.analysis import Results, analyse
from journeys.study.bundle import read_bundle, write_bundle
from journeys.study.design_file import design_hash, from_json, to_json
from journeys.study.from_store import long_format
from journeys.study.longformat import StudyData
from journeys.study.preferences import with_levels
from journeys.study.stated import BOTH, MEANING, OWN, match_by_meaning
from tests.filled_study import fill_study
from tests.study_oracle import Figures, mixed_effect, read_tables, recompute


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, int]]:
    home = tmp_path_factory.mktemp("recomputed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEYS_HOME", str(home))
        patch.delenv("DATABASE_URL", raising=False)
        store = open_store(Settings.from_environment())
        yield store, fill_study(store)
        store.close()


@pytest.fixture(scope="module")
def data(study: tuple[Store, int]) -> StudyData:
    store, study_id = study
    records = store.study_results.participants(study_id)
    # What the participant's page stores as their own matches.
    own = {0: next(iter(records[1].journeys)), 1: None}
    records = [replace(r, matches=own) if at == 1 else r for at, r in enumerate(records)]
    made = long_format(
        records,
        {each.version: each.design for each in store.studies.versions(study_id)},
        labels=store.labels.of_run(store.studies.get(study_id).runs["a"]),
        funnel=store.study_results.funnel(study_id),
    )
    return match_by_meaning(made, FakeEmbedder(), threshold=0.3)


@pytest.fixture(scope="module")
def results(data: StudyData) -> Results:
    return analyse(data)


@pytest.fixture(scope="module")
def content(data: StudyData, results: Results, study: tuple[Store, int]) -> bytes:
    store, study_id = study
    design = to_json(store.studies.get(study_id).design)
    return write_bundle(with_levels(data, results.preferred), design)


def printed(results: Results) -> Figures:
    """What the page and the report print."""
    made: Figures = {
        (section.key, group, each.name): (each.value, each.low, each.high)
        for section in results.sections
        for group, each in section.figures
    }
    return made | {("funnel", "", s.name): (s.people, None, None) for s in results.steps}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_every_figure_is_what_others_compute_from_the_export(
    content: bytes, results: Results, kind: str
) -> None:
    expected, found = recompute(read_tables(content, kind)), printed(results)
    assert len(expected) > 60
    for key, (value, low, high) in expected.items():
        assert found[key][0] == pytest.approx(value, abs=1e-9), key
        if low is not None:
            assert found[key][1:] == pytest.approx((low, high), abs=1e-9), key
    # What is left over needs the embedding, the adaptive model or random draws.
    left = {section for section, _, _ in set(found) - set(expected)}
    assert left <= {"crossing", "mixed", "stated", "survey"}


def test_the_mixed_model_is_statsmodels_on_the_export(content: bytes, results: Results) -> None:
    pytest.importorskip("statsmodels")
    effect = printed(results)["mixed", "", "condition b"][0]
    assert effect == pytest.approx(mixed_effect(read_tables(content)), abs=1e-3)


def test_stated_journeys_found_are_recounted_from_the_export(
    content: bytes, results: Results
) -> None:
    tables = read_tables(content)
    a, said = tables["answers"], tables["stated"].query("when == 'before'")
    real = a[(a["is_foil"].astype(str) != "True") & a["repeat_of"].isna()]
    shown = real.groupby("participant")["journey"].agg(set)
    said = said[said["participant"].isin(shown.index)]
    found = printed(results)
    for group, column in ((OWN, "match"), (MEANING, "match_by_meaning")):
        given = said.dropna(subset=[column])
        recall = (given[column] != "none").groupby(given["participant"]).mean().mean()
        stated = given.groupby("participant")[column].agg(set)
        precision = [len(stated[who] & shown[who]) / len(shown[who]) for who in stated.index]
        assert found["stated", group, "stated journeys that were found"][0] == pytest.approx(recall)
        name = "found journeys that had been stated"
        assert found["stated", group, name][0] == pytest.approx(sum(precision) / len(precision))
    assert 0 < found["stated", MEANING, "stated journeys that were found"][0] < 1
    both = said.dropna(subset=["match", "match_by_meaning"])
    same = (both["match"] == both["match_by_meaning"]).mean()
    name = "statements of which both say the same"
    assert found["stated", BOTH, name][0] == pytest.approx(same)


def test_the_export_holds_who_consented_and_nobody_else(
    content: bytes, study: tuple[Store, int]
) -> None:
    store, study_id = study
    tables = read_tables(content)
    records = store.study_results.participants(study_id)
    assert set(tables["participants"]["participant"]) == {r.pseudonym for r in records}
    assert set(tables["third_party"]["participant"]) <= {r.pseudonym for r in records}
    assert set(tables["third_party"]["rater"]) == {"rater 1", "rater 2"}
    funnel = dict(zip(tables["funnel"]["step"], tables["funnel"]["people"], strict=True))
    # One never came, one did not agree, one withdrew and is counted but has left no answers.
    assert funnel["invited"] == funnel["opened the link"] + 1 == funnel["consented"] + 2
    assert len(records) == funnel["consented"] - 1
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        design = from_json(archive.read("design.json").decode())
        assert design_hash(design) == store.studies.get(study_id).design_hash
        assert "token" not in json.dumps(json.loads(archive.read("design.json")))


def test_the_export_read_back_gives_the_same_results(content: bytes, results: Results) -> None:
    again = printed(analyse(read_bundle(content)))
    for key, (value, _, _) in printed(results).items():
        assert again[key][0] == pytest.approx(value, abs=1e-9) or isnan(value), key
    assert pd.notna(read_bundle(content).participants["preferred_level"]).any()
