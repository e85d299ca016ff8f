"""A real survey with constructs, fitted without hand-holding. Slow."""

from __future__ import annotations

import warnings

import arviz as az
import pytest

import latentclass as lc

pytestmark = pytest.mark.slow


def test_a_real_survey_with_constructs_needs_no_hand_holding(reference_survey) -> None:
    frame = reference_survey("utaut2_216")
    sizes = {"PE": 4, "EE": 4, "FC": 4, "PV": 3, "SI": 3}
    model = lc.Model(
        items=[*lc.ordinal("HM1", "HM2", "HM3"), *lc.ordinal("HAB1", "HAB2", "HAB3", "HAB4")],
        n_classes=3,
        factor_groups={
            "technical": ["PE", "EE", "FC", "PV"],
            "social": ["SI"],
            "individual": ["age", "experience", "gender"],
        },
        constructs={name: [f"{name}{i + 1}" for i in range(size)] for name, size in sizes.items()},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lc.ConvergenceWarning)
        fit = lc.fit(model, frame, draws=2000, tune=1500, seed=1, progressbar=False)
    assert fit.convergence.n_divergent == 0
    table = fit.convergence.table.drop("score")
    # The largest of some 200 entries: 1.008 to 1.016 was seen over seeds and machines.
    assert table["max_rhat"].max() < 1.03
    assert fit.convergence.table.loc["score", "max_rhat"] < 1.03
    assert (fit.reliability().filter(like="reliability_mean") > 0.8).all().all()
    sensitivity = az.psense_summary(fit.tree, var_names=["slope_individual"])
    assert len(sensitivity) == 9
