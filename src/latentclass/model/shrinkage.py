"""Prior families of the slopes of factor groups that learn their own scale."""

from __future__ import annotations

from dataclasses import dataclass

from latentclass.errors import ModelError
from latentclass.model.families import positive

__all__ = ["Allocation", "Hierarchical", "RegularizedHorseshoe"]


@dataclass(frozen=True, slots=True, repr=False)
class Hierarchical:
    """Slopes whose scale the group learns: a group without effects shrinks as a whole.

    All slopes of the group are zero-sum normal with one standard deviation, which is half-normal or half-t (Gelman
    2006).

    Parameters
    ----------
    scale : float
        Scale of the half-normal or half-t prior on the group's standard deviation, in logits.
    dof : float, optional
        Degrees of freedom of the half-t; half-normal when left out.

    Raises
    ------
    ModelError
        When a number is not positive and finite.

    References
    ----------
    Gelman, A. (2006). Prior distributions for variance parameters in hierarchical models. Bayesian Analysis, 1(3),
    515-534.

    Examples
    --------
    >>> Hierarchical(0.5), Hierarchical(0.5, dof=4)
    (Hierarchical(0.5), Hierarchical(0.5, dof=4))
    """

    scale: float = 0.5
    dof: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", positive(self.scale, "scale of a Hierarchical prior"))
        if self.dof is not None:
            object.__setattr__(self, "dof", positive(self.dof, "dof of a Hierarchical prior"))

    def __repr__(self) -> str:
        return (
            f"Hierarchical({self.scale:g})" if self.dof is None else f"Hierarchical({self.scale:g}, dof={self.dof:g})"
        )


@dataclass(frozen=True, slots=True, repr=False)
class RegularizedHorseshoe:
    """Slopes of which a few may be large and the others near zero: the regularized horseshoe.

    The slopes of covariate j are zero-sum normal with the standard deviation ``t l_j / sqrt(1 + t² l_j² / c²)``: the
    group's scale ``t`` is half-Cauchy, the covariate's own ``l_j`` is half-Cauchy with scale 1, and the slab ``c²`` is
    inverse-gamma ``(slab_dof / 2, slab_dof slab_scale² / 2)`` (Piironen and Vehtari 2017, equations 2.8 to 2.10). A
    covariate is near zero, or not, in all classes together.

    Parameters
    ----------
    scale : float
        Scale of the half-Cauchy on the group's scale, in logits. Where q of p covariates are thought to matter among n
        respondents, ``2 q / (p - q) / sqrt(n)`` is the rule of the authors for a binary response.
    slab_scale : float
        How large the slopes of a covariate that matters are thought to be, in logits.
    slab_dof : float
        Degrees of freedom of the t distribution that large slopes have.

    Raises
    ------
    ModelError
        When a number is not positive and finite.

    References
    ----------
    Piironen, J. and Vehtari, A. (2017). Sparsity information and regularization in the horseshoe and other shrinkage
    priors. Electronic Journal of Statistics, 11(2), 5018-5051.

    Examples
    --------
    >>> RegularizedHorseshoe(0.1)
    RegularizedHorseshoe(0.1, slab_scale=1, slab_dof=4)
    """

    scale: float = 0.1
    slab_scale: float = 1.0
    slab_dof: float = 4.0

    def __post_init__(self) -> None:
        for name in ("scale", "slab_scale", "slab_dof"):
            checked = positive(getattr(self, name), f"{name} of a RegularizedHorseshoe prior")
            object.__setattr__(self, name, checked)

    def __repr__(self) -> str:
        return f"RegularizedHorseshoe({self.scale:g}, slab_scale={self.slab_scale:g}, slab_dof={self.slab_dof:g})"


@dataclass(frozen=True, slots=True, repr=False)
class Allocation:
    """One total for all groups with this prior, split between them: the posterior of the split is the share of each.

    Membership is the choice of the class with the largest utility, logit plus Gumbel noise of variance π²/6. What the
    covariates explain of the variance of the utilities, R², has a beta prior; the variance of the logits is
    ``w = π²/6 R² / (1 - R²)``, and group g is allocated ``w f_g`` of it, f from a symmetric Dirichlet. Its slopes are
    zero-sum normal with the variance ``w f_g / v_g``, where v_g is the sum of the variances of its design columns in
    the survey (latent constructs have variance 1). The R2-D2 prior (Zhang et al. 2022) with allocation to groups
    instead of single covariates (Aguilar and Bürkner 2023).

    Parameters
    ----------
    mean : float
        Prior mean of R², between 0 and 1.
    precision : float
        R² is ``Beta(mean precision, (1 - mean) precision)``; 2 is uniform where the mean is 0.5.
    concentration : float
        Of the Dirichlet: 1 is flat on the splits, below 1 expects few groups to take all.

    Raises
    ------
    ModelError
        When a number is not positive and finite, or the mean is not below 1.

    References
    ----------
    Zhang, Y. D., Naughton, B. P., Bondell, H. D. and Reich, B. J. (2022). Bayesian regression using a prior on the
    model fit: the R2-D2 shrinkage prior. Journal of the American Statistical Association, 117(538), 862-874.
    Aguilar, J. E. and Bürkner, P.-C. (2023). Intuitive joint priors for Bayesian linear multilevel models: the R2D2M2
    prior. Electronic Journal of Statistics, 17(1), 1711-1767.

    Examples
    --------
    >>> Allocation()
    Allocation(0.5, precision=2, concentration=1)
    """

    mean: float = 0.5
    precision: float = 2.0
    concentration: float = 1.0

    def __post_init__(self) -> None:
        for name in ("mean", "precision", "concentration"):
            checked = positive(getattr(self, name), f"{name} of an Allocation prior")
            object.__setattr__(self, name, checked)
        if self.mean >= 1:
            message = f"The mean of an Allocation prior is a share of variance between 0 and 1; got {self.mean:g}."
            raise ModelError(message)

    def __repr__(self) -> str:
        return f"Allocation({self.mean:g}, precision={self.precision:g}, concentration={self.concentration:g})"
