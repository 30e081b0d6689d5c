"""A study's figures computed from its exported files alone, by pandas, SciPy and statsmodels.

Nothing of ``journeys`` is imported: this is what somebody else's script would do who has the zip
and its codebook only.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

#: (section, series, figure) -> value, and interval where it does not rest on random draws.
Figures = dict[tuple[str, str, str], tuple[float, float | None, float | None]]

LEVEL_WORDS = {
    1: "1 field",
    2: "2 interest",
    3: "3 told to a friend",
    4: "4 project",
    5: "5 detail",
}


def read_tables(content: bytes, kind: str = "csv") -> dict[str, pd.DataFrame]:
    """The tables of an export, from its CSV or its Parquet files."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = ("answers", "stated", "participants", "third_party", "funnel")
        if kind == "parquet":
            return {
                name: pd.read_parquet(io.BytesIO(archive.read(f"{name}.parquet"))) for name in names
            }
        return {name: pd.read_csv(archive.open(f"{name}.csv")) for name in names}


def _share(hit: pd.Series, who: pd.Series) -> tuple[float, float, float]:
    """Mean of own shares; Agresti and Coull's interval on an effective number of answers."""
    own = hit.astype(float).groupby(who).mean()
    n, single = len(own), bool((who.value_counts() == 1).all())
    value, variance = own.mean(), own.var(ddof=1) / n
    worth = max(value * (1 - value) / variance, 1) if variance > 0 else n
    quantile = stats.t.ppf(0.975, n - 1)
    if single:
        worth, quantile = n, stats.norm.ppf(0.975)
    middle = (value * worth + 1) / (worth + 2)
    half = quantile * np.sqrt(middle * (1 - middle) / (worth + 2))
    return value, max(middle - half, 0), min(middle + half, 1)


def _ttest(test: Any, value: float) -> tuple[float, float, float]:
    bounds = test.confidence_interval(0.95)
    return value, float(bounds.low), float(bounds.high)


def recompute(tables: dict[str, pd.DataFrame]) -> Figures:
    """Every figure of the results page that does not need the embedding or the adaptive model."""
    a = tables["answers"].copy()
    for column in ("is_foil", "remembers", "ongoing"):
        a[column] = a[column].map({True: 1.0, False: 0.0, "True": 1.0, "False": 0.0})
    for column in ("identification", "specificity", "repeat_of", "items_shown", "items_marked"):
        a[column] = a[column].astype(float)
    s = a[(a["is_foil"] == 0) & a["repeat_of"].isna()]
    made: Figures = {}

    def mean_of(frame: pd.DataFrame) -> float:
        known = frame.dropna(subset=["identification"])
        return float(known.groupby("participant")["identification"].mean().mean())

    rated = s.dropna(subset=["identification"])
    for name, own in s.groupby("condition"):
        made["condition", "", name] = (mean_of(own), None, None)
        for level, there in own.groupby("level"):
            made["level", name, LEVEL_WORDS[level]] = (mean_of(there), None, None)
    own_means = rated.pivot_table("identification", "participant", "condition").dropna()
    test = stats.ttest_rel(own_means["b"], own_means["a"])
    gap = float((own_means["b"] - own_means["a"]).mean())
    made["difference", "", "b less a"] = _ttest(test, gap)
    for words, kept in (
        ("all trials", rated),
        ("items remembered", rated[rated["remembers"] == 1]),
    ):
        made["gate", "", f"very or extremely closely, {words}"] = _share(
            kept["identification"] >= 4, kept["participant"]
        )
    judged = s.dropna(subset=["specificity"])
    for value, words in ((-1, "too broad"), (0, "right"), (1, "too specific")):
        for level, there in judged.groupby("level"):
            made["specificity", words, LEVEL_WORDS[level]] = _share(
                there["specificity"] == value, there["participant"]
            )
    made |= _journeys(s, tables)
    foils = a[(a["is_foil"] == 1) & a["identification"].notna()]
    made["foils", "", "made-up journeys accepted"] = _share(
        foils["identification"] >= 4, foils["participant"]
    )
    again = a[a["repeat_of"].notna() & (a["repeat_of"] != a["trial"])].merge(
        a, left_on=["participant", "repeat_of"], right_on=["participant", "trial"]
    ).dropna(subset=["identification_x", "identification_y"])  # fmt: skip
    apart = (again["identification_x"] - again["identification_y"]).abs()
    made["foils", "", "repeats answered the same"] = _share(apart == 0, again["participant"])
    made["foils", "", "repeats within one point"] = _share(apart <= 1, again["participant"])
    return made | _people(tables, s) | _others(tables["third_party"], s)


def _journeys(s: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> Figures:
    made: Figures = {}
    first = s.sort_values("trial").drop_duplicates(["participant", "journey"])
    known = first.dropna(subset=["remembers", "identification"])
    made["failures", "", "sporadic"] = _share(
        (known["remembers"] == 0) & (known["identification"] <= 2), known["participant"]
    )
    said = first.dropna(subset=["ongoing"])
    made["failures", "", "outdated"] = _share(said["ongoing"] == 0, said["participant"])
    same = s.dropna(subset=["merged_with"])
    joined = {
        (who, each)
        for who, one, others in zip(
            same["participant"], same["journey"], same["merged_with"], strict=True
        )
        for each in [one, *others.split(" ")]
    }
    hit = pd.Series(
        [key in joined for key in zip(first["participant"], first["journey"], strict=True)]
    )
    made["failures", "", "repeated"] = _share(hit, first["participant"].reset_index(drop=True))
    missing = tables["stated"].query("when == 'missing'").groupby("participant").size()
    shown = first.groupby("participant").size()
    extra = missing.reindex(shown.index).fillna(0).astype(int)
    rows = [
        (who, row < extra[who]) for who in shown.index for row in range(extra[who] + shown[who])
    ]
    frame = pd.DataFrame(rows, columns=["participant", "missed"])
    made["failures", "", "missed"] = _share(frame["missed"], frame["participant"])
    could = s[s["items_shown"] > 0].groupby("participant")[["items_marked", "items_shown"]].sum()
    made["failures", "", "items that do not belong"] = (
        float((could["items_marked"] / could["items_shown"]).mean()), None, None
    )  # fmt: skip
    both = s.dropna(subset=["identification", "ongoing"])
    valued = both[(both["identification"] >= 4) & (both["ongoing"] == 1)]
    counts = valued.groupby("participant")["journey"].nunique()
    counts = counts.reindex(both["participant"].unique()).fillna(0)
    here = "This study"
    people = pd.Series(counts.index)
    made["survey", here, "people with a valued journey going on"] = _share(
        pd.Series((counts > 0).to_numpy()), people
    )
    having = counts[counts > 0]
    made["survey", here, "of these, people with 1 to 3 at once"] = _share(
        pd.Series((having <= 3).to_numpy()), pd.Series(having.index)
    )
    each = valued.drop_duplicates(["participant", "journey"])
    made["survey", here, "valued journeys of more than a month"] = _share(
        each["journey_days"] > 30, each["participant"]
    )
    longest = each.groupby("participant")["journey_days"].max()
    made["survey", here, "people with one of more than a year"] = _share(
        pd.Series((longest > 365).to_numpy()), pd.Series(longest.index)
    )
    return made


def _people(tables: dict[str, pd.DataFrame], s: pd.DataFrame) -> Figures:
    made: Figures = {}
    p = tables["participants"]
    for column, words in (("trust", "trust"), ("risk", "perceived risk to privacy")):
        change = (p[f"{column}_after"] - p[f"{column}_before"]).dropna().astype(float)
        made["change", "", f"change in {words}"] = _ttest(
            stats.ttest_1samp(change, 0), float(change.mean())
        )
    done = p[p["finished_at"].notna()]
    for column, words in (
        ("total_seconds", "from consent to the end"),
        ("active_seconds", "without pauses of more than ten minutes"),
    ):
        made["time", "", words] = (float(done[column].median()) / 60, None, None)
    # By hand from the times as well: the export's own column is no oracle of itself.
    times = pd.to_datetime(done["finished_at"]) - pd.to_datetime(done["consented_at"])
    assert abs(times.dt.total_seconds().median() - done["total_seconds"].median()) < 1
    own = s.dropna(subset=["response_ms"]).groupby("participant")["response_ms"].median() / 1000
    made["pace", "", "until a name was rated"] = (float(own.median()), None, None)
    levels = p.dropna(subset=["preferred_level"])
    for level in range(1, 6):
        made["preferred", "", str(level)] = _share(
            levels["preferred_level"].astype(float).round() == level, levels["participant"]
        )
    funnel = tables["funnel"]
    for step, people in zip(funnel["step"], funnel["people"], strict=True):
        made["funnel", "", step] = (int(people), None, None)
    assert len(p) <= int(funnel["people"].iloc[0])
    return made


def _others(t: pd.DataFrame, s: pd.DataFrame) -> Figures:
    import krippendorff

    made: Figures = {}
    names = {"fit": ("identification", range(1, 6)), "specificity": ("specificity", range(-1, 2))}
    for column, (asked, points) in names.items():
        table = t.astype({column: float}).pivot_table(column, "rater", "unit")
        alpha = krippendorff.alpha(
            table.to_numpy(), level_of_measurement="ordinal", value_domain=list(points)
        )
        made["agreement", "", f"alpha of {column}, between raters"] = (float(alpha), None, None)
        both = t.merge(
            s, left_on=["participant", "journey", "level", "name"],
            right_on=["participant", "journey", "level", "name_shown"], suffixes=("", "_own"),
        )  # fmt: skip
        theirs = f"{asked}_own" if asked in t else asked
        pairs = both[[column, theirs]].astype(float).dropna().to_numpy().T
        alpha = krippendorff.alpha(pairs, level_of_measurement="ordinal", value_domain=list(points))
        made["agreement", "", f"alpha of {column} and the person's {asked}"] = (
            float(alpha), None, None
        )  # fmt: skip
    return made


def mixed_effect(tables: dict[str, pd.DataFrame]) -> float:
    """The condition's coefficient in the mixed model, fitted by statsmodels from the CSV."""
    import statsmodels.formula.api as smf

    a = tables["answers"]
    foil = a["is_foil"].astype(str) == "True"
    frame = a[~foil & a["repeat_of"].isna() & a["identification"].notna()]
    frame = frame[["identification", "condition", "level", "participant"]].astype(
        {"identification": float, "level": int, "condition": str, "participant": str}
    )
    model = smf.mixedlm("identification ~ C(condition) + C(level)", frame, groups="participant")
    return float(model.fit(reml=True, method="powell").fe_params["C(condition)[T.b]"])
