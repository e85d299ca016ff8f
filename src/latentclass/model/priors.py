"""Priors as values: every prior of the model has a name here and can be replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

from latentclass.errors import ModelError, listed, near_miss
from latentclass.model.families import LKJ, Dirichlet, Flat, HalfNormal, Normal
from latentclass.model.frozen import FrozenMapping
from latentclass.model.shrinkage import Allocation, Hierarchical, RegularizedHorseshoe

__all__ = ["EffectPrior", "Prior", "Priors"]


type EffectPrior = Normal | Flat | Hierarchical | RegularizedHorseshoe | Allocation
type Prior = EffectPrior | HalfNormal | Dirichlet | LKJ

_ALLOWED: Mapping[str, tuple[type, ...]] = FrozenMapping(
    {
        "intercept": (Normal, Dirichlet),
        "effects": (Normal, Hierarchical, RegularizedHorseshoe, Allocation, Flat),
        "items": (Dirichlet,),
        "thresholds": (Dirichlet,),
        "location": (Normal, Flat),
        "dispersion": (Normal, Flat),
        "likert_thresholds": (Dirichlet,),
        "likert_loading": (Normal, Flat),
        "continuous_loading": (Normal, Flat),
        "continuous_mean": (Normal, Flat),
        "continuous_sd": (HalfNormal, Flat),
        "score_correlation": (LKJ,),
        "outcome_location": (Normal, Flat),
        "outcome_slopes": (Normal, Flat),
        "outcome_thresholds": (Dirichlet,),
        "outcome_mean": (Normal, Flat),
        "outcome_sd": (HalfNormal, Flat),
    }
)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Priors:
    """All priors of a model, by name.

    Parameters
    ----------
    intercept : Normal or Dirichlet
        Class sizes at average covariates: zero-sum normal logits, or a Dirichlet on the shares.
    effects : Normal, Hierarchical, RegularizedHorseshoe, Allocation or Flat
        Slopes of every covariate of every factor group, per standard deviation of a continuous covariate and per
        change of level otherwise.
    group_effects : mapping of group name to prior
        What replaces `effects` for single groups.
    items : Dirichlet
        Answer probabilities of binary, nominal and free ordinal items, per class.
    thresholds : Dirichlet
        Cumulative ordinal items: answer probabilities at location zero, which the thresholds follow from.
    location, dispersion : Normal or Flat
        Cumulative ordinal items: location of each class in logits, and log spread of each class.
    likert_thresholds : Dirichlet
        Likert indicators of a construct: answer probabilities of the average respondent population.
    likert_loading, continuous_loading : Normal or Flat
        Loadings, in logits or in standard deviations of the indicator per standard deviation of the construct; cut at
        zero for the marker.
    continuous_mean, continuous_sd : Normal and HalfNormal, or Flat
        Mean and residual standard deviation of a continuous indicator, in standard deviations of the indicator.
    score_correlation : LKJ
        Correlations between construct scores.
    outcome_location, outcome_slopes : Normal or Flat
        Outcomes: location of each class, and slopes per standard deviation or change of level of a covariate, in logits
        (binary, ordinal) or standard deviations of the outcome (continuous).
    outcome_thresholds : Dirichlet
        Binary and ordinal outcomes: answer probabilities at average covariates and location zero.
    outcome_mean, outcome_sd : Normal and HalfNormal, or Flat
        Continuous outcomes: mean and residual standard deviation, in standard deviations of the outcome.

    Raises
    ------
    ModelError
        For an unknown name, or a family that the named prior cannot have.

    Examples
    --------
    >>> Priors(effects=Normal(0.25)).effects
    Normal(0.25)
    >>> Priors(effcts=Normal(0.25))
    Traceback (most recent call last):
        ...
    latentclass.errors.ModelError: Unknown prior 'effcts'. Did you mean 'effects' or 'group_effects'? The priors are ...
    """

    intercept: Normal | Dirichlet
    effects: EffectPrior
    group_effects: Mapping[str, EffectPrior]
    items: Dirichlet
    thresholds: Dirichlet
    location: Normal | Flat
    dispersion: Normal | Flat
    likert_thresholds: Dirichlet
    likert_loading: Normal | Flat
    continuous_loading: Normal | Flat
    continuous_mean: Normal | Flat
    continuous_sd: HalfNormal | Flat
    score_correlation: LKJ
    outcome_location: Normal | Flat
    outcome_slopes: Normal | Flat
    outcome_thresholds: Dirichlet
    outcome_mean: Normal | Flat
    outcome_sd: HalfNormal | Flat

    def __init__(
        self,
        *,
        intercept: Normal | Dirichlet = Normal(1.0),
        effects: EffectPrior = Normal(0.5),
        group_effects: Mapping[str, EffectPrior] = FrozenMapping(),
        items: Dirichlet = Dirichlet(1.0),
        thresholds: Dirichlet = Dirichlet(1.0),
        location: Normal | Flat = Normal(2.5),
        dispersion: Normal | Flat = Normal(0.5),
        likert_thresholds: Dirichlet = Dirichlet(1.0),
        likert_loading: Normal | Flat = Normal(2.5),
        continuous_loading: Normal | Flat = Normal(1.0),
        continuous_mean: Normal | Flat = Normal(1.0),
        continuous_sd: HalfNormal | Flat = HalfNormal(1.0),
        score_correlation: LKJ = LKJ(2.0),
        outcome_location: Normal | Flat = Normal(1.0),
        outcome_slopes: Normal | Flat = Normal(1.0),
        outcome_thresholds: Dirichlet = Dirichlet(1.0),
        outcome_mean: Normal | Flat = Normal(1.0),
        outcome_sd: HalfNormal | Flat = HalfNormal(1.0),
        **unknown: object,
    ) -> None:
        given = {name: value for name, value in locals().items() if name not in ("self", "unknown")}
        for name in unknown:
            message = f"Unknown prior {name!r}.{near_miss(name, given)} The priors are {listed(given, most=20)}."
            raise ModelError(message)
        for name, families in _ALLOWED.items():
            _check_family(name, given[name], families)
        if not isinstance(group_effects, Mapping):
            message = f"group_effects maps names of factor groups to priors; got {group_effects!r}."
            raise ModelError(message)
        for group, prior in group_effects.items():
            _check_family(f"group_effects[{group!r}]", prior, _ALLOWED["effects"])
        given["group_effects"] = FrozenMapping(group_effects)
        for name, value in given.items():
            object.__setattr__(self, name, value)
        if len(self._allocations) > 1:
            message = (
                "Groups with an Allocation prior share one total, so there is one Allocation in a model; got "
                f"{listed(sorted(map(repr, self._allocations)))}."
            )
            raise ModelError(message)

    @classmethod
    def flat(cls) -> Self:
        """Return priors under which the mode of the posterior is the maximum-likelihood estimate.

        Flat on every simplex (item probabilities, thresholds, class sizes) and on every slope, location and loading.

        Returns
        -------
        Priors
            The flat priors.

        Examples
        --------
        >>> Priors.flat().effects
        Flat()
        """
        return cls(
            intercept=Dirichlet(1.0),
            effects=Flat(),
            items=Dirichlet(1.0),
            thresholds=Dirichlet(1.0),
            location=Flat(),
            dispersion=Flat(),
            likert_thresholds=Dirichlet(1.0),
            likert_loading=Flat(),
            continuous_loading=Flat(),
            continuous_mean=Flat(),
            continuous_sd=Flat(),
            score_correlation=LKJ(1.0),
            outcome_location=Flat(),
            outcome_slopes=Flat(),
            outcome_thresholds=Dirichlet(1.0),
            outcome_mean=Flat(),
            outcome_sd=Flat(),
        )

    def replace(self, **changes: object) -> Self:
        """Return priors with some of them replaced.

        Parameters
        ----------
        **changes : prior
            New priors by name.

        Returns
        -------
        Priors
            The changed copy.

        Raises
        ------
        ModelError
            For an unknown name, or a family that the named prior cannot have.

        Examples
        --------
        >>> Priors().replace(items=Dirichlet(2.0)).items
        Dirichlet(2)
        """
        return type(self)(**{**self.as_dict(), **changes})  # type: ignore[arg-type]

    def as_dict(self) -> dict[str, Prior | Mapping[str, EffectPrior]]:
        """Return the priors by name.

        Returns
        -------
        dict
            Name to prior.

        Examples
        --------
        >>> Priors().as_dict()["location"]
        Normal(2.5)
        """
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def of_group(self, group: str) -> EffectPrior:
        """Return the prior of the slopes of one factor group.

        Parameters
        ----------
        group : str
            Name of the group.

        Returns
        -------
        Normal, Hierarchical, RegularizedHorseshoe, Allocation or Flat
            Its own prior, or `effects`.

        Examples
        --------
        >>> Priors(group_effects={"social": Normal(0.1)}).of_group("social")
        Normal(0.1)
        """
        return self.group_effects.get(group, self.effects)

    @property
    def _allocations(self) -> set[Allocation]:
        return {p for p in (self.effects, *self.group_effects.values()) if isinstance(p, Allocation)}

    @property
    def allocation(self) -> Allocation | None:
        """The prior of the groups that share one total, if there is one."""
        return next(iter(self._allocations), None)

    def __repr__(self) -> str:
        shown = {**self.as_dict(), "group_effects": dict(self.group_effects)}
        return "Priors(\n" + "".join(f"    {name}={value!r},\n" for name, value in shown.items()) + ")"


def _check_family(name: str, prior: object, families: tuple[type, ...]) -> None:
    if not isinstance(prior, families):
        wanted = " or ".join(f.__name__ for f in families)
        message = f"The prior {name!r} is a {wanted}; got {prior!r}."
        raise ModelError(message)
