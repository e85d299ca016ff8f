"""Search for modes and sampling."""
from latentclass.infer.modes import find_modes

