"""The table of answer probabilities and the order of breaking."""

from __future__ import annotations

import numpy as np

from latentclass import simulation
from latentclass.graph.measurement import likeliest_first
from tests.graph.conftest import Built
from tests.graph.evaluation import free_values, in_python, unconstrained


def test_the_most_frequent_level_is_broken_off_first(rich: Built) -> None:
    rank = likeliest_first(rich.survey)
    assert (rank == rank[0]).all()
    start = 0
    for name in ("posted", "channel", "trust"):
        column = [item.name for item in rich.survey.items].index(name)
        codes, size = rich.survey.codes[:, column], len(rich.survey.items[column].levels)
        own = rank[0, start : start + size] - start
        assert sorted(own) == list(range(size))
        counts = np.bincount(codes[codes >= 0], minlength=size)
        assert (np.diff(counts[np.argsort(own)]) <= 0).all()
        start += size


def test_derived_probabilities_and_thresholds_are_those_of_the_twin(rich: Built) -> None:
    model = rich.pymc_model
    wanted = simulation.level_probabilities(rich.survey, rich.parameters)
    values = unconstrained(model, free_values(model, rich.parameters))
    derived = [v for v in model.unobserved_value_vars if v.name in ("ordinal_probability", "threshold")]
    found = dict(zip([v.name for v in derived], in_python(model.value_vars, derived)(**values), strict=True))
    ordered = wanted.sel(item_level=list(model.coords["ordinal_level"]))
    np.testing.assert_allclose(found["ordinal_probability"], ordered, rtol=1e-10)
    baseline = rich.parameters["baseline"].to_numpy()
    cumulative = np.concatenate([np.cumsum(baseline[:5])[:-1], np.cumsum(baseline[5:])[:-1]])
    np.testing.assert_allclose(found["threshold"], np.log(cumulative / (1 - cumulative)), rtol=1e-10)
