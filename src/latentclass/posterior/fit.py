"""A fit: model, survey and relabelled draws, with the answers they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd
import xarray as xr

from latentclass import dims
from latentclass.model import Model
from latentclass.posterior.classes import classes, memberships, profiles
from latentclass.posterior.convergence import Convergence
from latentclass.posterior.curves import mean_answers, shares_along
from latentclass.posterior.effects import effects, marginal_effects
from latentclass.posterior.loadings import loadings, reliability
from latentclass.posterior.outcomes import outcome_effects
from latentclass.posterior.predict import predict
from latentclass.posterior.predictive import posterior_predictive
from latentclass.posterior.renaming import renamed
from latentclass.posterior.store import write_file
from latentclass.posterior.summary import summary
from latentclass.survey import Survey, encode

__all__ = ["Fit"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Fit:
    """A fitted latent class model. Made by `latentclass.fit` or `latentclass.load`.

    Parameters
    ----------
    model : Model
        The model.
    survey : Survey
        The data as the model sees them.
    tree : DataTree
        Groups posterior (relabelled), sample_stats, log_likelihood (one value per respondent, see
        `log_likelihood_blocks` for large surveys), log_prior, observed_data and constant_data, as ArviZ expects them.
    modes : DataFrame
        The modes found before sampling, see `Modes.table`.
    solutions : DataFrame
        Which chains are in the same mode. With more than one, all answers come from the first.
    convergence : Convergence
        Checks of the draws that the answers come from.
    """

    model: Model
    survey: Survey
    tree: xr.DataTree
    modes: pd.DataFrame
    solutions: pd.DataFrame
    convergence: Convergence

    @property
    def posterior(self) -> xr.Dataset:
        """The draws that the answers come from: relabelled, chains of the first solution."""
        draws = self.tree["posterior"].to_dataset()
        return draws.sel({dims.CHAIN: list(self.solutions["chains"].iloc[0])})

    def classes(self, *, prob: float = 0.9) -> pd.DataFrame:
        """Return the size of each class. See `latentclass.posterior.classes`.

        Parameters
        ----------
        prob : float
            Probability of the intervals.

        Returns
        -------
        DataFrame
            Index ``class``; mean, sd and interval of the share, and respondents assigned.

        Examples
        --------
        >>> fit.classes().loc["Class 1", "mean"]  # doctest: +SKIP
        0.41
        """
        return classes(self.posterior, self.survey, prob=prob)

    def profiles(self, *, prob: float = 0.9, wide: bool = False) -> pd.DataFrame:
        """Return the answer probabilities of every level of every item in every class.

        Parameters
        ----------
        prob : float
            Probability of the intervals.
        wide : bool
            Posterior means only, with a column per class.

        Returns
        -------
        DataFrame
            Index (class, item, level), or (item, level) when wide.

        Examples
        --------
        >>> fit.profiles(wide=True)  # doctest: +SKIP
        """
        return profiles(self.posterior, self.survey, prob=prob, wide=wide)

    def mean_answers(self, *, prob: float = 0.9) -> pd.DataFrame:
        """Return the mean answer of every class to every ordered item, from 0 (first level) to 1 (last level).

        Parameters
        ----------
        prob : float
            Probability of the intervals.

        Returns
        -------
        DataFrame
            Index (class, item).

        Examples
        --------
        >>> fit.mean_answers()  # doctest: +SKIP
        """
        return mean_answers(self.posterior, self.survey, prob=prob)

    def memberships(self) -> pd.DataFrame:
        """Return each respondent's class probabilities, likeliest class and its probability.

        Returns
        -------
        DataFrame
            Index ``respondent``; a column per class, ``modal``, ``certainty`` and the number of items answered.

        Examples
        --------
        >>> fit.memberships()["modal"].value_counts()  # doctest: +SKIP
        """
        return memberships(self.posterior, self.survey)

    def loadings(self, *, prob: float = 0.9) -> pd.DataFrame:
        """Return loading, standardised loading and communality of every indicator.

        Parameters
        ----------
        prob : float
            Probability of the intervals.

        Returns
        -------
        DataFrame
            Index (construct, indicator).

        Examples
        --------
        >>> fit.loadings()  # doctest: +SKIP
        """
        return loadings(self.posterior, self.survey, prob=prob)

    def reliability(self, *, prob: float = 0.9) -> pd.DataFrame:
        """Return composite reliability and average variance extracted, or alpha and omega of scale means.

        Parameters
        ----------
        prob : float
            Probability of the intervals.

        Returns
        -------
        DataFrame
            Index ``construct``.

        Examples
        --------
        >>> fit.reliability()  # doctest: +SKIP
        """
        return reliability(self.posterior, self.survey, prob=prob)

    def effects(self, *, reference: str | None = None, prob: float = 0.9, scale: str = "design") -> pd.DataFrame:
        """Return the effects of every covariate: membership logits, and average marginal effects on class shares.

        Parameters
        ----------
        reference : str, optional
            Class against which logits are contrasts; zero-sum across classes when left out.
        prob : float
            Probability of the intervals.
        scale : {"design", "unit"}
            Logits per standard deviation of a continuous covariate, or per unit.

        Returns
        -------
        DataFrame
            Index (group, covariate, class).

        Raises
        ------
        LatentClassError
            For an unknown reference class.

        Examples
        --------
        >>> fit.effects(reference="Class 1")  # doctest: +SKIP
        """
        return effects(self.posterior, self.survey, reference=reference, prob=prob, scale=scale)

    def marginal_effects(self, *, prob: float = 0.9) -> pd.DataFrame:
        """Return average marginal effects on the class shares, one row for every change of a raw covariate.

        Parameters
        ----------
        prob : float
            Probability of the intervals.

        Returns
        -------
        DataFrame
            Index (group, covariate, change, class).

        Examples
        --------
        >>> fit.marginal_effects()  # doctest: +SKIP
        """
        return marginal_effects(self.posterior, self.survey, prob=prob)

    def shares_along(
        self, covariate: str, *, values: Sequence[object] | None = None, prob: float = 0.9
    ) -> pd.DataFrame:
        """Return the class shares if everybody had one value of a covariate, for a grid of values.

        Parameters
        ----------
        covariate : str
            A covariate or a construct.
        values : sequence, optional
            The grid; by default the middle 95 % of a continuous covariate or construct, or all levels.
        prob : float
            Probability of the intervals.

        Returns
        -------
        DataFrame
            Index (value, class).

        Examples
        --------
        >>> fit.shares_along("age", values=[20, 40, 60])  # doctest: +SKIP
        """
        return shares_along(self.posterior, self.survey, covariate, values=values, prob=prob)

    def outcomes(self, *, reference: str | None = None, prob: float = 0.9) -> pd.DataFrame:
        """Return the effects of class and covariates on every outcome. See `latentclass.posterior.outcomes`.

        Parameters
        ----------
        reference : str, optional
            Class against which classes are contrasts; zero-sum across classes when left out.
        prob : float
            Probability of the intervals.

        Returns
        -------
        DataFrame
            Index (outcome, term, label); effects in logits or standard deviations, and on the expected answer.
        """
        return outcome_effects(self.posterior, self.survey, reference=reference, prob=prob)

    def predict(self, frame: pd.DataFrame, *, prob: float = 0.9, seed: int = 0) -> pd.DataFrame:
        """Return memberships of respondents who were not in the survey.

        Parameters
        ----------
        frame : DataFrame
            Their covariates, and whatever answers they gave.
        prob : float
            Probability of the intervals.
        seed : int
            Seed of the integration over construct scores.

        Returns
        -------
        DataFrame
            As `memberships`, with an interval for every probability.

        Raises
        ------
        SurveyError
            When a covariate is missing, or an answer is none of the item's levels.

        Examples
        --------
        >>> fit.predict(newcomers)  # doctest: +SKIP
        """
        new, posterior = encode(self.survey, frame), self.posterior
        # Only the integration over scores is dear enough to thin for.
        some = (
            {}
            if self.model.latent_constructs
            else {"most_draws": posterior.sizes[dims.CHAIN] * posterior.sizes[dims.DRAW]}
        )
        return predict(posterior, self.survey, new, prob=prob, seed=seed, **some)

    def rename(self, names: Mapping[str, str] | Sequence[str]) -> Fit:
        """Return the fit with other names for its classes, everywhere.

        Parameters
        ----------
        names : mapping of old to new name, or sequence of new names
            The new names; a sequence names the classes from the largest to the smallest.

        Returns
        -------
        Fit
            The renamed copy.

        Raises
        ------
        ModelError
            For an unknown class, or names that are not different.

        Examples
        --------
        >>> fit.rename({"Class 1": "Enthusiasts"}).classes()  # doctest: +SKIP
        """
        return renamed(self, names)

    def with_posterior_predictive(self, *, draws: int | None = None, seed: int = 0) -> Fit:
        """Return the fit with whole surveys drawn from it in ``tree["posterior_predictive"]``.

        Parameters
        ----------
        draws : int, optional
            Draws per chain, evenly thinned; all by default.
        seed : int
            Seed.

        Returns
        -------
        Fit
            The copy.

        Examples
        --------
        >>> fit.with_posterior_predictive(draws=100).tree["posterior_predictive"]  # doctest: +SKIP
        """
        groups = {name: node.to_dataset() for name, node in self.tree.children.items()}
        groups["posterior_predictive"] = posterior_predictive(self.posterior, self.survey, draws=draws, seed=seed)
        return replace(self, tree=xr.DataTree.from_dict(groups))

    def summary(self) -> str:
        """Return the main answers on one screen, for `print`.

        Returns
        -------
        str
            Classes, the covariates that move them most, and whether the draws can be trusted.

        Examples
        --------
        >>> print(fit.summary())  # doctest: +SKIP
        """
        return summary(self)

    def save(self, path: str | Path) -> Path:
        """Save model, data and draws to one netCDF file.

        Parameters
        ----------
        path : str or Path
            Where to.

        Returns
        -------
        Path
            The file, for `latentclass.load`.

        Raises
        ------
        FileError
            When it cannot be written.

        Examples
        --------
        >>> fit.save("fit.nc")  # doctest: +SKIP
        """
        extra = {
            "modes": self.modes.reset_index().to_dict(orient="list"),
            "solutions": self.solutions.reset_index().to_dict(orient="list"),
            "convergence": {
                **{k: v for k, v in asdict(replace(self.convergence, table=None)).items() if k != "table"},  # type: ignore[arg-type]
                "table": self.convergence.table.reset_index().to_dict(orient="list"),
            },
        }
        return write_file(path, self.tree, self.survey, extra)

    def __repr__(self) -> str:
        sizes, checked = self.posterior.sizes, self.convergence.verdict
        return (
            f"Fit({self.model.n_classes} classes; {self.survey.n_respondents} respondents; {sizes[dims.CHAIN]} chains "
            f"of {sizes[dims.DRAW]} draws; {checked}; next: print(fit.summary()), .classes(), .profiles(), .effects(), "
            ".memberships(), .loadings(), .predict(frame))"
        )
