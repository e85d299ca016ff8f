"""Search for modes and sampling: the only place besides `graph` that knows PyMC."""

from latentclass.infer.fitting import fit, recover
from latentclass.infer.modes import Mode, Modes, find_modes

__all__ = ["Mode", "Modes", "find_modes", "fit", "recover"]
