"""The density as a C function gives what the density gives in Python."""

from __future__ import annotations

import ctypes

import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from latentclass.infer.compiled import Compiled, compile_survey
from latentclass.infer.jitted import Jitted
from latentclass.infer.native import density_entry, nutpie_model

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
    compiled = compile_survey(surveys[0])
    x = np.random.default_rng(2).normal(size=compiled.n_dim)
    model = expanding(compiled, compiled.expand)
    out = np.zeros(model.n_expanded)
    given = (array.ctypes.data_as(DOUBLES) for array in (x, out))
    assert EXPAND(model.compiled_expand_func.address)(len(x), len(out), *given, None) == 0
    np.testing.assert_array_equal(out, np.concatenate([np.ravel(value) for value in compiled.expand(x)]))


def test_an_error_of_python_is_told(surveys: tuple[lc.Survey, lc.Survey], capsys: pytest.CaptureFixture[str]) -> None:
    compiled = compile_survey(surveys[0])
    calls = []

    def failing(x: np.ndarray) -> tuple:
        calls.append(x)
        if len(calls) > 1:
            message = "lost"
            raise ValueError(message)
        return compiled.expand(x)

    model = expanding(compiled, failing)
    x, out = np.zeros(compiled.n_dim), np.zeros(model.n_expanded)
    given = (array.ctypes.data_as(DOUBLES) for array in (x, out))
    assert EXPAND(model.compiled_expand_func.address)(len(x), len(out), *given, None) < 0
    assert "ValueError: lost" in capsys.readouterr().err


def expanding(compiled: Compiled, expand):
    return nutpie_model(
        compiled.full_density, expand, lambda _: np.zeros(compiled.n_dim), names=compiled.names, coords={}, dims={}
    )
