"""Identification by a linear mixed model with random participants and journeys.

statsmodels is not among the app's requirements (``requirements-study.txt`` has it). Without it the
figures of :mod:`journeys.study.identification` stand, and :class:`Mixed` says what is missing.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from journeys.study.estimates import Estimate
from journeys.study.identification import SCORED, scored

if TYPE_CHECKING:
    import pandas as pd

_ASSUMES = (
    "The five points are equally far apart; random intercepts of participants and of journeys "
    "within them and what is left over are normal. REML, Wald 95% interval. Answers that are "
    "missing depend on nothing but what is in the model, so the adaptive choice of levels does "
    "no harm here."
)
_QUERY = (
    f"{SCORED}; identification ~ C(condition) + C(level) + (1 | participant) + (1 | participant:"
    "journey)"
)

#: Fewer participants, and variance components mean nothing.
_FEWEST = 6


@dataclass(frozen=True)
class Mixed:
    """The model's result.

    Attributes:
        effects: condition and level coefficients against the first of each.
        components: "participant", "journey", "left over" -> variance.
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
    frame = frame[frame["identification"].notna()]
    people = frame["participant"].nunique()
    if people < _FEWEST or frame["journey"].nunique() >= len(frame):
        return _none(
            f"The mixed model needs {_FEWEST} participants and more than one answer a journey."
        )
    plain = frame[["participant", "journey", "condition", "level"]].astype(object)
    plain["identification"] = frame["identification"].astype(float)
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
                vc_formula={"journey": "0 + C(journey)"},
                # A participant has few journeys: dense is 25 times as fast.
                use_sparse=False,
            )
            fit = model.fit(reml=True, method=["lbfgs", "powell"])
        except (ValueError, ArithmeticError) as error:  # numpy's LinAlgError is a ValueError
            return _none(f"The mixed model could not be fitted ({type(error).__name__}).")
    doubt = any(issubclass(w.category, ConvergenceWarning) for w in caught) or not fit.converged
    bounds = fit.conf_int()
    effects = tuple(
        Estimate(
            _words(name), float(fit.params[name]), float(bounds.loc[name, 0]),
            float(bounds.loc[name, 1]), people, len(frame), _ASSUMES, _QUERY,
            float(fit.pvalues[name]),
        )
        for name in fit.fe_params.index
        if name != "Intercept"
    )  # fmt: skip
    components = {
        "participant": float(fit.cov_re.iloc[0, 0]),
        "journey": float(fit.vcomp[0]),
        "left over": float(fit.scale),
    }
    note = (
        "A variance is at its edge or the fit did not settle; read it with care." if doubt else ""
    )
    return Mixed(effects, components, note)


def _none(note: str) -> Mixed:
    return Mixed((), {}, note)


def _words(name: str) -> str:
    """``C(condition)[T.llm]`` -> ``condition llm``."""
    return name.replace("C(", "").replace(")[T.", " ").rstrip("]")
