"""`latentclass.fit`: modes, chains, relabelling, checks."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from latentclass import dims
from latentclass.errors import ConvergenceWarning, FitError, LatentClassWarning, listed, near_miss
from latentclass.infer.approximate import approximate, check_approximable
from latentclass.infer.basins import starts_in_basins
from latentclass.infer.compiled import Compiled, compile_survey
from latentclass.infer.modes import Modes, as_survey
from latentclass.infer.progress import doing
from latentclass.infer.record import Laps, recorded
from latentclass.infer.sampling import Method, Sampler, Settings, draw
from latentclass.infer.search import search
from latentclass.infer.spool import Spool, read_spool
from latentclass.infer.threads import available_cores
from latentclass.model import Model
from latentclass.posterior import Fit, check_approximation, check_convergence, log_likelihood, relabel, solutions
from latentclass.posterior.classes import class_shares
from latentclass.posterior.cut import two_step_outcomes
from latentclass.posterior.log_prior import log_prior
from latentclass.survey import Survey, some_respondents, without_feedback

__all__ = ["fit", "recover"]

_OUTCOMES = ("one-step", "two-step")
# Numbers beyond which the log-likelihood of every respondent in every draw is not kept (half a gigabyte), and beyond
# which classes are ordered by their sizes among some of the respondents.
_MOST_VALUES = 6.4e7


def fit(
    model: Model,
    frame: pd.DataFrame | Survey,
    *,
    method: str = "nuts",
    draws: int = 1000,
    tune: int = 1000,
    chains: int = 4,
    cores: int | None = None,
    seed: int | None = None,
    sampler: str = "nutpie",
    n_starts: int = 20,
    target_accept: float = 0.9,
    missing_covariates: str = "error",
    counts: str | None = None,
    outcomes: str = "one-step",
    posterior_predictive: bool = False,
    progressbar: bool = True,
) -> Fit:
    """Draw from the posterior of a latent class model.

    With NUTS, the modes of the posterior are found from random starts; chains start dispersed around the best, in
    proportion to the evidence of each basin where several matter; every draw is relabelled; the draws are checked.
    Draws are copied to a folder of unfinished fits every minute and before anything is done with them, so that neither
    an interruption nor an error loses them: Ctrl-C returns what there is, and `recover` finishes what a crash left.

    ``method="laplace"`` takes seconds where chains take minutes. The best mode is approximated by a multivariate normal
    in coordinates that bend with the boundary, see `latentclass.infer.warp`; its draws are weighed by the posterior.
    The Pareto k of the weights (``fit.convergence.pareto_k``) tells whether the draws can be trusted: where it is good
    they are resampled by their weights, and are draws of the posterior; where it is not they are left as they are,
    and a warning says so. It knows one mode. ``method="pathfinder"`` is cruder and needs no curvature: normals along
    the ways to the modes, see `latentclass.infer.pathfinder`, judged likewise. Neither can do latent constructs.

    Parameters
    ----------
    model : Model
        The model.
    frame : DataFrame or Survey
        The survey, one row per respondent, or per pattern with `counts`.
    method : {"nuts", "laplace", "pathfinder"}
        Chains, or an approximation for a quick look.
    draws, tune, chains : int
        Draws kept per chain, draws to adapt in, and chains. Draws of an approximation are independent; `tune`,
        `cores`, `sampler` and `target_accept` are of no account to it.
    cores : int, optional
        Chains that run at a time; as many as there are cores by default. Each uses one BLAS thread.
    seed : int, optional
        Seed of everything random. The same seed gives the same bits on one machine; with numpyro, whose chains run as
        one batch where JAX was in use before, in the same state of the process.
    sampler : {"nutpie", "pymc", "numpyro"}
        Who draws.
    n_starts : int
        Random starts of the search for modes.
    target_accept : float
        Acceptance rate the step size is tuned for.
    missing_covariates : {"error", "drop"}
        What to do with respondents who miss a covariate.
    counts : str, optional
        Column of the frame that says how many respondents each row stands for, see `latentclass.read_survey`. Then
        ``fit.tree`` has no log-likelihood, which others would sum over rows, and what needs one row per respondent says
        so. With nutpie only.
    outcomes : {"one-step", "two-step"}
        Whether outcomes may tell of the classes as items do, or are regressed on classes that they had no part in, see
        `latentclass.posterior.cut`; `drift` compares the two.
    posterior_predictive : bool
        Whether to add whole surveys drawn from the posterior to the tree.
    progressbar : bool
        Whether to show progress.

    Returns
    -------
    Fit
        Relabelled draws with the answers they give. Its tree holds the log-likelihood of every respondent in every draw
        where these are no more than 64 million numbers; `with_log_likelihood` adds it to larger ones.

    Raises
    ------
    SurveyError
        When the frame does not fit the model.
    FitError
        When an argument is out of range, the sampler fails, or an approximation is asked of a model that it cannot do.

    Warns
    -----
    ConvergenceWarning
        When the draws are not to be trusted as they are.

    References
    ----------
    Hoffman, M. D. and Gelman, A. (2014). The No-U-Turn sampler. Journal of Machine Learning Research, 15, 1593-1623.
    Stephens, M. (2000). Dealing with label switching in mixture models. Journal of the Royal Statistical Society B,
    62(4), 795-809.
    Zhang, L., Carpenter, B., Gelman, A. and Vehtari, A. (2022). Pathfinder: parallel quasi-Newton variational
    inference. Journal of Machine Learning Research, 23(306), 1-49.
    Tierney, L. and Kadane, J. B. (1986). Accurate approximations for posterior moments and marginal densities. Journal
    of the American Statistical Association, 81(393), 82-86.
    Vehtari, A., Simpson, D., Gelman, A., Yao, Y. and Gabry, J. (2024). Pareto smoothed importance sampling. Journal of
    Machine Learning Research, 25(72), 1-58.

    Examples
    --------
    >>> import latentclass as lc
    >>> data = lc.datasets.plain_survey(seed=1)
    >>> fit = lc.fit(data.model, data.frame, seed=1)  # doctest: +SKIP
    >>> look = lc.fit(data.model, data.frame, method="laplace", seed=1)  # doctest: +SKIP
    """
    settings = _settings(draws, tune, chains, cores, seed, sampler, target_accept, method, progressbar=progressbar)
    if outcomes not in _OUTCOMES:
        message = f"outcomes is one of {listed(_OUTCOMES)}; got {outcomes!r}."
        raise FitError(message)
    survey = as_survey(model, frame, missing_covariates, counts)
    if settings.method is Method.NUTS and settings.sampler is not Sampler.NUTPIE:
        survey.check_one_row_each(f"sampler={sampler!r}")
    if posterior_predictive:
        survey.check_one_row_each("posterior_predictive=True")
    if outcomes == "two-step":
        survey = without_feedback(survey)
    if settings.method is not Method.NUTS:
        check_approximable(survey, method)
    laps = Laps()
    with doing("building and compiling the model", shown=progressbar):
        compiled = compile_survey(survey)
        compiled.compile()
    laps.lap("compiling")
    modes = search(compiled, survey, n_starts=n_starts, seed=settings.seed, progressbar=progressbar)
    laps.lap("search")
    draws_of = _sampled if settings.method is Method.NUTS else _approximated
    finished = draws_of(compiled, survey, modes, settings, laps)
    _warn(finished)
    return finished.with_posterior_predictive(seed=settings.seed) if posterior_predictive else finished


def _sampled(compiled: Compiled, survey: Survey, modes: Modes, settings: Settings, laps: Laps) -> Fit:
    start, spool = starts_in_basins(compiled, survey, modes), Spool.new(survey, modes.table())

    def keep(part: xr.DataTree) -> None:
        spool.keep(recorded(part, settings, n_starts=modes.n_starts, laps=laps))

    tree = draw(compiled, start, settings, keep)
    laps.lap("sampling")
    keep(tree)
    tree = recorded(tree, settings, n_starts=modes.n_starts, laps=laps)
    return _finish(tree, survey, modes.table(), modes.best.parameters, spool)


def _approximated(compiled: Compiled, survey: Survey, modes: Modes, settings: Settings, laps: Laps) -> Fit:
    with doing(f"approximating the posterior ({settings.method})", shown=settings.progressbar):
        tree = approximate(compiled, survey, modes, settings)
    laps.lap("sampling")
    tree = recorded(tree, settings, n_starts=modes.n_starts, laps=laps)
    return _finished(tree, survey, modes.table(), None)


def recover(path: str | Path | None = None) -> Fit:
    """Finish a fit that was interrupted by a crash, from the draws kept on disk.

    Parameters
    ----------
    path : str or Path, optional
        File named by the error; the newest unfinished fit by default.

    Returns
    -------
    Fit
        The fit, with the draws that there are.

    Raises
    ------
    FileError
        When there is no unfinished fit.

    Examples
    --------
    >>> import latentclass as lc
    >>> fit = lc.recover()  # doctest: +SKIP
    """
    spool, tree, survey, modes = read_spool(path)
    finished = _finish(tree, survey, modes, None, spool)
    _warn(finished)
    return finished


def _settings(
    draws: int,
    tune: int,
    chains: int,
    cores: int | None,
    seed: int | None,
    sampler: str,
    target_accept: float,
    method: str,
    *,
    progressbar: bool,
) -> Settings:
    cores = min(available_cores(), chains) if cores is None else cores
    for name, value in (("draws", draws), ("tune", tune), ("chains", chains), ("cores", cores)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            message = f"{name} is a positive whole number; got {value!r}."
            raise FitError(message)
    if not isinstance(target_accept, float) or not 0 < target_accept < 1:
        message = f"target_accept is a number between 0 and 1, such as 0.9; got {target_accept!r}."
        raise FitError(message)
    for what, given, known in (("sampler", sampler, Sampler), ("method", method, Method)):
        if given not in list(known):
            names = listed(map(str, known))
            message = f"Unknown {what} {given!r}.{near_miss(str(given), known)} The {what}s are {names}."
            raise FitError(message)
    if seed is None:
        seed = int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        message = f"seed is a whole number, 0 or more, or None; got {seed!r}."
        raise FitError(message)
    return Settings(
        draws=int(draws),
        tune=int(tune),
        chains=int(chains),
        cores=int(cores),
        target_accept=target_accept,
        seed=int(seed),
        sampler=Sampler(sampler),
        progressbar=progressbar,
        method=Method(method),
    )


def _finish(tree: xr.DataTree, survey: Survey, modes: pd.DataFrame, pivot: xr.Dataset | None, spool: Spool) -> Fit:
    try:
        finished = _finished(tree, survey, modes, pivot)
    except Exception as error:
        message = (
            f"The draws could not be turned into a fit ({error}); they are kept, and "
            f"latentclass.recover({str(spool.path)!r}) tries again."
        )
        raise FitError(message) from error
    spool.remove()
    return finished


def _warn(finished: Fit) -> None:
    for text in finished.convergence.messages:
        warnings.warn(text, ConvergenceWarning, stacklevel=3)
    if not bool(finished.modes["identified"].iloc[0]):
        text = (
            "The best mode is not a single point: starts of equal height ended at different probabilities, or the "
            "curvature there is singular. The classes are not identified by these data; fewer classes may be."
        )
        warnings.warn(text, LatentClassWarning, stacklevel=3)


def _finished(tree: xr.DataTree, survey: Survey, modes: pd.DataFrame, pivot: xr.Dataset | None) -> Fit:
    raw, stats = tree["posterior"].to_dataset(), tree["sample_stats"].to_dataset()
    relabelled = relabel(
        raw,
        pivot,
        share=_shares(raw, survey),
        statistic=stats.get("lp"),
        class_names=survey.model.class_names,
    )
    posterior = relabelled.posterior
    if any(not outcome.feedback for outcome in survey.model.outcomes.values()):
        posterior = posterior.merge(two_step_outcomes(posterior, survey))
    found = solutions(posterior)
    stats["label_margin"] = relabelled.margin
    groups: dict[str, Any] = {
        "posterior": posterior,
        "sample_stats": stats,
        "log_prior": log_prior(posterior, survey),
        **_data_groups(survey),
    }
    n_values = found["n_chains"].sum() * posterior.sizes[dims.DRAW] * survey.n_respondents
    if survey.counts is None and n_values <= _MOST_VALUES:
        groups["log_likelihood"] = log_likelihood(posterior, survey).to_dataset(name=dims.RESPONSES)
    chains = {dims.CHAIN: list(found["chains"].iloc[0])}
    checked = (posterior.sel(chains), stats.sel(chains), relabelled.margin.sel(chains))
    by_nuts = stats.attrs.get("method", Method.NUTS) == Method.NUTS
    convergence = check_convergence(*checked, n_solutions=len(found)) if by_nuts else check_approximation(*checked)
    return Fit(
        model=survey.model,
        survey=survey,
        tree=xr.DataTree.from_dict(groups),
        modes=modes,
        solutions=found,
        convergence=convergence,
    )


def _shares(raw: xr.Dataset, survey: Survey) -> xr.DataArray:
    """Return the class sizes of every draw, of evenly spread respondents where all would take long."""
    step = math.ceil(raw.sizes[dims.CHAIN] * raw.sizes[dims.DRAW] * len(survey.respondents) / _MOST_VALUES)
    if step == 1 or survey.model.latent_constructs:
        return class_shares(raw, survey)
    return class_shares(raw, some_respondents(survey, slice(0, None, step)))


def _data_groups(survey: Survey) -> dict[str, xr.Dataset]:
    respondents = list(survey.respondents)
    observed: dict[str, Any] = {dims.RESPONSES: ((dims.RESPONDENT, dims.ITEM), survey.codes)}
    coords: dict[str, Any] = {dims.RESPONDENT: respondents, dims.ITEM: [item.name for item in survey.items]}
    if survey.likert_indicators:
        coords[dims.LIKERT_INDICATOR] = [c.name for c in survey.likert_indicators]
        observed[dims.LIKERT_RESPONSES] = ((dims.RESPONDENT, dims.LIKERT_INDICATOR), survey.likert_codes)
    if survey.continuous_indicators:
        coords[dims.CONTINUOUS_INDICATOR] = [c.name for c in survey.continuous_indicators]
        values = np.nan_to_num(survey.continuous_values)
        observed[dims.CONTINUOUS_RESPONSES] = ((dims.RESPONDENT, dims.CONTINUOUS_INDICATOR), values)
    constant = xr.Dataset(
        {
            f"design_{group.name}": ((dims.RESPONDENT, dims.covariate_dim(group.name)), group.matrix)
            for group in survey.groups
        },
        coords={dims.RESPONDENT: respondents}
        | {dims.covariate_dim(group.name): [c.label for c in group.columns] for group in survey.groups},
    )
    if survey.counts is not None:
        constant[dims.COUNTS] = (dims.RESPONDENT, survey.counts)
    return {"observed_data": xr.Dataset(observed, coords=coords), "constant_data": constant}
