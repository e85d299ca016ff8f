"""Local identifiability of models that are known to be identified, and of some that are known not to be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import latentclass as lc
from latentclass.checks.identification import Identification, identification, parameter_names
from latentclass.checks.point import Point
from latentclass.simulation import membership_log_prior


def found_for(model: lc.Model, seed: int = 1) -> Identification:
    simulated = lc.simulate(model, n=60, seed=seed)
    survey = lc.read_survey(model, simulated.frame)
    share = np.exp(membership_log_prior(survey, simulated.parameters).to_numpy())
    return identification(Point.at(simulated.parameters, survey, share))


def binary(n_items: int, n_classes: int) -> lc.Model:
    return lc.Model(items=lc.binary(*"abcdefg"[:n_items], levels=[0, 1]), n_classes=n_classes)


@pytest.mark.parametrize(
    ("n_items", "n_classes", "n_parameters", "rank"),
    [
        # Identified: 7 parameters for 7 free cells, and plenty of cells.
        (3, 2, 7, 7),
        (5, 2, 11, 11),
        (5, 3, 17, 17),
        (6, 3, 20, 20),
        # More parameters than free cells.
        (2, 2, 5, 3),
        (3, 3, 11, 7),
        # Goodman (1974): 14 parameters, 15 free cells, and yet one too many.
        (4, 3, 14, 13),
    ],
)
def test_binary_items(n_items: int, n_classes: int, n_parameters: int, rank: int) -> None:
    found = found_for(binary(n_items, n_classes))
    assert (found.n_parameters, found.rank) == (n_parameters, rank)
    assert found.ok == (rank == n_parameters)
    assert found.enough_cells == (n_parameters < 2**n_items)
    assert found.directions.shape == (n_parameters, n_parameters - rank)


def test_what_changes_nothing_changes_no_cell_probability() -> None:
    """Move the parameters along the direction found: all probabilities of response patterns stay."""
    model = binary(4, 3)
    simulated = lc.simulate(model, n=60, seed=1)
    survey, parameters = lc.read_survey(model, simulated.frame), simulated.parameters
    found = found_for(model)
    names = parameter_names(Point.at(parameters, survey, np.full((60, 3), 1 / 3)))
    assert names[:3] == ["size of Class 1", "size of Class 2", "a in Class 1"]
    step = found.directions.iloc[:, 0].to_numpy()

    def cells(scale: float) -> np.ndarray:
        logits = parameters["intercept"].to_numpy() + scale * np.append(step[:2], 0.0)
        share = np.exp(logits) / np.exp(logits).sum()
        p = parameters["probability"].to_numpy().reshape(3, 4, 2)
        likeliest = p.argmax(axis=2)
        moved = scale * step[2:].reshape(4, 3).T
        odds = np.log(p[..., 1] / p[..., 0]) + np.where(likeliest == 0, moved, -moved)
        yes = 1 / (1 + np.exp(-odds))
        codes = np.indices((2,) * 4).reshape(4, -1).T
        given = np.where(codes[:, None] == 1, yes, 1 - yes).prod(axis=2)
        return given @ share

    slope = (cells(1e-4) - cells(-1e-4)) / 2e-4
    assert np.abs(slope).max() < 1e-7
    other = np.random.default_rng(0).normal(size=len(step))
    step = other / np.linalg.norm(other)
    assert np.abs((cells(1e-4) - cells(-1e-4)) / 2e-4).max() > 1e-3


def test_cumulative_items_with_covariates_are_identified() -> None:
    model = lc.Model(
        items=lc.ordinal(*"abcd", levels=[1, 2, 3, 4], dispersion=True),
        n_classes=3,
        factor_groups={"group": ["x"]},
    )
    rng = np.random.default_rng(0)
    simulated = lc.simulate(model, covariates=pd.DataFrame({"x": rng.normal(size=60)}), seed=1)
    survey = lc.read_survey(model, simulated.frame)
    share = np.exp(membership_log_prior(survey, simulated.parameters).to_numpy())
    found = identification(Point.at(simulated.parameters, survey, share))
    assert found.n_parameters == found.rank == 4 + 4 * (3 + 2 + 2)
    assert found.n_cells is None


def test_two_classes_alike_are_not_identified() -> None:
    model = binary(5, 2)
    simulated = lc.simulate(model, n=60, seed=1)
    survey = lc.read_survey(model, simulated.frame)
    same = simulated.parameters["probability"].isel({"class": 0}, drop=True)
    alike = simulated.parameters.assign(probability=xr.concat([same, same], "class").transpose("class", ...))
    found = identification(Point.at(alike, survey, np.full((60, 2), 0.5)))
    # Five probabilities are all that the answers tell of.
    assert found.rank == 5
