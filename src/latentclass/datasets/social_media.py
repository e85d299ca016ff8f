"""The survey on internal social media: the published design, everything else simulated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from latentclass import dims
from latentclass.datasets.design import (
    AGE,
    ANTICIPATED_USE_SLOPES,
    ANTICIPATED_USE_THRESHOLDS,
    ATTITUDES,
    CHANNEL_PROBABILITY,
    HAS_POSTED,
    INDICATORS,
    INDUSTRIES,
    PUBLISHED,
    SEGMENTS,
    SHARES,
    internal_social_media_model,
    likert_baselines,
    score_correlation,
)
from latentclass.datasets.nonresponse import answers_lost
from latentclass.datasets.plain import check_count
from latentclass.datasets.population import Population, age_distribution, population, standard_age
from latentclass.model import Model
from latentclass.simulation import Simulated, simulate
from latentclass.simulation.probabilities import cumulative_probabilities
from latentclass.simulation.simulated import draw_categories
from latentclass.simulation.template import template
from latentclass.simulation.weights import FACTOR_GROUP
from latentclass.survey import Survey

__all__ = ["internal_social_media"]

_FEWEST = 50


def internal_social_media(
    n: int = 500, *, seed: int = 2020, individual_weight: float = 0.0, missing: bool = True
) -> Simulated:
    """Draw a survey of employees on internal social media, after the design of a published study.

    Published are the size (n = 500), 49 % women, a mean age of 44 years, a mean tenure of about 12 years, many
    industries, the four factor groups and three findings: technical, organizational and social factors determine the
    segments and individual ones do not; the technical design strongly predicts anticipated use; employees with privacy
    concerns do not intend to use it. **Everything else is simulated**: the number of segments, their sizes, names and
    profiles, the scales, the questions and every number.

    Parameters
    ----------
    n : int
        Number of respondents.
    seed : int
        Seed; the same survey for the same arguments.
    individual_weight : float
        True weight of the individual group, 0 (as published) to 0.3: mean over respondents of the Kullback-Leibler
        divergence of the membership probabilities from the same with the group averaged over the sample, divided by
        the entropy of membership. Exact in a reference population; see `latentclass.simulation.group_weights`.
    missing : bool
        Whether answers are missing: some 3 % of single answers, more of them towards the end of the questionnaire;
        a few respondents who break off, one in 300 of all before the attitude items; a few who skip a whole scale. Age,
        tenure, gender and industry are always known.

    Returns
    -------
    Simulated
        `frame` in the order of the questionnaire: age and tenure in years, gender, industry; five-point indicators of
        seven constructs, two of them reverse-keyed (organizational_support_3, ease_of_use_3); ten five-point attitude
        items, has_posted, main_channel; anticipated_use (1 to 5), an outcome that is no item of the model.

        `model`, ready to be fitted.

        `truth` with the parameters on the scale of the model, `true_class`, and: `true_weight` of each factor group,
        `segment` (a name) and `population_share` of each class, `anticipated_use_slope` of each construct and
        `anticipated_use_threshold`; design facts as attributes.

    Raises
    ------
    ModelError
        When n is below 50 or the weight out of range.

    Examples
    --------
    >>> data = internal_social_media(n=500, seed=2020)
    >>> data
    Simulated(500 respondents, 12 items, 4 classes; next: lc.fit(simulated.model, simulated.frame))
    >>> data.truth["true_weight"].sel(factor_group="individual").item()
    0.0
    """
    check_count("n", n, _FEWEST)
    people = population(individual_weight)
    rng = np.random.default_rng(seed)
    model = internal_social_media_model()
    covariates = _covariates(n, rng)
    survey, _ = template(model, covariates, None)
    simulated = simulate(model, _parameters(survey, people), covariates, seed=rng)
    frame = simulated.frame.assign(anticipated_use=_anticipated_use(simulated.truth[dims.SCORE], rng))
    if missing:
        frame = _with_gaps(frame, model, rng)
    return Simulated(model=model, frame=frame, truth=_truth(simulated.truth, people, seed, individual_weight))


def _covariates(n: int, rng: np.random.Generator) -> pd.DataFrame:
    age = np.rint(age_distribution().rvs(n, random_state=rng)).astype(int)  # type: ignore[attr-defined]
    working_life = age - 16
    share = PUBLISHED["mean_tenure"] / (PUBLISHED["mean_age"] - 16)
    shape = AGE["tenure_shape"]
    tenure = np.rint(working_life * rng.beta(shape, shape * (1 - share) / share, size=n)).astype(int)
    female = rng.random(n) < PUBLISHED["share_female"]
    return pd.DataFrame(
        {
            "age": age,
            "tenure": tenure,
            "gender": np.where(female, "female", "male"),
            "industry": rng.choice(list(INDUSTRIES), size=n, p=list(INDUSTRIES.values())),
        },
        index=pd.RangeIndex(1, n + 1, name="respondent"),
    )


def _parameters(survey: Survey, people: Population) -> xr.Dataset:
    """Return the truth on the scale of the survey, whose covariates have centres and scales of their own."""
    classes = list(survey.model.class_names)
    intercept = people.intercept.copy()
    arrays = {}
    for group in survey.groups:
        slopes = np.empty((len(group.columns), len(classes)))
        for j, column in enumerate(group.columns):
            covariate = column.construct or column.covariates[0]
            shift, stretch = (0.0, 1.0) if column.construct else _rescaled(survey, covariate, group.matrix[:, j])
            slopes[j] = stretch * people.slopes(covariate)
            intercept += shift * people.slopes(covariate)
        labels = [column.label for column in group.columns]
        dim = dims.covariate_dim(group.name)
        arrays[dims.slope_name(group.name)] = xr.DataArray(slopes, dims=(dim, dims.CLASS), coords={dim: labels})
    constructs = list(INDICATORS)
    correlation = xr.DataArray(
        score_correlation(),
        dims=(dims.CONSTRUCT, dims.CONSTRUCT_TWIN),
        coords={dims.CONSTRUCT: constructs, dims.CONSTRUCT_TWIN: constructs},
    )
    arrays |= {
        dims.INTERCEPT: xr.DataArray(intercept, dims=dims.CLASS),
        dims.SCORE_CORRELATION: correlation,
        dims.LOADING: xr.DataArray(np.concatenate(list(INDICATORS.values())), dims=dims.INDICATOR),
        dims.LIKERT_BASELINE: xr.DataArray(
            likert_baselines(sum(map(len, INDICATORS.values()))), dims=dims.LIKERT_LEVEL
        ),
    }
    return xr.Dataset({**arrays, **_item_parameters()}, coords={dims.CLASS: classes})


def _item_parameters() -> dict[str, xr.DataArray]:
    location = np.array(list(ATTITUDES.values())).T
    posted = np.array(HAS_POSTED)
    probability = np.column_stack([1 - posted, posted, np.array(CHANNEL_PROBABILITY)])
    return {
        dims.BASELINE: xr.DataArray(likert_baselines(len(ATTITUDES)), dims=dims.ORDINAL_LEVEL),
        dims.LOCATION: xr.DataArray(location - location.mean(axis=0), dims=(dims.CLASS, dims.ORDINAL_ITEM)),
        dims.PROBABILITY: xr.DataArray(probability, dims=(dims.CLASS, dims.ITEM_LEVEL)),
    }


def _rescaled(survey: Survey, covariate: str, encoded: np.ndarray) -> tuple[float, float]:
    """Return a and b of ``a + b * encoded``, the covariate as the population measures it."""
    raw = survey.frame[covariate]
    wanted = standard_age(raw.to_numpy()) if covariate == "age" else _male(raw.to_numpy())
    stretch, shift = np.polyfit(encoded, wanted, 1)
    return float(shift), float(stretch)


def _male(gender: np.ndarray) -> np.ndarray:
    return np.asarray((gender == "male") - (1 - PUBLISHED["share_female"]))


def _anticipated_use(score: xr.DataArray, rng: np.random.Generator) -> pd.Series:
    slopes = np.array([ANTICIPATED_USE_SLOPES.get(str(name), 0.0) for name in score[dims.CONSTRUCT].values])
    probability = cumulative_probabilities(np.array(ANTICIPATED_USE_THRESHOLDS), score.values @ slopes)
    index = pd.Index(score[dims.RESPONDENT].values, name="respondent")
    return pd.Series(draw_categories(probability, rng) + 1, index=index, dtype="Int64")


def _with_gaps(frame: pd.DataFrame, model: Model, rng: np.random.Generator) -> pd.DataFrame:
    questions = [str(name) for name in frame if name not in ("age", "tenure", "gender", "industry")]
    scales = [construct.indicators for construct in model.constructs.values()]
    lost = answers_lost(len(frame), questions, scales, model.items[0].name, rng)
    return frame.assign(**{name: frame[name].mask(lost[:, j]) for j, name in enumerate(questions)})


def _truth(parameters: xr.Dataset, people: Population, seed: int, individual_weight: float) -> xr.Dataset:
    slopes = [ANTICIPATED_USE_SLOPES.get(name, 0.0) for name in INDICATORS]
    return (
        parameters.assign_coords({FACTOR_GROUP: list(people.weights)})
        .assign(
            {
                "true_weight": ((FACTOR_GROUP,), list(people.weights.values())),
                "segment": ((dims.CLASS,), list(SEGMENTS)),
                "population_share": ((dims.CLASS,), list(SHARES)),
                "anticipated_use_slope": ((dims.CONSTRUCT,), slopes),
                "anticipated_use_threshold": (("anticipated_use_cut",), list(ANTICIPATED_USE_THRESHOLDS)),
            }
        )
        .assign_attrs(
            published=", ".join(f"{name} {value:g}" for name, value in PUBLISHED.items()),
            simulated="everything but the published design, segments and their names among it",
            seed=seed,
            individual_weight=individual_weight,
        )
    )
