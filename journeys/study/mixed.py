"""Identification by a linear mixed model with random participants and journeys.

statsmodels is not among the app's requirements (``requirements-study.txt`` has it). Without it the
figures of :mod:`journeys.study.identification` stand, and :class:`Mixed` says what is missing.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from journeys.study import estimates
from journeys.study.estimates import Estimate
from journeys.study.identification import SCORED, scored
from journeys.study.robust import Robust, robust_fit

if TYPE_CHECKING:
    import pandas as pd

_ASSUMES = (
    "The five points are equally far apart. Random intercepts of participants and of journeys "
    "within them (REML) weigh the answers; answers that are missing depend on nothing but what is "
    "in the model, so the adaptive choice of levels does no harm here. 95% interval and test do "
    "not need the model to be right: cluster-robust by participant (CR2) with Satterthwaite's "
    "degrees of freedom (Pustejovsky & Tipton 2018)."
)
_QUERY = f"{SCORED}; identification ~ C(condition) + C(level) + (1 | participant)"
_JOURNEYS = " + (1 | participant:journey)"
_ONCE = (
    "Each journey was rated once, so how journeys differ cannot be told from what is left over "
    "and has no variance of its own."
)

#: Fewer participants, and variance components mean nothing.
_FEWEST = 6


@dataclass(frozen=True)
class Mixed:
    """The model's result.

    Attributes:
        effects: condition and level coefficients against the first of each.
        components: "participant", "journey" (where some were rated twice), "left over" -> variance.
        note: why there is no result, or what to know about it; '' for nothing.
    """

    effects: tuple[Estimate, ...]
    components: dict[str, float]
    note: str


def mixed_model(answers: pd.DataFrame) -> Mixed:
    """Fit the model; a result without effects says why in ``note``."""
    try:
        import statsmodels.formula.api as smf
        from statsmodels.tools.sm_exceptions import ConvergenceWarning
    except ImportError:
        return _none(
            "The mixed model needs statsmodels, which is not installed: pip install -r "
            "requirements-study.txt. The figures by participant stand without it."
        )
    frame = scored(answers)
    frame = frame[frame["identification"].notna()].sort_values(["participant", "trial"])
    people = frame["participant"].nunique()
    if people < _FEWEST or len(frame) <= people:
        return _none(
            f"The mixed model needs {_FEWEST} participants and more than one answer of some."
        )
    plain = frame[["participant", "journey", "condition", "level"]].astype(object)
    plain["identification"] = frame["identification"].astype(float)
    again = bool(plain.duplicated(["participant", "journey"]).any())
    factors = [name for name in ("condition", "level") if plain[name].nunique() > 1]
    formula = "identification ~ " + (" + ".join(f"C({name})" for name in factors) or "1")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model = smf.mixedlm(
                formula,
                plain,
                groups="participant",
                re_formula="1",
                vc_formula={"journey": "0 + C(journey)"} if again else None,
                # A participant has few journeys: dense is 25 times as fast.
                use_sparse=False,
            )
            # By gradient the first step may leave the range in which the model is defined.
            fit = model.fit(reml=True, method=["powell", "nm"])
            components = {
                "participant": float(fit.cov_re.iloc[0, 0]),
                **({"journey": float(fit.vcomp[0])} if again else {}),
                "left over": float(fit.scale),
            }
            robust = _robust(model.exog, plain, components)
        except (ValueError, ArithmeticError) as error:  # numpy's LinAlgError is a ValueError
            return _none(f"The mixed model could not be fitted ({type(error).__name__}).")
    doubt = any(issubclass(w.category, ConvergenceWarning) for w in caught) or not fit.converged
    query = _QUERY + (_JOURNEYS if again else "")
    effects = tuple(
        _effect(name, robust, at, query, people, len(frame))
        for at, name in enumerate(fit.fe_params.index)
        if name != "Intercept"
    )
    notes = [
        "" if again else _ONCE,
        "A variance is at its edge or the fit did not settle: the variances are to be read with "
        "care; intervals and tests stand."
        if doubt
        else "",
    ]
    return Mixed(effects, components, " ".join(filter(None, notes)))


def _robust(exog: np.ndarray, plain: pd.DataFrame, components: dict[str, float]) -> Robust:
    """The model's coefficients, participants as clusters; rows as in ``plain``."""
    values = plain["identification"].to_numpy(dtype=float)
    journeys = plain["journey"].to_numpy(dtype=str)
    parts: tuple[list[np.ndarray], ...] = ([], [], [])
    for rows in plain.groupby("participant", sort=False).indices.values():
        same = journeys[rows][:, None] == journeys[rows][None, :]
        covariance = components["participant"] + components.get("journey", 0.0) * same
        covariance = covariance + components["left over"] * np.eye(len(rows))
        for part, each in zip(parts, (exog[rows], values[rows], covariance), strict=True):
            part.append(each)
    return robust_fit(*parts)


def _effect(name: str, robust: Robust, at: int, query: str, people: int, answers: int) -> Estimate:
    from scipy.stats import t

    value, error = float(robust.effects[at]), float(robust.errors[at])
    freedom = float(robust.freedom[at])
    half = float(t.ppf(0.975, freedom)) * error
    p = float(2 * t.sf(abs(value) / error, freedom)) if error > 0 else estimates.NAN
    low, high = (value - half, value + half) if error > 0 else (estimates.NAN, estimates.NAN)
    return Estimate(_words(name), value, low, high, people, answers, _ASSUMES, query, p)


def _none(note: str) -> Mixed:
    return Mixed((), {}, note)


def _words(name: str) -> str:
    """``C(condition)[T.llm]`` -> ``condition llm``."""
    return name.replace("C(", "").replace(")[T.", " ").rstrip("]")
