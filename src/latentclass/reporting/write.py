"""`latentclass.report`: everything about a fit in one HTML file."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from latentclass.errors import FileError
from latentclass.posterior import Fit
from latentclass.reporting import data, evidence, method, results
from latentclass.reporting.page import page
from latentclass.reporting.section import Material, Result, frame_of

__all__ = ["Result", "report"]

_SECTIONS = (
    data.data,
    method.model,
    method.priors,
    method.sampling,
    method.diagnostics,
    evidence.number_of_classes,
    results.classes,
    results.profiles,
    results.loadings,
    results.effects,
    evidence.weights,
    evidence.checks,
    evidence.sensitivity,
    method.software,
)


def report(
    fit: Fit,
    path: str | Path,
    *,
    title: str = "Latent class analysis",
    weighing: Result | None = None,
    choice: Result | None = None,
    checks: Result | None = None,
    diagnosis: Result | None = None,
    sensitivity: Result | None = None,
    prob: float = 0.9,
) -> Path:
    """Write everything about a fit into one HTML file, in the order of the SMART-LCA reporting checklist.

    Data and missing answers, model, priors, sampling, diagnostics, number of classes, classes, profiles, loadings,
    effects, weights of the factor groups, checks, sensitivity, versions and seed. The file needs no network: pictures
    are inside as SVG, tables can be sorted by a click on the name of a column, and it prints well. It holds counts and
    summaries of the survey, and no rows of it.

    Parameters
    ----------
    fit : Fit
        The fit.
    path : str or Path
        Where to; an existing file is replaced.
    title : str
        Title of the report.
    weighing, choice, checks, diagnosis, sensitivity : Result, optional
        What was found about the weights of the factor groups, the number of classes, the fit of the model, the draws
        and the priors: anything with a ``table`` (a DataFrame) and a ``str()`` that says what it means. Where one is
        left out, its section says so.
    prob : float
        Probability of the intervals.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FileError
        When the folder does not exist or cannot be written.
    LatentClassError
        When a result has no table, or matplotlib is not installed.

    References
    ----------
    Van Lissa, C. J., Garnier-Villarreal, M. and Anadria, D. (2024). Recommended practices in latent class analysis
    using the open-source R-package tidySEM. Structural Equation Modeling, 31(3), 526-534.

    Examples
    --------
    >>> import latentclass as lc
    >>> lc.report(fit, "report.html", title="Attitudes to internal social media")  # doctest: +SKIP
    PosixPath('report.html')
    """
    fit.survey.check_one_row_each("lc.report")
    path = Path(path)
    if not path.parent.is_dir():
        message = f"Cannot write {str(path)!r}: there is no folder {str(path.parent)!r}."
        raise FileError(message)
    given = {
        "weighing": weighing,
        "choice": choice,
        "checks": checks,
        "diagnosis": diagnosis,
        "sensitivity": sensitivity,
    }
    for result in given.values():
        if result is not None:
            frame_of(result)
    material = Material(fit=fit, prob=prob, **given)
    text = page(title, _lead(fit), [section(material) for section in _SECTIONS])
    return _write(path, text)


def _lead(fit: Fit) -> str:
    model, k = fit.model, fit.model.n_classes
    groups = f", {len(model.factor_groups)} factor groups of covariates" if model.factor_groups else ""
    return (
        f"Bayesian latent class model with {k} {'class' if k == 1 else 'classes'}: {fit.survey.n_respondents} "
        f"respondents, {len(model.items)} items{groups}."
    )


def _write(path: Path, text: str) -> Path:
    unfinished = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        message = f"Cannot write {str(path)!r}: {error}."
        raise FileError(message) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return path
