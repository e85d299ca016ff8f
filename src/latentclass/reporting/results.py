"""The sections on what the fit says: classes, profiles, loadings, effects."""

from __future__ import annotations

import pandas as pd

from latentclass import plots
from latentclass.model import ItemKind
from latentclass.reporting.html import Html, element, paragraph, table
from latentclass.reporting.pictures import picture
from latentclass.reporting.section import Material, Section

__all__ = ["classes", "effects", "loadings", "profiles"]


def classes(material: Material) -> Section:
    """Return the section on sizes of the classes and who belongs to them.

    Parameters
    ----------
    material : Material
        The fit.

    Returns
    -------
    Section
        Sizes, certainty, memberships.
    """
    fit = material.fit
    sizes, members = fit.classes(prob=material.prob), fit.memberships()
    body = [
        picture(plots.classes(sizes), "sizes", "Share of each class with its interval"),
        table(sizes, "Share of each class; expected_n sums the probabilities, modal_n counts the likeliest class."),
    ]
    if fit.model.n_classes > 1:
        certainty = members.attrs["classification_certainty"]
        body += [
            element("h3", "Memberships"),
            paragraph(
                f"Classification certainty {certainty:.2f} (relative entropy: 1 when nobody is in doubt). The "
                f"likeliest class of a respondent has probability {members['certainty'].mean():.2f} on average."
            ),
            picture(plots.memberships(members), "members", "Probabilities of membership of all respondents"),
            table(_average_membership(members), "Average probabilities of membership by likeliest class (rows)."),
        ]
    return Section(title="Classes", body=tuple(body))


def _average_membership(members: pd.DataFrame) -> pd.DataFrame:
    names = list(members["modal"].cat.categories)
    average = members.groupby("modal", observed=False)[names].mean()
    average.insert(0, "respondents", members["modal"].value_counts().reindex(names).to_numpy())
    return average.rename_axis("likeliest class")


def profiles(material: Material) -> Section:
    """Return the section on what the classes answer.

    Parameters
    ----------
    material : Material
        The fit.

    Returns
    -------
    Section
        Picture and table of answer probabilities.
    """
    fit, long = material.fit, material.fit.profiles(prob=material.prob)
    drawn = plots.profiles(long, fit.classes(prob=material.prob))
    body = [picture(drawn, "profiles", "Answer probabilities of each class, one panel per item")]
    if any(item.kind is not ItemKind.NOMINAL for item in fit.survey.items):
        means = plots.mean_answers(fit.mean_answers(prob=material.prob))
        body.append(picture(means, "means", "Mean answers of each class across the items"))
    body.append(table(long, "Answer probabilities by class.", percent=True))
    return Section(title="Profiles", body=tuple(body))


def loadings(material: Material) -> Section:
    """Return the section on loadings and reliability of the constructs.

    Parameters
    ----------
    material : Material
        The fit.

    Returns
    -------
    Section
        Picture and tables, or a line that there are none.
    """
    fit = material.fit
    if not fit.survey.indicators:
        return Section(title="Loadings", body=(paragraph("The model has no constructs."),))
    found = fit.loadings(prob=material.prob)
    body = (
        picture(plots.loadings(found), "loadings", "Standardised loadings by construct"),
        table(found, "Loadings by construct and indicator."),
        element("h3", "Reliability"),
        table(fit.reliability(prob=material.prob), "Reliability of the constructs."),
    )
    return Section(title="Loadings", body=body)


def effects(material: Material) -> Section:
    """Return the section on what the covariates do to membership.

    Parameters
    ----------
    material : Material
        The fit.

    Returns
    -------
    Section
        Average marginal effects and logits, or a line that there are none.
    """
    fit = material.fit
    after = _outcomes(material)
    if not fit.survey.groups or fit.model.n_classes == 1:
        return Section(title="Effects", body=(paragraph("The model has no covariates of membership."), *after))
    marginal = fit.marginal_effects(prob=material.prob)
    both = fit.effects(prob=material.prob)
    logits = both[[c for c in both.columns if c.startswith("logit_")]]
    body = (
        paragraph(
            "Average marginal effects: the covariate of every respondent is changed, and the change of the class "
            "shares is averaged. An interval that holds 0 does not say that there is no effect; read how wide it is."
        ),
        picture(plots.effects(marginal), "effects", "Average marginal effects on the class shares by factor group"),
        table(marginal, "Change of the class shares, percentage points.", percent=True, digits=1),
        table(logits, "Logits of membership, zero-sum over the classes; continuous covariates per standard deviation."),
        *after,
    )
    return Section(title="Effects", body=body)


def _outcomes(material: Material) -> tuple[Html, ...]:
    if not material.fit.model.outcomes:
        return ()
    found = material.fit.outcomes(prob=material.prob)
    return element("h3", "Outcomes"), table(found, "Effects of class and covariates on the outcomes.", by_class=False)
