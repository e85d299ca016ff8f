"""The criteria of a fit with one class, whose marginal likelihood and predictions are known in closed form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import betaln

import latentclass as lc
from latentclass.comparison import assess


def test_one_class_against_closed_forms() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame((rng.random((60, 4)) < [0.2, 0.5, 0.9, 0.6]).astype(int), columns=list("abcd"))
    model = lc.Model(items=lc.binary(*frame), n_classes=1, priors=lc.Priors(items=lc.Dirichlet(1.5)))
    fit = lc.fit(model, frame, draws=1000, tune=300, chains=2, n_starts=2, seed=1, progressbar=False)
    found = assess(fit, n_starts=2)
    n, ones = len(frame), frame.sum().to_numpy()
    marginal = np.sum(betaln(1.5 + ones, 1.5 + n - ones) - betaln(1.5, 1.5))
    assert found.marginal_by == "bridge sampling"
    assert found.log_marginal == pytest.approx(marginal, abs=4 * found.log_marginal_error + 0.005)
    # The answers of one given all others: counts without it, over their sum.
    alike = np.where(frame == 1, ones, n - ones) - 1
    elpd = np.log((alike + 1.5) / (n - 1 + 3.0)).sum(axis=1)
    np.testing.assert_allclose(found.prediction.pointwise["elpd"], elpd, atol=0.02)
    assert found.prediction.elpd == pytest.approx(elpd.sum(), abs=0.3)
    height = np.sum(ones * np.log(ones / n) + (n - ones) * np.log1p(-ones / n))
    assert found.likelihood.log_likelihood == pytest.approx(height, abs=1e-5)
    assert (found.smallest_share, found.smallest_count) == (pytest.approx(1), n)
    assert found.failed == ()
    # Half of the respondents give one answer to two items: one class cannot have that.
    same = rng.random(60) < 0.5
    dependent = lc.fit(
        model, frame.assign(c=frame["b"].where(same, frame["c"])), draws=300, tune=300, chains=2, n_starts=2, seed=1,
        progressbar=False,
    )  # fmt: skip
    assert "bivariate" in assess(dependent, n_starts=2).failed
