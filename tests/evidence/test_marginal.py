"""Marginal likelihoods against closed forms, enumeration, sequential Monte Carlo and Stan with bridgesampling."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pymc as pm
import pytest
from scipy.special import gammaln, logsumexp

import latentclass as lc
from latentclass.evidence import marginal_likelihood
from tests.conftest import CHEATING

type Reader = Callable[[str], pd.DataFrame]


def dirichlet_multinomial(counts: np.ndarray, concentration: float = 1.0) -> float:
    """Return the log probability of answers in their order, the probabilities averaged out."""
    total = gammaln(concentration * len(counts)) - gammaln(concentration * len(counts) + counts.sum())
    return float(total + (gammaln(concentration + counts) - gammaln(concentration)).sum())


def enumerated(codes: np.ndarray, n_classes: int, n_levels: int) -> float:
    """Return the log marginal likelihood, summed over the classes of all respondents; uniform priors."""
    terms = []
    for z in product(range(n_classes), repeat=len(codes)):
        z = np.array(z)
        term = dirichlet_multinomial(np.bincount(z, minlength=n_classes))
        for k in range(n_classes):
            for column in codes[z == k].T:
                term += dirichlet_multinomial(np.bincount(column, minlength=n_levels))
        terms.append(term)
    return float(logsumexp(terms))


def fitted(model: lc.Model, frame: pd.DataFrame, **settings: object) -> lc.Fit:
    return lc.fit(model, frame, **{"seed": 1, "cores": 2, "progressbar": False, "n_starts": 5, **settings})


@pytest.mark.slow
def test_one_class_has_the_marginal_likelihood_of_its_closed_form() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.integers(0, [2, 3, 5, 4], size=(80, 4)), columns=list("abcd"))
    frame.iloc[:70, 3] = 0
    items = [lc.nominal(name, levels=range(n)) for name, n in zip("abcd", (2, 3, 5, 4), strict=True)]
    found = marginal_likelihood(fitted(lc.Model(items=items, n_classes=1), frame, draws=2000))
    counts = [np.bincount(frame[name], minlength=n) for name, n in zip("abcd", (2, 3, 5, 4), strict=True)]
    truth = sum(dirichlet_multinomial(c) for c in counts)
    assert found.ok
    assert found.error < 0.01
    assert found.log_value == pytest.approx(truth, abs=0.01 + 2 * found.error)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::latentclass.ConvergenceWarning", "ignore::latentclass.LatentClassWarning")
def test_namings_that_run_into_each_other_are_counted_exactly() -> None:
    # Eleven respondents know so little of the classes that the posterior is one lump of all namings: twice the integral
    # over a normal that is not cut at the border of the namings would be far too much.
    codes = np.array([[0, 0, 0]] * 4 + [[1, 1, 1]] * 4 + [[0, 1, 1], [1, 0, 1], [0, 0, 1]])
    model = lc.Model(items=lc.binary(*"abc", levels=[0, 1]), n_classes=2, priors=lc.Priors.flat())
    found = marginal_likelihood(fitted(model, pd.DataFrame(codes, columns=list("abc")), draws=4000), draws=16000)
    truth = enumerated(codes, 2, 2)
    assert found.log_copies == pytest.approx(np.log(2))
    assert found.error < 0.03
    assert found.log_value == pytest.approx(truth, abs=3 * found.error)


def test_flat_priors_on_probabilities_are_proper(cheating_fit: lc.Fit) -> None:
    found = marginal_likelihood(cheating_fit, draws=4000)
    assert found.ok
    assert found.n_draws == 4000
    # Laplace in log-odds is off by the skewness of a few rare answers.
    assert found.log_value == pytest.approx(cheating_fit.modes["log_evidence"].iloc[0], abs=0.6)
    again = marginal_likelihood(cheating_fit, draws=2000, seed=1)
    assert again.log_value == pytest.approx(found.log_value, abs=4 * np.hypot(found.error, again.error))


@pytest.mark.slow
def test_sequential_monte_carlo_agrees(reference_survey: Reader, cheating_fit: lc.Fit) -> None:
    found = marginal_likelihood(cheating_fit)
    with lc.build(cheating_fit.model, reference_survey("cheating")):
        tree = pm.sample_smc(1000, chains=4, cores=1, random_seed=1, progressbar=False)
    runs = np.array([stages[-1] for stages in tree["sample_stats"]["log_marginal_likelihood"].to_numpy()], dtype=float)
    # Four runs scatter by several tenths: their mean is known to half of that.
    assert runs.std(ddof=1) < 1.0
    assert found.log_value == pytest.approx(runs.mean(), abs=3 * runs.std(ddof=1) / np.sqrt(len(runs)) + 0.1)


def test_improper_priors_have_no_marginal_likelihood() -> None:
    data = lc.datasets.plain_survey(n=50, n_items=3, seed=1)
    model = data.model.replace(priors=lc.Priors.flat())
    with pytest.raises(lc.ModelError, match="needs proper priors"):
        marginal_likelihood(SimpleNamespace(survey=lc.read_survey(model, data.frame)))


STAN = """
data { int n; int J; int y[n, J]; int P; matrix[n, P] X; real s_a; real s_b; }
parameters { real u; vector[P] v; matrix<lower=0, upper=1>[2, J] p; }
model {
  vector[n] eta = rep_vector(u * sqrt(2.0), n);
  if (P > 0) eta += X * v * sqrt(2.0);
  target += normal_lpdf(u | 0, s_a);
  target += normal_lpdf(v | 0, s_b);
  for (i in 1:n)
    target += log_sum_exp(log_inv_logit(eta[i]) + bernoulli_lpmf(y[i] | p[1]),
                          log1m_inv_logit(eta[i]) + bernoulli_lpmf(y[i] | p[2]));
}
"""
R = """
suppressMessages({library(rstan); library(bridgesampling)})
rstan_options(boost_lib = "/usr/include")
d <- read.csv("data.csv"); y <- as.matrix(d[, 1:4]); m <- stan_model("model.stan")
for (P in c(1, 0)) {
  data <- list(n = nrow(y), J = 4, y = y, P = P, X = as.matrix(d[, 5, drop = FALSE])[, seq_len(P), drop = FALSE],
               s_a = 1, s_b = 0.5)
  init <- function() list(u = 1, v = array(0, P), p = rbind(rep(0.05, 4), rep(0.5, 4)))
  f <- sampling(m, data = data, chains = 4, iter = 5000, warmup = 1000, init = init, refresh = 0, seed = 1, cores = 2)
  set.seed(1)
  b <- bridge_sampler(f, silent = TRUE, repetitions = 5)
  cat("LOGML", median(b$logml) + log(2), "\\n")
}
"""


def with_stan(folder: Path, survey: lc.Survey) -> list[float]:
    """Return the log marginal likelihoods with and without the grade; skip where R or its packages are missing."""
    rscript = shutil.which("Rscript")
    wanted = "library(rstan); library(bridgesampling)"
    if rscript is None or subprocess.run([rscript, "-e", wanted], capture_output=True, check=False).returncode:
        pytest.skip("needs R with rstan and bridgesampling (Debian: r-cran-rstan, r-cran-bridgesampling)")
    frame = pd.DataFrame(survey.codes).assign(x=survey.groups[0].matrix[:, 0])
    frame.to_csv(folder / "data.csv", index=False)
    (folder / "model.stan").write_text(STAN)
    (folder / "run.R").write_text(R)
    done = subprocess.run([rscript, "run.R"], cwd=folder, capture_output=True, text=True, check=True)
    return [float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("LOGML")]


@pytest.mark.slow
def test_stan_and_bridgesampling_find_the_same(reference_survey: Reader, tmp_path: Path) -> None:
    frame = reference_survey("cheating").dropna()
    model = lc.Model(items=lc.binary(*CHEATING), n_classes=2, factor_groups={"ability": ["GPA"]})
    fit = fitted(model, frame, draws=4000)
    truth = with_stan(tmp_path, fit.survey)
    found = marginal_likelihood(fit, draws=16000)
    without = marginal_likelihood(fitted(model.replace(factor_groups={}), frame, draws=4000), draws=16000)
    assert found.log_value - without.log_value == pytest.approx(truth[0] - truth[1], abs=0.05)
    assert found.log_value == pytest.approx(truth[0], abs=0.05)
    assert without.log_value == pytest.approx(truth[1], abs=0.05)
