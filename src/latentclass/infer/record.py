"""How the draws came about, written into the tree that holds them: settings, seed, seconds and versions."""

from __future__ import annotations

import json
import platform
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

import xarray as xr

from latentclass.infer.sampling import Method, Settings

__all__ = ["Laps", "recorded"]

_PACKAGES = (
    *("latentclass", "pymc", "pytensor", "nutpie", "numpyro", "jax", "numba", "numpy", "scipy"),
    *("arviz", "xarray", "pandas", "formulaic"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Laps:
    """Seconds of the stages of a fit, each from the end of the one before.

    Parameters
    ----------
    seconds : dict of str to float
        Stage to wall-clock seconds.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        """Note the end of a stage.

        Parameters
        ----------
        stage : str
            Its name.
        """
        self.seconds[stage] = time.perf_counter() - self.began - sum(self.seconds.values())


def recorded(tree: xr.DataTree, settings: Settings, *, n_starts: int, laps: Laps) -> xr.DataTree:
    """Return the tree with settings, seed, seconds and versions in the attributes of its sample_stats.

    Names that ArviZ has a custom for (``inference_library``, ``sampling_time``, ``tuning_steps``) are spelt as there.
    All values are text or numbers, so that they can be saved; versions are one JSON text.

    Parameters
    ----------
    tree : DataTree
        Groups posterior and sample_stats.
    settings : Settings
        How much was drawn, and how.
    n_starts : int
        Random starts of the search for modes.
    laps : Laps
        Seconds of the stages.

    Returns
    -------
    DataTree
        A copy; the draws are shared.
    """
    versions = _versions()
    about = {
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "creation_library": "latentclass",
        "creation_library_version": versions["latentclass"],
        "method": settings.method.value,
        **_who(settings, versions),
        "seed": settings.seed,
        "draws": settings.draws,
        "chains": settings.chains,
        "n_starts": n_starts,
        **{f"{stage}_time": seconds for stage, seconds in laps.seconds.items()},
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": json.dumps(versions),
    }
    groups = {name: node.to_dataset() for name, node in tree.children.items()}
    groups["sample_stats"] = groups["sample_stats"].assign_attrs(about)
    return xr.DataTree.from_dict(groups)


def _who(settings: Settings, versions: dict[str, str]) -> dict[str, str | int | float]:
    own = settings.method is not Method.NUTS
    library = "latentclass" if own else settings.sampler.value
    named = {"inference_library": library, "inference_library_version": versions.get(library, "")}
    if own:
        return {**named}
    return {
        **named,
        "tuning_steps": settings.tune,
        "cores": settings.cores,
        "target_accept": settings.target_accept,
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
