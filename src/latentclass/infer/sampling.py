"""Draws from the posterior by NUTS, whichever sampler: one tree with the same names."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pymc as pm
import xarray as xr

from latentclass.dims import CHAIN, DRAW
from latentclass.errors import FitError
from latentclass.infer.compiled import Compiled, Vector, reproducible
from latentclass.infer.threads import one_blas_thread

__all__ = ["Method", "Sampler", "Settings", "draw", "truncated"]

# The same statistic under the names of the samplers.
_STATISTICS = {
    "diverging": "diverging",
    "energy": "energy",
    "n_steps": "n_steps",
    "step_size": "step_size",
    "depth": "tree_depth",
    "tree_depth": "tree_depth",
    "maxdepth_reached": "reached_max_treedepth",
    "reached_max_treedepth": "reached_max_treedepth",
    "logp": "lp",
    "lp": "lp",
    "mean_tree_accept": "acceptance_rate",
    "acceptance_rate": "acceptance_rate",
}
_FEWEST_DRAWS = 20
_SECONDS_BETWEEN_COPIES = 60.0


class Method(StrEnum):
    """How the draws are made."""

    NUTS = "nuts"
    LAPLACE = "laplace"
    PATHFINDER = "pathfinder"


class Sampler(StrEnum):
    """Who draws."""

    NUTPIE = "nutpie"
    PYMC = "pymc"
    NUMPYRO = "numpyro"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How much to draw, and how.

    Parameters
    ----------
    draws, tune, chains, cores : int
        Draws kept per chain, draws to adapt in, chains, and chains at a time.
    target_accept : float
        Acceptance rate the step size is tuned for.
    seed : int
        Seed.
    sampler : Sampler
        Who draws.
    progressbar : bool
        Whether to show progress.
    method : Method
        How the draws are made.
    """

    draws: int
    tune: int
    chains: int
    cores: int
    target_accept: float
    seed: int
    sampler: Sampler
    progressbar: bool
    method: Method = Method.NUTS


type Keep = Callable[[xr.DataTree], None]


def draw(compiled: Compiled, start: Callable[[int], Vector], settings: Settings, keep: Keep) -> xr.DataTree:
    """Draw from the posterior.

    Parameters
    ----------
    compiled : Compiled
        The model.
    start : callable
        Seed of a chain to its start.
    settings : Settings
        How much, and how.
    keep : callable
        Is given the tree as far as it is, now and then, so that an end of the process loses little.

    Returns
    -------
    DataTree
        Groups posterior and sample_stats (names alike for all samplers); shorter than asked for after an interruption.

    Raises
    ------
    FitError
        When the sampler fails, or was interrupted before there was anything to keep.
    """
    drawn = {Sampler.NUTPIE: _nutpie, Sampler.PYMC: _pymc, Sampler.NUMPYRO: _numpyro}[settings.sampler]
    with one_blas_thread(), reproducible():
        tree = drawn(compiled, start, settings, keep)
    return _uniform(tree, compiled)


@contextmanager
def _fewer_draws_than_chains() -> Iterator[None]:
    with warnings.catch_warnings():
        # ArviZ takes it for a mistake; early in a run it is none. Entered before chains run: filters are those of the
        # process, and are lost when another thread puts back what it found.
        warnings.filterwarnings("ignore", message="Found chain dimension to be longer", category=UserWarning)
        yield


@_fewer_draws_than_chains()
def _nutpie(compiled: Compiled, start: Callable[[int], Vector], settings: Settings, keep: Keep) -> xr.DataTree:
    import nutpie

    handle = nutpie.sample(
        _for_nutpie(compiled, start),
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=settings.cores,
        seed=settings.seed,
        target_accept=settings.target_accept,
        progress_bar=settings.progressbar,
        save_warmup=False,
        blocking=False,
    )
    began = kept = time.monotonic()
    try:
        while not _is_finished(handle):
            # Short runs are not to wait for a look at them; looks at long ones are not to cost anything.
            time.sleep(min(0.02 * (time.monotonic() - began) + 0.002, 0.1))
            if time.monotonic() - kept > _SECONDS_BETWEEN_COPIES:
                _keep_quietly(keep, handle, compiled)
                kept = time.monotonic()
        tree = handle.wait()
    except KeyboardInterrupt:
        tree = truncated(handle.abort())
    except SystemExit:
        raise
    except BaseException as error:
        # A panic of nutpie is no Exception.
        message = f"The sampler failed: {error}"
        raise FitError(message) from error
    return tree


def _for_nutpie(compiled: Compiled, start: Callable[[int], Vector]) -> Any:
    # nutpie could compile the model itself, but what it compiles cannot be cached: ten seconds and more in every
    # process.
    from latentclass.infer.native import nutpie_model

    model = compiled.pymc_model
    dims = {name: model.named_vars_to_dims[name] for name in compiled.names}
    return nutpie_model(
        compiled.full_density,
        compiled.expand,
        start,
        names=compiled.names,
        # nutpie takes labels as text only; `_uniform` puts the real ones in their place.
        coords={dim: [str(label) for label in model.coords[dim]] for own in dims.values() for dim in own},
        dims=dims,
    )


def _is_finished(handle: Any) -> bool:
    try:
        return bool(handle.is_finished)
    except TimeoutError:
        # nutpie 0.16 waits for the sampler's lock and gives up while chains are busy.
        return False


def _keep_quietly(keep: Keep, handle: Any, compiled: Compiled) -> None:
    try:
        tree = truncated(handle.inspect())
    except FitError:
        # Still in warm-up: there is nothing to keep yet.
        return
    keep(_uniform(tree, compiled))


def truncated(tree: xr.DataTree) -> xr.DataTree:
    """Return the draws that every chain has, without chains that have next to none.

    Parameters
    ----------
    tree : DataTree
        Draws of chains that stopped at different lengths.

    Returns
    -------
    DataTree
        Chains of equal length.

    Raises
    ------
    FitError
        When no chain has draws to keep.
    """
    stats = tree["sample_stats"].to_dataset() if "sample_stats" in tree.children else xr.Dataset()
    if "logp" not in stats or stats.sizes.get(DRAW, 0) == 0:
        message = "Sampling was interrupted during warm-up, before there was a draw to keep."
        raise FitError(message)
    # Draws that a chain has not made are filled with NaN.
    lengths = np.isfinite(stats["logp"].transpose(CHAIN, DRAW).to_numpy().astype(float)).sum(axis=1)
    chosen = np.flatnonzero(lengths >= min(_FEWEST_DRAWS, max(lengths.max(), 1)))
    if not len(chosen) or lengths.max() < _FEWEST_DRAWS:
        message = (
            f"Sampling was interrupted when no chain had {_FEWEST_DRAWS} draws after warm-up: there is nothing to keep."
        )
        raise FitError(message)
    shortest = int(lengths[chosen].min())
    groups = {
        name: node.to_dataset().isel({CHAIN: chosen, DRAW: slice(0, shortest)})
        for name, node in tree.children.items()
        if DRAW in node.to_dataset().dims
    }
    return xr.DataTree.from_dict(groups)


def _pymc(compiled: Compiled, start: Callable[[int], Vector], settings: Settings, keep: Keep) -> xr.DataTree:
    return _through_pymc(compiled, start, settings, nuts_sampler="pymc", init="adapt_diag", blas_cores=1)


def _numpyro(compiled: Compiled, start: Callable[[int], Vector], settings: Settings, keep: Keep) -> xr.DataTree:
    try:
        import jax
        import numpyro
    except ImportError as error:
        message = "sampler='numpyro' needs numpyro and jax: install latentclass[numpyro]."
        raise FitError(message) from error
    from latentclass.graph import jax_ops

    jax_ops.register()
    jax.config.update("jax_enable_x64", val=True)
    # One device per chain on a CPU. It is heeded only before JAX is first used in a process; on what JAX found when it
    # was, chains that outnumber the devices run as one batch.
    numpyro.set_host_device_count(settings.chains)
    method = "parallel" if jax.local_device_count() >= settings.chains else "vectorized"
    nuts = {"chain_method": method, "jitter": False}
    return _through_pymc(compiled, start, settings, nuts_sampler="numpyro", nuts=nuts)


def _through_pymc(
    compiled: Compiled,
    start: Callable[[int], Vector],
    settings: Settings,
    *,
    nuts: dict[str, Any] | None = None,
    **how: Any,
) -> xr.DataTree:
    seeds = np.random.SeedSequence(settings.seed).generate_state(settings.chains).tolist()
    free = [rv.name for rv in compiled.pymc_model.free_RVs]
    starts = [compiled.variables(start(seed)) for seed in seeds]
    return pm.sample(
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=settings.cores,
        random_seed=seeds if how["nuts_sampler"] == "pymc" else settings.seed,
        initvals=[{name: point[name].to_numpy() for name in free} for point in starts],
        nuts={"target_accept": settings.target_accept, **(nuts or {})},
        progressbar=settings.progressbar,
        quiet=not settings.progressbar,
        compute_convergence_checks=False,
        model=compiled.pymc_model,
        **how,
    )


def _uniform(tree: xr.DataTree, compiled: Compiled) -> xr.DataTree:
    stats = tree["sample_stats"].to_dataset()
    named = {_STATISTICS[str(name)]: stats[name] for name in stats.data_vars if str(name) in _STATISTICS}
    plain = {name: (array.dims, array.to_numpy()) for name, array in named.items()}
    coords = {name: stats[name].to_numpy() for name in (CHAIN, DRAW)}
    uniform = xr.Dataset(plain, coords=coords)
    if "tree_depth" in uniform and "reached_max_treedepth" not in uniform:
        uniform["reached_max_treedepth"] = uniform["tree_depth"] >= 10
    posterior = tree["posterior"].to_dataset()
    labels = compiled.pymc_model.coords
    posterior = posterior.assign_coords({str(d): list(labels[str(d)]) for d in posterior.dims if str(d) in labels})
    posterior.attrs = {}
    return xr.DataTree.from_dict({"posterior": posterior, "sample_stats": uniform})


def chain_starts(candidates: Sequence[tuple[float, Vector, Vector]], fixed_spread: Vector) -> Callable[[int], Vector]:
    """Return the function from the seed of a chain to its start.

    A chain starts at a mode, chosen with the probability of its basin, moved by up to two standard deviations of its
    Laplace approximation.

    Parameters
    ----------
    candidates : sequence of (weight, mode, standard deviation)
        The modes.
    fixed_spread : ndarray of shape (n_dim,)
        Spread of what the modes hold fixed.

    Returns
    -------
    callable
        Seed to start.
    """
    weights = np.array([weight for weight, _, _ in candidates])

    def start(seed: int) -> Vector:
        rng = np.random.default_rng(abs(int(seed)))
        _, mode, deviation = candidates[int(rng.choice(len(weights), p=weights / weights.sum()))]
        spread = np.minimum(np.where(deviation > 0, deviation, fixed_spread), 1.0)
        return mode + spread * np.clip(rng.normal(size=len(mode)), -2.0, 2.0)

    return start
