"""A fit from start to end, against published posteriors and an independent Gibbs sampler."""

from __future__ import annotations

import arviz as az
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import latentclass as lc
from latentclass.infer.fitting import recover
from latentclass.infer.sampling import truncated
from latentclass.infer.spool import Spool
from latentclass.posterior import check_convergence, store

# Share of cheaters, their answers, the others' answers: posterior means and standard deviations under flat priors from
# the case study of Ji, Amanmyradova and Rabe-Hesketh (Stan), with three decimals.
PUBLISHED_MEAN = [0.137, 0.632, 0.649, 0.245, 0.402, 0.031, 0.042, 0.043, 0.187]
PUBLISHED_SD = [0.043, 0.137, 0.133, 0.080, 0.094, 0.017, 0.020, 0.015, 0.026]


def gibbs(answers: np.ndarray, n_draws: int) -> np.ndarray:
    """Draw from the same posterior by conjugate Gibbs steps over the answer patterns."""
    rng = np.random.default_rng(0)
    patterns, counts = np.unique(answers, axis=0, return_counts=True)
    share, high, low = 0.15, np.array([0.6, 0.6, 0.25, 0.4]), np.array([0.03, 0.04, 0.04, 0.19])
    draws = np.empty((n_draws, 9))
    for draw in range(-500, n_draws):
        yes = np.log(share) + (patterns * np.log(high) + (1 - patterns) * np.log1p(-high)).sum(axis=1)
        no = np.log1p(-share) + (patterns * np.log(low) + (1 - patterns) * np.log1p(-low)).sum(axis=1)
        within = rng.binomial(counts, 1 / (1 + np.exp(no - yes)))
        outside = counts - within
        share = rng.beta(1 + within.sum(), 1 + outside.sum())
        high = rng.beta(1 + within @ patterns, 1 + within @ (1 - patterns))
        low = rng.beta(1 + outside @ patterns, 1 + outside @ (1 - patterns))
        if draw >= 0:
            draws[draw] = np.r_[share, high, low]
    return draws


def quantities(fit: lc.Fit) -> xr.DataArray:
    posterior = fit.posterior
    yes = posterior["probability"].sel(item_level=[f"{name}=2" for name in fit.tree.observed_data["item"].values])
    parts = [posterior["class_share"].sel({"class": ["Class 2"]}).rename({"class": "entry"}).drop_vars("entry")]
    parts += [
        yes.sel({"class": k}, drop=True).rename(item_level="entry").drop_vars("entry") for k in ("Class 2", "Class 1")
    ]
    return xr.concat(
        [part.transpose("chain", "draw", "entry") for part in parts], dim="entry", coords="minimal", compat="override"
    )


def test_posterior_is_the_published_one_and_that_of_a_gibbs_sampler(cheating_fit) -> None:
    found = quantities(cheating_fit)
    mean, sd = found.mean(("chain", "draw")).to_numpy(), found.std(("chain", "draw")).to_numpy()
    own_error = sd / np.sqrt(az.ess(found).to_numpy())
    # The published ones come from a run of similar length, and are rounded to 0.001.
    np.testing.assert_array_less(abs(mean - PUBLISHED_MEAN), 4 * np.sqrt(2) * own_error + 0.001)
    np.testing.assert_allclose(sd, PUBLISHED_SD, rtol=0.08, atol=0.001)
    draws = gibbs((cheating_fit.survey.codes == 1).astype(int), 30_000)
    batches = draws.reshape(30, -1, 9).mean(axis=1)
    error = np.sqrt(own_error**2 + batches.var(axis=0) / 30)
    np.testing.assert_array_less(abs(mean - draws.mean(axis=0)), 4 * error)
    # Standard deviations of 2000 and more effective draws vary by about 2 %, those of skewed posteriors by more.
    np.testing.assert_allclose(sd, draws.std(axis=0), rtol=0.08)


def test_a_converged_fit_says_so(cheating_fit) -> None:
    assert cheating_fit.convergence.ok, cheating_fit.convergence.messages
    assert cheating_fit.convergence.max_rhat < 1.01
    assert cheating_fit.solutions["chains"].tolist() == [(0, 1, 2, 3)]
    lines = cheating_fit.summary().splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100


def test_arviz_takes_the_tree(cheating_fit) -> None:
    tree = cheating_fit.tree
    groups = {"posterior", "sample_stats", "log_likelihood", "log_prior", "observed_data", "constant_data"}
    assert groups <= set(tree.children)
    assert az.loo(tree, var_name="responses").n_data_points == 319
    assert az.summary(tree, var_names=["probability"]).shape[0] == 16
    assert float(az.rhat(tree)["probability"].max()) < 1.02


def test_same_seed_same_bits_and_another_seed_others(cheating_fit, cheating_model) -> None:
    def draws(seed: int) -> np.ndarray:
        survey = cheating_fit.survey
        with pytest.warns(lc.ConvergenceWarning):
            fit = lc.fit(cheating_model, survey, draws=25, tune=50, chains=2, seed=seed, n_starts=2, progressbar=False)
        return fit.posterior["probability"].to_numpy()

    first = draws(3)
    np.testing.assert_array_equal(first, draws(3))
    assert not np.array_equal(first, draws(4))


def test_more_chains_than_draws_are_no_mistake(cheating_fit, cheating_model) -> None:
    # Warnings other than this one are errors here.
    with pytest.warns(lc.ConvergenceWarning):
        fit = lc.fit(
            cheating_model, cheating_fit.survey, draws=5, tune=50, chains=6, seed=1, n_starts=2, progressbar=False
        )
    assert dict(fit.posterior["class_share"].sizes) == {"chain": 6, "draw": 5, "class": 2}


def test_names_go_everywhere(cheating_fit) -> None:
    named = cheating_fit.rename({"Class 1": "Honest"}).rename(["Honest", "Cheaters"])
    assert named.classes().index.tolist() == ["Honest", "Cheaters"]
    assert named.tree.posterior["class"].values.tolist() == ["Honest", "Cheaters"]
    assert {"Honest", "Cheaters"} <= set(named.modes.columns)
    assert "Cheaters" in named.summary()
    with pytest.raises(lc.ModelError, match="no class 'Clas 1'.*Did you mean 'Class 1'"):
        cheating_fit.rename({"Clas 1": "Honest"})


def test_prediction_from_partial_answers_is_bayes_rule(cheating_fit) -> None:
    new = pd.DataFrame({"LIEEXAM": [2, np.nan], "COPYEXAM": [2, np.nan]})
    table = cheating_fit.predict(new)
    posterior = cheating_fit.posterior
    joint = posterior["class_share"]
    for cell in ("LIEEXAM=2", "COPYEXAM=2"):
        joint = joint * posterior["probability"].sel(item_level=cell, drop=True)
    expected = (joint / joint.sum("class")).mean(("chain", "draw"))
    assert table["Class 2"].iloc[0] == pytest.approx(float(expected.sel({"class": "Class 2"})), abs=1e-10)
    assert table["Class 2"].iloc[1] == pytest.approx(
        float(posterior["class_share"].mean(("chain", "draw"))[1]), abs=1e-10
    )


def test_replicated_surveys_look_like_the_survey(cheating_fit) -> None:
    replicated = cheating_fit.with_posterior_predictive(draws=200).tree["posterior_predictive"]["responses"]
    rates = (replicated == 1).mean("respondent")
    observed = (cheating_fit.survey.codes == 1).mean(axis=0)
    # The model reproduces the margins: the observed rate lies well inside the replicated ones.
    gap = abs(rates.mean(("chain", "draw")) - observed) / rates.std(("chain", "draw"))
    assert float(gap.max()) < 1


def test_an_unfinished_fit_is_recovered(cheating_fit, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTCLASS_UNFINISHED", str(tmp_path))
    groups = {n: cheating_fit.tree[n].to_dataset() for n in ("posterior", "sample_stats")}
    spool = Spool.new(cheating_fit.survey, cheating_fit.modes)
    spool.keep(xr.DataTree.from_dict(groups))
    assert len(list(tmp_path.glob("*.nc"))) == 1
    again = recover()
    np.testing.assert_array_equal(again.posterior["probability"], cheating_fit.posterior["probability"])
    assert not list(tmp_path.glob("*.nc"))
    with pytest.raises(lc.FileError, match="no unfinished fit"):
        recover()


def test_an_error_after_sampling_keeps_the_draws(cheating_model, cheating_fit, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTCLASS_UNFINISHED", str(tmp_path))

    def broken(*_: object, **__: object) -> None:
        message = "out of luck"
        raise ValueError(message)

    options = {"draws": 25, "tune": 50, "chains": 2, "seed": 3, "n_starts": 2, "progressbar": False}
    with monkeypatch.context() as patch:
        patch.setattr("latentclass.infer.fitting.relabel", broken)
        with pytest.raises(lc.FitError, match=r"out of luck.*recover\("):
            lc.fit(cheating_model, cheating_fit.survey, **options)
    with pytest.warns(lc.ConvergenceWarning):
        assert recover().posterior.sizes["draw"] == 25


def test_an_interrupted_run_keeps_what_all_chains_have() -> None:
    lp = np.full((3, 60), np.nan)
    lp[0], lp[1, :40], lp[2, :5] = 1.0, 1.0, 1.0
    stats = xr.Dataset({"logp": (("chain", "draw"), lp)})
    kept = truncated(xr.DataTree.from_dict({"sample_stats": stats, "posterior": stats}))
    assert dict(kept["posterior"].to_dataset().sizes) == {"chain": 2, "draw": 40}
    with pytest.raises(lc.FitError, match="no chain had 20 draws"):
        truncated(xr.DataTree.from_dict({"sample_stats": stats.isel(chain=[2])}))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"draws": 0}, "draws is a positive whole number; got 0"),
        ({"chains": 2.5}, "chains is a positive whole number; got 2.5"),
        ({"sampler": "nutpy"}, "Unknown sampler 'nutpy'. Did you mean 'nutpie'"),
        ({"target_accept": 1.5}, "between 0 and 1"),
        ({"seed": -1}, "seed is a whole number"),
    ],
)
def test_bad_arguments(options: dict, match: str) -> None:
    model = lc.Model(items=lc.binary("a"), n_classes=1)
    with pytest.raises(lc.FitError, match=match):
        lc.fit(model, pd.DataFrame({"a": [0, 1]}), **options)


def draws_of(*chains: np.ndarray) -> xr.Dataset:
    return xr.Dataset({"slope": (("chain", "draw"), np.stack(chains))})


def test_checks_speak_up() -> None:
    rng = np.random.default_rng(1)
    good = draws_of(*rng.normal(size=(4, 500)))
    quiet = xr.zeros_like(good["slope"]).astype(bool).to_dataset(name="diverging")
    sure = xr.ones_like(good["slope"])
    assert check_convergence(good, quiet, sure).ok
    cases = [
        (draws_of(*(rng.normal(size=(4, 500)) + np.arange(4)[:, None])), quiet, sure, "R-hat of 'slope'"),
        (draws_of(*rng.normal(size=(4, 500)).cumsum(axis=1)), quiet, sure, "Effective sample size of 'slope'"),
        (good, quiet | True, sure, "2000 of 2000 transitions diverged"),
        (good, quiet, 0 * sure, "In 100% of the draws"),
        (draws_of(rng.normal(size=500)), quiet.isel(chain=[0]), sure.isel(chain=[0]), "One chain"),
    ]
    for draws, stats, margin, expected in cases:
        assert any(m.startswith(expected) for m in check_convergence(draws, stats, margin).messages), expected
    assert "2 different solutions" in check_convergence(good, quiet, sure, n_solutions=2).messages[0]


def test_saved_and_loaded(cheating_fit, tmp_path) -> None:
    path = cheating_fit.save(tmp_path / "fit.nc")
    again = lc.load(path)
    assert again.model == cheating_fit.model
    assert again.survey == cheating_fit.survey
    for name, node in cheating_fit.tree.children.items():
        xr.testing.assert_equal(again.tree[name].to_dataset(), node.to_dataset())
    pd.testing.assert_frame_equal(again.modes, cheating_fit.modes, check_dtype=False)
    assert again.convergence.messages == cheating_fit.convergence.messages
    assert again.solutions["chains"].tolist() == cheating_fit.solutions["chains"].tolist()
    assert not list(tmp_path.glob(".fit*"))


def test_frames_of_every_kind_survive(tmp_path) -> None:
    frame = pd.DataFrame(
        {
            "a/b c": ["no", None, "yes", "no"],
            "mood": pd.Categorical(["low", "high", "low", "mid"], ["low", "mid", "high"], ordered=True),
            "flag": [True, False, True, False],
            "age": [20, 30, 50, 41],
            "pay": [1.5, np.nan, 2.0, 3.0],
        },
        index=["r1", "r2", "r3", "r4"],
    )
    model = lc.Model(
        items=[*lc.binary("a/b c", "flag"), *lc.ordinal("mood")], n_classes=1, factor_groups={"g": ["age", "pay"]}
    )
    survey = lc.read_survey(model, frame, missing_covariates="drop")
    tree = xr.DataTree.from_dict({"posterior": xr.Dataset({"x": (("chain", "draw"), [[1.0]])})})
    path = store.write_file(tmp_path / "one.nc", tree, survey, {"note": 1})
    _, again, extra = store.read_file(path)
    assert again == survey
    assert again.notes == survey.notes
    assert again.notes.dropped == ("r2",)
    assert extra == {"note": 1}


def test_files_that_are_no_fits(cheating_fit, tmp_path) -> None:
    with pytest.raises(lc.FileError, match="There is no file"):
        lc.load(tmp_path / "none.nc")
    with pytest.raises(lc.FileError, match="no folder"):
        cheating_fit.save(tmp_path / "none" / "fit.nc")
    (tmp_path / "text.nc").write_text("hello")
    with pytest.raises(lc.FileError, match="no netCDF file"):
        lc.load(tmp_path / "text.nc")
    xr.Dataset({"x": 1}).to_netcdf(tmp_path / "other.nc", engine="netcdf4")
    with pytest.raises(lc.FileError, match="not a fit saved by latentclass"):
        lc.load(tmp_path / "other.nc")


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('"latentclass_format": 1', "", "newer version"),
        ('"Flat"', '"Pickle"', "damaged"),
        ('"n_classes": 2', '"n_classes": 0', "n_classes is a whole number"),
        ('"factor_groups": {}', '"factor_groups": {"g": "__import__(\'os\').system(\'touch hacked\')"}', "damaged"),
    ],
)
def test_what_a_file_says_is_checked_and_never_run(
    cheating_fit, tmp_path, monkeypatch, old: str, new: str, match: str
) -> None:
    import netCDF4

    monkeypatch.chdir(tmp_path)
    path = cheating_fit.save(tmp_path / "fit.nc")
    with netCDF4.Dataset(path, "a") as file:
        if not new:
            file.latentclass_format = np.int64(99)
        else:
            assert old in file.model
            file.model = file.model.replace(old, new)
    with pytest.raises(lc.FileError, match=match):
        lc.load(path)
    assert not (tmp_path / "hacked").exists()
