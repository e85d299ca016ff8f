"""The sections on the method: model, priors, sampling, diagnostics, software."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from latentclass.model import IndicatorKind, Model, Structure
from latentclass.model.outcomes import OutcomeKind
from latentclass.posterior import Convergence, Fit
from latentclass.reporting.html import element, paragraph, preformatted, table, unordered
from latentclass.reporting.section import Material, Section, how_to, shown

__all__ = ["diagnostics", "model", "priors", "sampling", "software"]

_MEANING = {
    "intercept": "logits of the class sizes at average covariates, zero-sum over the classes",
    "items": "answer probabilities of items without order, per class",
    "thresholds": "answers to ordinal items at location 0",
    "location": "location of a class on an ordinal item, zero-sum over the classes",
    "dispersion": "log spread of a class on an ordinal item, zero-sum over the classes",
    "likert_thresholds": "answers to Likert indicators in the population",
    "likert_loading": "loadings of Likert indicators",
    "continuous_loading": "loadings of continuous indicators",
    "continuous_mean": "means of continuous indicators, standardised",
    "continuous_sd": "residual standard deviations of continuous indicators",
    "score_correlation": "correlations of the constructs",
    "outcome_location": "location of a class on an outcome, zero-sum over the classes",
    "outcome_slopes": "slopes of outcomes on covariates",
    "outcome_thresholds": "answers to binary and ordinal outcomes at location 0",
    "outcome_mean": "means of continuous outcomes, standardised",
    "outcome_sd": "residual standard deviations of continuous outcomes",
}
_SETTINGS = {
    "created_at": "drawn at (UTC)",
    "method": "method",
    "inference_library": "sampler",
    "chains": "chains",
    "draws": "draws kept per chain",
    "tuning_steps": "draws to adapt in per chain",
    "target_accept": "target acceptance rate",
    "n_starts": "random starts of the search for modes",
    "cores": "chains at a time",
    "compiling_time": "seconds to build and compile",
    "search_time": "seconds to search for modes",
    "sampling_time": "seconds to sample",
    "machine": "machine",
}


def model(material: Material) -> Section:
    """Return the section on the model, in words and formulas.

    Parameters
    ----------
    material : Material
        The fit.

    Returns
    -------
    Section
        What ``model.describe()`` says.
    """
    return Section(title="Model", body=(preformatted(material.fit.model.describe()),))


def priors(material: Material) -> Section:
    """Return the section on the priors that the model uses.

    Parameters
    ----------
    material : Material
        The fit.

    Returns
    -------
    Section
        One row per prior.
    """
    own = material.fit.model
    rows = [(name, repr(prior), _MEANING.get(name, "")) for name, prior in _priors_in_use(own)]
    if own.n_classes > 1:
        rows += [
            (f"effects of {name}", repr(own.priors.of_group(name)), "logits of a factor group, zero-sum")
            for name in own.factor_groups
        ]
    frame = pd.DataFrame(rows, columns=["prior of", "distribution", "what it is about"]).set_index("prior of")
    text = "Normal(s) is normal around 0 with standard deviation s; Dirichlet(a) has all concentrations a."
    return Section(title="Priors", body=(table(frame, "Priors in use."), paragraph(text)))


def _priors_in_use(own: Model) -> Iterator[tuple[str, object]]:
    cumulative = [item for item in own.items if item.structure is Structure.CUMULATIVE]
    latent = [own.constructs[name] for name in own.latent_constructs]
    kinds, several = {c.kind for c in latent}, own.n_classes > 1
    unused = {
        "intercept": not several,
        "effects": True,
        "group_effects": True,
        "items": len(cumulative) == len(own.items),
        "thresholds": not cumulative,
        "location": not cumulative or not several,
        "dispersion": not several or not any(item.dispersion for item in cumulative),
        "score_correlation": len(latent) < 2,
        **_unused_of_outcomes(own),
    }
    for name, prior in own.priors.as_dict().items():
        kind = next((k for k in IndicatorKind if name.startswith(f"{k}_")), None)
        if not unused.get(name, kind is not None and kind not in kinds):
            yield name, prior


def _unused_of_outcomes(own: Model) -> dict[str, bool]:
    outcomes = own.outcomes.values()
    continuous = [o.kind is OutcomeKind.CONTINUOUS for o in outcomes]
    return {
        "outcome_location": own.n_classes == 1 or not any(o.by_class for o in outcomes),
        "outcome_slopes": not any(o.covariates for o in outcomes),
        "outcome_thresholds": all(continuous),
        "outcome_mean": not any(continuous),
        "outcome_sd": not any(continuous),
    }


def sampling(material: Material) -> Section:
    """Return the section on how the posterior was sampled.

    Parameters
    ----------
    material : Material
        The fit.

    Returns
    -------
    Section
        Settings, modes, solutions.
    """
    fit = material.fit
    known = _record(fit)
    rows = [(words, _setting(known[name])) for name, words in _SETTINGS.items() if name in known]
    how = "chains started dispersed around the best"
    if fit.convergence.approximate:
        how = (
            "the best was approximated by a normal distribution in bent coordinates, whose draws were weighed by the "
            "posterior"
        )
    body = [
        paragraph(
            f"Modes of the posterior were searched from random starts; {how}; every draw was relabelled to one naming "
            "of the classes (assignment to a pivot, iterated)."
        )
    ]
    if rows:
        frame = pd.DataFrame(rows, columns=["setting", "value"]).set_index("setting")
        body.append(table(frame, "How the draws were made."))
    else:
        body.append(how_to("Settings and seed of this fit were not recorded when it was made."))
    body += [element("h3", "Modes found"), table(fit.modes.rename_axis("mode"), "Distinct modes, the highest first.")]
    if len(fit.solutions) > 1:
        text = f"The chains are in {len(fit.solutions)} different solutions; all answers here are from the first."
        body += [paragraph(text, "warnings"), table(fit.solutions, "Solutions.")]
    return Section(title="How the posterior was sampled", body=tuple(body))


def diagnostics(material: Material) -> Section:
    """Return the section on whether the draws can be trusted.

    Parameters
    ----------
    material : Material
        The fit, and the diagnosis where there is one.

    Returns
    -------
    Section
        Sentences, R-hat and effective sample sizes.
    """
    found = material.fit.convergence
    doubtful = f" In {found.doubtful_labels:.1%} of the draws the classes could be named another way nearly as well."
    body = [paragraph((_about_approximation(found) if found.approximate else _about_chains(found)) + doubtful)]
    if found.messages:
        body.append(unordered(found.messages, "warnings"))
    else:
        body.append(paragraph("No check of the draws found anything to report."))
    if not found.approximate:
        sizes = {name: found.table[name].round().astype("Int64") for name in ("min_ess_bulk", "min_ess_tail")}
        body.append(table(found.table.assign(**sizes), "Convergence by variable, worst entry of each.", digits=3))
    if material.diagnosis is not None:
        body += [element("h3", "Diagnosis"), *shown(material.diagnosis, "Findings.")]
    return Section(title="Diagnostics", body=tuple(body))


def _about_chains(found: Convergence) -> str:
    bfmi = f"{min(found.bfmi):.2f}" if found.bfmi else "not known"
    return (
        f"{found.n_draws} draws: largest R-hat {found.max_rhat:.3f}, smallest effective sample size "
        f"{found.min_ess:.0f}, {found.n_divergent} divergent transitions, {found.n_max_depth} trajectories cut, "
        f"smallest BFMI {bfmi}."
    )


def _about_approximation(found: Convergence) -> str:
    resampled = "resampled by their importance weights" if found.pareto_k <= found.threshold else "not resampled"
    return (
        f"{found.n_draws} independent draws of an approximation ({found.method}), {resampled}: Pareto k of the "
        f"importance ratios {found.pareto_k:.2f}, at most {found.threshold:.2f} to be trusted, and an effective number "
        f"of {found.effective:.0f} draws. There are no chains, so there is no R-hat."
    )


def software(material: Material) -> Section:
    """Return the section on versions and seed.

    Parameters
    ----------
    material : Material
        The fit.

    Returns
    -------
    Section
        What a repetition needs.
    """
    known = _record(material.fit)
    if "seed" not in known:
        text = "Seed and versions of this fit were not recorded when it was made."
        return Section(title="Software and seed", body=(how_to(text),))
    versions = json.loads(str(known.get("versions", "{}")))
    frame = pd.DataFrame(list(versions.items()), columns=["package", "version"]).set_index("package")
    text = f"Seed {known['seed']}. The same seed gives the same draws with the same versions on the same machine."
    return Section(title="Software and seed", body=(paragraph(text), table(frame, "Versions that made the fit.")))


def _record(fit: Fit) -> Mapping[str, object]:
    return {str(name): value for name, value in fit.tree["sample_stats"].attrs.items()}


def _setting(value: object) -> str:
    if isinstance(value, float | np.floating):
        number = float(value)
        return f"{number:.3g}" if abs(number) < 100 else f"{number:.0f}"
    return str(value)
