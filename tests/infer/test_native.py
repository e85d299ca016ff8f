"""The density as a C function gives what the density gives in Python."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import numpy as np
import pandas as pd
import pytensor
import pytest

import latentclass as lc
from latentclass.infer.compiled import compile_survey
from latentclass.infer.jitted import Jitted
from latentclass.infer.native import _entry, density_entry, nutpie_model

DOUBLES = ctypes.POINTER(ctypes.c_double)
DENSITY = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_uint64, DOUBLES, DOUBLES, DOUBLES, ctypes.c_void_p)
EXPAND = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_uint64, ctypes.c_uint64, DOUBLES, DOUBLES, ctypes.c_void_p)


def called(density: Jitted, x: np.ndarray) -> tuple[int, float, np.ndarray]:
    entry, places = density_entry(density, np.zeros_like(x))
    value, gradient = np.zeros(1), np.zeros_like(x)
    given = (array.ctypes.data_as(DOUBLES) for array in (x, gradient, value))
    return DENSITY(entry.address)(len(x), *given, places.ctypes.data), value[0], gradient


@pytest.fixture(scope="module")
def surveys() -> tuple[lc.Survey, lc.Survey]:
    """Two surveys of one structure and different length, with missing answers, covariates and a latent construct."""
    model = lc.Model(
        items=[*lc.ordinal("a", "b", levels=[1, 2, 3]), *lc.binary("c", levels=[0, 1])],
        n_classes=2,
        factor_groups={"own": ["x"], "scale": ["s"]},
        constructs={"s": lc.construct("s_1", "s_2", "s_3", levels=[1, 2, 3])},
    )

    def survey(n: int) -> lc.Survey:
        rng = np.random.default_rng(n)
        frame = pd.DataFrame({name: rng.integers(1, 4, n).astype(float) for name in ("a", "b", "s_1", "s_2", "s_3")})
        frame["c"], frame["x"] = rng.integers(0, 2, n), rng.normal(size=n)
        frame.loc[:2, "a"] = np.nan
        return lc.read_survey(model, frame)

    return survey(30), survey(41)


def test_value_and_gradient_are_those_of_python(surveys: tuple[lc.Survey, lc.Survey]) -> None:
    for survey in surveys:
        density = compile_survey(survey).full_density
        x = np.random.default_rng(1).normal(size=compile_survey(survey).n_dim)
        status, value, gradient = called(density, x)
        expected, slope = density(x)
        assert status == 0
        assert value == pytest.approx(float(expected), rel=1e-13)
        np.testing.assert_allclose(gradient, slope, rtol=1e-12)


def test_surveys_of_one_structure_share_the_function(surveys: tuple[lc.Survey, lc.Survey]) -> None:
    entries = [
        density_entry(compiled.full_density, np.zeros(compiled.n_dim))[0].address
        for compiled in map(compile_survey, surveys)
    ]
    assert entries[0] == entries[1]


def test_what_is_not_finite_is_told(surveys: tuple[lc.Survey, lc.Survey]) -> None:
    compiled = compile_survey(surveys[0])
    x = np.zeros(compiled.n_dim)
    x[0] = np.nan
    assert called(compiled.full_density, x)[0] > 0


def test_all_variables_are_written_one_after_the_other(surveys: tuple[lc.Survey, lc.Survey]) -> None:
    for compiled in map(compile_survey, surveys):
        x = np.random.default_rng(2).normal(size=compiled.n_dim)
        model = nutpie_model(
            compiled.full_density,
            compiled.expand,
            lambda _, x=x: np.zeros_like(x),
            names=compiled.names,
            coords={},
            dims={},
        )
        out = np.zeros(model.n_expanded)
        given = (array.ctypes.data_as(DOUBLES) for array in (x, out))
        expand = EXPAND(model.compiled_expand_func.address)
        assert expand(len(x), len(out), *given, model.user_data.ctypes.data) == 0
        np.testing.assert_array_equal(out, np.concatenate([np.ravel(value) for value in compiled.expand(x)]))
        # The density finds its own data before those of the variables.
        value, gradient = np.zeros(1), np.zeros_like(x)
        given = (array.ctypes.data_as(DOUBLES) for array in (x, gradient, value))
        density = DENSITY(model.compiled_logp_func.address)
        assert density(len(x), *given, model.user_data.ctypes.data) == 0
        assert value[0] == pytest.approx(float(compiled.full_density(x)[0]), rel=1e-13)


def test_without_a_cache_it_is_compiled(surveys: tuple[lc.Survey, lc.Survey]) -> None:
    density = compile_survey(surveys[0]).full_density
    x = np.random.default_rng(1).normal(size=compile_survey(surveys[0]).n_dim)
    wanted = called(density, x)[1]
    _entry.cache_clear()
    with pytensor.config.change_flags(numba__cache=False):
        assert called(density, x)[1] == wanted


PROGRAM = """
import numpy as np, latentclass as lc
from latentclass.infer.compiled import compile_survey
from latentclass.infer.native import density_entry

data = lc.datasets.plain_survey(n=100, n_items=3, n_levels=3, n_classes=2, n_covariates=2, seed=1)
compiled = compile_survey(lc.read_survey(data.model, data.frame))
entry, _ = density_entry(compiled.full_density, np.zeros(compiled.n_dim))
print(entry.keep.cache_hits)
"""


def test_further_processes_read_the_function_from_the_cache() -> None:
    hits = [subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True) for _ in "ab"]
    assert hits[1].stdout.strip() == "1", hits[1].stderr
