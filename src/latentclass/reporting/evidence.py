"""The sections on what other functions found: number of classes, weights, checks, sensitivity."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from latentclass import plots
from latentclass.reporting.html import Html, paragraph
from latentclass.reporting.pictures import picture
from latentclass.reporting.section import Material, Result, Section, frame_of, how_to, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

type Draw = Callable[[pd.DataFrame], "Axes | Figure"]

__all__ = ["checks", "number_of_classes", "sensitivity", "weights"]


def number_of_classes(material: Material) -> Section:
    """Return the section on the number of classes.

    Parameters
    ----------
    material : Material
        The fit, and the comparison where there is one.

    Returns
    -------
    Section
        The comparison, or how to get one.
    """
    k = material.fit.model.n_classes
    lead = paragraph(f"This report is about {k} {'class' if k == 1 else 'classes'}.")
    missing = "Other numbers of classes were not compared for this report (argument choice=lc.choose(model, frame))."
    drawn = _picture(material.choice, "fit", plots.number_of_classes, "Criteria by number of classes")
    body = (lead, *drawn, *_given(material.choice, "Numbers of classes.", missing))
    return Section(title="Number of classes", body=body)


def weights(material: Material) -> Section:
    """Return the section on the weights of the factor groups.

    Parameters
    ----------
    material : Material
        The fit, and the weights where there are any.

    Returns
    -------
    Section
        Weights with verdicts, or how to get them.
    """
    if not material.fit.survey.groups or material.fit.model.n_classes == 1:
        return Section(title="Weights of the factor groups", body=(paragraph("There are no factor groups to weigh."),))
    missing = (
        "Whether a factor group carries weight was not assessed for this report (argument weighing=lc.weigh(fit)); "
        "effects whose intervals hold 0 do not answer it."
    )
    drawn = _picture(material.weighing, "factor_group", plots.weights, "Weights of the factor groups with their priors")
    body = (*drawn, *_given(material.weighing, "Evidence by factor group.", missing))
    return Section(title="Weights of the factor groups", body=body)


def checks(material: Material) -> Section:
    """Return the section on posterior predictive checks.

    Parameters
    ----------
    material : Material
        The fit, and the checks where there are any.

    Returns
    -------
    Section
        The checks, or how to get them.
    """
    missing = (
        "The model was not checked against the data for this report (argument checks=lc.check(fit)); "
        "fit.with_posterior_predictive() draws whole surveys to compare with."
    )
    return Section(title="Checks of the model", body=_given(material.checks, "Checks.", missing))


def sensitivity(material: Material) -> Section:
    """Return the section on sensitivity to the priors.

    Parameters
    ----------
    material : Material
        The fit, and the sensitivity where it is known.

    Returns
    -------
    Section
        The sensitivity, or how to get it.
    """
    missing = (
        "Sensitivity to the priors was not assessed for this report (argument sensitivity=); fit again with other "
        "priors, lc.Priors(...), and compare."
    )
    body = _given(material.sensitivity, "Sensitivity to the priors.", missing)
    return Section(title="Sensitivity to the priors", body=body)


def _picture(result: Result | None, index: str, draw: Draw, description: str) -> tuple[Html, ...]:
    """Return the picture of a table, where it is one that there is a picture for."""
    if result is None or list(frame_of(result).index.names) != [index]:
        return ()
    return (picture(draw(frame_of(result)), index, description),)


def _given(result: Result | None, caption: str, missing: str) -> tuple[Html, ...]:
    return (how_to(missing),) if result is None else shown(result, caption)
