"""What a fit keeps of how it came about."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

import latentclass as lc
from latentclass.infer.record import Laps, recorded
from latentclass.infer.sampling import Sampler, Settings


def about(fit: lc.Fit) -> dict[str, object]:
    return fit.tree["sample_stats"].attrs


def test_a_fit_knows_seed_settings_and_seconds(cheating_fit) -> None:
    found = about(cheating_fit)
    wanted = {"seed": 1, "draws": 2000, "tuning_steps": 1000, "chains": 4, "inference_library": "nutpie"}
    assert {name: found[name] for name in wanted} == wanted
    for stage in ("compiling", "search", "sampling"):
        assert 0 < found[f"{stage}_time"] < 600


def test_a_fit_knows_its_versions(cheating_fit) -> None:
    versions = json.loads(about(cheating_fit)["versions"])
    assert versions["latentclass"] == lc.__version__
    assert versions["numpy"] == np.__version__
    assert versions["xarray"] == xr.__version__
    assert versions["nutpie"] == about(cheating_fit)["inference_library_version"]


def test_the_record_survives_names_and_files(cheating_fit, tmp_path) -> None:
    path = cheating_fit.rename(["Honest", "Cheats"]).save(tmp_path / "fit.nc")
    assert about(lc.load(path)) == about(cheating_fit)


def test_laps_are_the_times_between_them(monkeypatch) -> None:
    clock = iter([10.0, 12.0, 12.5, 20.0])
    monkeypatch.setattr("latentclass.infer.record.time.perf_counter", lambda: next(clock))
    laps = Laps(began=next(clock))
    for stage in ("compiling", "search", "sampling"):
        laps.lap(stage)
    assert laps.seconds == pytest.approx({"compiling": 2.0, "search": 0.5, "sampling": 7.5})


def test_a_record_is_a_copy() -> None:
    tree = xr.DataTree.from_dict({"posterior": xr.Dataset(), "sample_stats": xr.Dataset()})
    settings = Settings(
        draws=5, tune=6, chains=2, cores=1, target_accept=0.8, seed=9, sampler=Sampler.PYMC, progressbar=False
    )
    noted = recorded(tree, settings, n_starts=3, laps=Laps())
    assert noted["sample_stats"].attrs["seed"] == 9
    assert tree["sample_stats"].attrs == {}
