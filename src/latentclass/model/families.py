"""Prior families of a single parameter."""

from __future__ import annotations

from dataclasses import dataclass

from latentclass.errors import ModelError

__all__ = ["LKJ", "Dirichlet", "Flat", "HalfNormal", "Normal", "positive"]


def positive(value: object, what: str) -> float:
    """Return a number that was given for a prior, checked.

    Parameters
    ----------
    value : object
        What was given.
    what : str
        What it is, for the message.

    Returns
    -------
    float
        The number.

    Raises
    ------
    ModelError
        When it is not positive and finite.

    Examples
    --------
    >>> positive(2, "scale of a Normal prior")
    2.0
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        message = f"The {what} must be a positive finite number; got {value!r}."
        raise ModelError(message)
    return float(value)


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal prior around zero; zero-sum across classes where the parameter has a class dim.

    A parameter with a class dim is drawn as `scale` times standard normals from which their mean over the classes is
    subtracted, so that each entry has standard deviation ``scale * sqrt(1 - 1 / K)`` and no class is special.

    Parameters
    ----------
    scale : float
        Standard deviation, in logits (or in standard deviations of the indicator, for continuous indicators).

    Raises
    ------
    ModelError
        When the scale is not positive and finite.

    Examples
    --------
    >>> Normal(0.5)
    Normal(0.5)
    """

    scale: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", positive(self.scale, "scale of a Normal prior"))

    def __repr__(self) -> str:
        return f"Normal({self.scale:g})"


@dataclass(frozen=True, slots=True)
class HalfNormal:
    """Normal prior cut at zero, for standard deviations.

    Parameters
    ----------
    scale : float
        Standard deviation of the normal that is cut.

    Raises
    ------
    ModelError
        When the scale is not positive and finite.

    Examples
    --------
    >>> HalfNormal(1.0)
    HalfNormal(1)
    """

    scale: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", positive(self.scale, "scale of a HalfNormal prior"))

    def __repr__(self) -> str:
        return f"HalfNormal({self.scale:g})"


@dataclass(frozen=True, slots=True)
class Flat:
    """Constant density on the whole line: improper, for modes that are maximum-likelihood estimates.

    Examples
    --------
    >>> Flat()
    Flat()
    """


@dataclass(frozen=True, slots=True)
class Dirichlet:
    """Symmetric Dirichlet prior on a set of probabilities.

    Parameters
    ----------
    concentration : float
        Each level counts as this many answers less one given before the survey; 1 is flat on the simplex.

    Raises
    ------
    ModelError
        When the concentration is not positive and finite.

    Examples
    --------
    >>> Dirichlet(1.0)
    Dirichlet(1)
    """

    concentration: float

    def __post_init__(self) -> None:
        checked = positive(self.concentration, "concentration of a Dirichlet prior")
        object.__setattr__(self, "concentration", checked)

    def __repr__(self) -> str:
        return f"Dirichlet({self.concentration:g})"


@dataclass(frozen=True, slots=True)
class LKJ:
    """Prior on the correlation matrix of the construct scores (Lewandowski, Kurowicka and Joe 2009).

    Parameters
    ----------
    eta : float
        1 is flat on correlation matrices, larger values pull towards no correlation.

    Raises
    ------
    ModelError
        When eta is not positive and finite.

    Examples
    --------
    >>> LKJ(2.0)
    LKJ(2)
    """

    eta: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "eta", positive(self.eta, "eta of an LKJ prior"))

    def __repr__(self) -> str:
        return f"LKJ({self.eta:g})"
