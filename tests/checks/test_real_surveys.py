"""Real surveys with faults that are known: local dependence, and classes that are not identified. Slow."""

from __future__ import annotations

import warnings

import pytest

import latentclass as lc

pytestmark = pytest.mark.slow


def fitted(model: lc.Model, frame) -> lc.Fit:
    with warnings.catch_warnings():
        # Short chains, and models that are wrong on purpose.
        warnings.simplefilter("ignore", lc.LatentClassWarning)
        return lc.fit(model, frame, draws=300, tune=300, chains=2, n_starts=6, seed=1, progressbar=False)


def test_intentions_that_ask_the_same_thing_light_up(reference_survey) -> None:
    frame = reference_survey("utaut2_216")
    items = [*(f"INT{j}" for j in (1, 2, 3)), *(f"HM{j}" for j in (1, 2, 3)), *(f"HAB{j}" for j in (1, 2, 3, 4))]
    model = lc.Model(items=lc.ordinal(*items, levels=range(1, 8)), n_classes=3)
    checks = lc.check(fitted(model, frame))
    assert checks["bivariate"].failed
    pairs = checks["bivariate"].table
    for pair in (("INT1", "INT2"), ("INT1", "INT3"), ("INT2", "INT3")):
        assert pairs.loc[pair, "observed"] > 0.3
        assert pairs.loc[pair, "p_adjusted"] < 0.01


@pytest.mark.parametrize(("n_classes", "identified"), [(2, True), (3, False)])
def test_three_classes_of_values_are_not_identified(reference_survey, n_classes: int, identified: bool) -> None:
    frame = reference_survey("values")
    columns = [name for name in frame.columns if frame[name].nunique() == 2]
    found = lc.diagnose(fitted(lc.Model(items=lc.binary(*columns), n_classes=n_classes), frame))
    assert len(columns) == 4
    assert found.identification.ok == identified
    assert (found.table.loc["identification", "severity"] == "fine") == identified
    assert identified or (found.identification.n_parameters, found.identification.rank) == (14, 13)
