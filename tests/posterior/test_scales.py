"""Scales of slopes and shares of a split total, from made-up draws."""

from types import SimpleNamespace

import numpy as np
import pytest

import latentclass as lc
from tests.posterior.conftest import example_of, full_model


def as_fit(example):
    return SimpleNamespace(survey=example.survey, model=example.survey.model, posterior=example.posterior)


def test_scales_of_every_family():
    priors = lc.Priors(effects=lc.Hierarchical(0.3), group_effects={"technical": lc.Normal(0.2)})
    example = example_of(full_model().replace(priors=priors), seed=3)
    table = lc.group_scales(as_fit(example), prob=0.5)
    drawn = example.posterior["effect_scale_individual"].to_numpy()
    assert table.loc["individual", "mean"] == pytest.approx(drawn.mean())
    assert table.loc["individual", "eti50_ub"] == pytest.approx(np.quantile(drawn, 0.75))
    assert table.loc["technical", ["mean", "sd", "eti50_lb"]].tolist() == pytest.approx([0.2, 0.0, 0.2])
    assert table["prior"].tolist() == ["Hierarchical(0.3)", "Normal(0.2)"]
    assert "share_mean" not in table


def test_shares_of_a_total_sum_to_one():
    example = example_of(full_model().replace(priors=lc.Priors(effects=lc.Allocation())), seed=3)
    table = lc.group_scales(as_fit(example))
    assert table["share_mean"].sum() == pytest.approx(1.0)
    # The scale is that of the total the group is given, per variance of its columns.
    posterior, group = example.posterior, example.survey.groups[1]
    explained, split = posterior["explained"], posterior["allocation"].sel(allocated_group="technical")
    scale = np.sqrt(np.pi**2 / 6 * explained / (1 - explained) * split / group.total_variance)
    assert table.loc["technical", "mean"] == pytest.approx(float(scale.mean()))


def test_the_horseshoe_has_a_scale_per_covariate():
    prior = lc.RegularizedHorseshoe(0.2)
    example = example_of(full_model().replace(priors=lc.Priors(effects=prior)), seed=3)
    table = lc.group_scales(as_fit(example))
    posterior = example.posterior
    wide = posterior["effect_scale_technical"] * posterior["local_scale_technical"]
    each = wide / np.sqrt(1 + wide**2 / posterior["slab_variance_technical"])
    assert table.loc["technical", "mean"] == pytest.approx(float(np.sqrt((each**2).mean("technical_covariate")).mean()))


def test_one_class_has_no_slopes(single):
    with pytest.raises(lc.ModelError, match=r"it has 2 groups and n_classes=1"):
        lc.group_scales(as_fit(single))
