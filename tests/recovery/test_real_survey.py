"""A real survey with constructs, fitted without hand-holding. Slow."""

from __future__ import annotations

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
    # Warnings are errors: a fit that has not converged would end here.
    fit = lc.fit(model, frame, seed=1, progressbar=False)
    assert fit.convergence.ok
    assert fit.convergence.n_divergent == 0
    assert fit.convergence.table["max_rhat"].max() < 1.01
    assert (fit.reliability().filter(like="reliability_mean") > 0.8).all().all()
    sensitivity = az.psense_summary(fit.tree, var_names=["slope_individual"])
    assert len(sensitivity) == 9
