"""Membership part: logits of the classes from covariates, zero-sum across classes."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.graph.basic import Variable

from latentclass import dims
from latentclass.graph.design_ops import design_product
from latentclass.graph.effects import group_slopes, zero_sum
from latentclass.graph.simplex import Blocks, dirichlet_blocks
from latentclass.model import Dirichlet
from latentclass.survey import GroupDesign, Survey

__all__ = ["membership_logits"]


def membership_logits(survey: Survey, score: Variable | None) -> Variable:
    """Add intercept and slopes to the model on the context stack.

    Parameters
    ----------
    survey : Survey
        The survey.
    score : tensor of shape (n, constructs), optional
        Scores of the latent constructs.

    Returns
    -------
    tensor of shape (n, K)
        Logits of the classes; zeros when there is one class.
    """
    n = pm.modelcontext(None).dim_lengths[dims.RESPONDENT]
    if survey.model.n_classes == 1:
        return pt.zeros((n, 1))
    logits = pt.zeros((n, 1)) + _intercept(survey)
    slopes = group_slopes(survey)
    for group in survey.groups:
        logits = logits + _group(survey, group, slopes[group.name], score)
    return logits


def _intercept(survey: Survey) -> Variable:
    prior = survey.model.priors.intercept
    if not isinstance(prior, Dirichlet):
        return zero_sum(prior, dims.INTERCEPT, (dims.CLASS,))
    blocks = Blocks((survey.model.n_classes,))
    share = dirichlet_blocks(dims.CLASS_SHARE, blocks, prior.concentration, (dims.CLASS,))
    log_share = pt.log(share)
    return pm.Deterministic(dims.INTERCEPT, log_share - log_share.mean(), dims=(dims.CLASS,))


def _group(survey: Survey, group: GroupDesign, slope: Variable, score: Variable | None) -> Variable:
    covariates = dims.covariate_dim(group.name)
    latent = [i for i, column in enumerate(group.columns) if column.construct is not None]
    observed = [i for i, column in enumerate(group.columns) if column.construct is None]
    part = pt.zeros((1, 1))
    if observed:
        design = pm.Data(f"design_{group.name}", group.matrix, dims=(dims.RESPONDENT, covariates))
        # Columns of latent constructs hold zeros, so the whole matrix may be multiplied.
        part = design_product(design, slope)
    if latent and score is not None:
        names = survey.model.latent_constructs
        which = np.array([names.index(str(group.columns[i].construct)) for i in latent])
        part = part + score[:, which] @ slope[np.array(latent)]
    return part
