"""The search for modes: climbs from random starts, distinct ends, Laplace approximations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import gammaln

from latentclass import dims
from latentclass.errors import FitError
from latentclass.infer.ascent import EXACT, ROUGH, End, Stop, Target, curvature, maximise
from latentclass.infer.compiled import Compiled, Vector
from latentclass.infer.coordinates import Coordinates
from latentclass.infer.expanded import expanded
from latentclass.infer.modes import Mode, Modes
from latentclass.infer.progress import track
from latentclass.infer.starts import random_start
from latentclass.infer.threads import one_blas_thread, threads
from latentclass.posterior import relabel
from latentclass.posterior.density import total_log_likelihood
from latentclass.survey import Survey

__all__ = ["Climbs", "search"]

# Two ends of the search are the same mode when their log posteriors agree to this.
_SAME_HEIGHT = 5e-3
_LAPLACE_MODES = 8
# Log units below the best at which a mode has no weight to speak of, and is not looked into.
_NEGLIGIBLE = 30.0
# Probabilities that an end is lifted to before it is climbed again: from where the slope alone decides to well inside.
_FLOORS = (1e-5, 1e-3, 1e-2)
_BASIN = ("interior", "height", "standard_deviation", "basin", "log_evidence")


def search(compiled: Compiled, survey: Survey, *, n_starts: int, seed: int | None, progressbar: bool) -> Modes:
    """Find the modes of a compiled model.

    Parameters
    ----------
    compiled : Compiled
        The model.
    survey : Survey
        The survey.
    n_starts : int
        Number of random starts.
    seed : int, optional
        Seed of the starts.
    progressbar : bool
        Whether to show a progress bar.

    Returns
    -------
    Modes
        The modes.

    Raises
    ------
    FitError
        When `n_starts` is no positive number, or no start reached a mode.
    """
    if isinstance(n_starts, bool) or not isinstance(n_starts, int) or n_starts < 1:
        message = f"n_starts is a positive whole number; got {n_starts!r}."
        raise FitError(message)
    seeds = np.random.SeedSequence(seed).spawn(n_starts)
    with one_blas_thread():
        climbs = Climbs(compiled)

        def rough(own: np.random.SeedSequence) -> End:
            # Of many starts most end together: only one of each kind is climbed to the last digit.
            return climbs.one(random_start(compiled, survey, np.random.default_rng(own)), stop=ROUGH)

        ends = [end for end in climbs.each(rough, seeds, progressbar=progressbar) if np.isfinite(end[0])]
        if not ends:
            message = (
                f"None of {n_starts} random starts reached a finite log posterior; the data or priors are degenerate."
            )
            raise FitError(message)
        found = [_mode(compiled, survey, group) for group in _distinct(_released(climbs, _distinct(ends)))]
        found = _with_laplace(compiled, survey, climbs, found)
    return Modes(model=survey.model, modes=_weighed(found), n_starts=n_starts)


class Climbs:
    """Climbs of the density of a model.

    Parameters
    ----------
    compiled : Compiled
        The model, with the data as they are now.
    """

    __slots__ = ("_coordinates", "_inside", "target")

    def __init__(self, compiled: Compiled) -> None:
        searched = [part for part in compiled.parts if part.searched]
        self._coordinates, self._inside = Coordinates(searched), Coordinates(searched, logits=False)
        self.target = Target(compiled.class_density, compiled.n_dim)

    def one(self, start: Vector, floor: float = 0.0, stop: Stop = EXACT) -> End:
        """Maximise the density in the space of the probabilities.

        Parameters
        ----------
        start : ndarray of shape (n_dim,)
            Where to begin.
        floor : float
            Probabilities are lifted to this before.
        stop : Stop
            When to end.

        Returns
        -------
        tuple of float and ndarray
            Largest density found, and where.
        """
        return maximise(self.target, self._coordinates, start, floor=floor, stop=stop)

    def inside(self, start: Vector) -> End:
        """Maximise the density of the unconstrained vector, whose modes have no probability at zero.

        Parameters
        ----------
        start : ndarray of shape (n_dim,)
            Where to begin; probabilities at zero are lifted first.

        Returns
        -------
        tuple of float and ndarray
            Largest density found, and where.
        """
        lifted = self._coordinates.to_x(self._coordinates.from_x(start, _FLOORS[-1]), start)
        return maximise(self.target, self._inside, lifted)

    def each[T, R](self, climb: Callable[[T], R], work: Sequence[T], *, progressbar: bool = False) -> list[R]:
        """Climb as often as there is work, side by side where nothing in a climb uses all cores already.

        Parameters
        ----------
        climb : callable
            Piece of work to result.
        work : sequence
            The pieces.
        progressbar : bool
            Whether to show how many are done.

        Returns
        -------
        list
            The results, in order.
        """
        if not self.target.side_by_side:
            return [climb(own) for own in track(work, "searching modes", shown=progressbar)]
        waiting = [threads().submit(climb, own) for own in work]
        try:
            return [own.result() for own in track(waiting, "searching modes", shown=progressbar)]
        finally:
            for own in waiting:
                own.cancel()


def _distinct(ends: list[End]) -> list[list[End]]:
    groups: list[list[End]] = []
    for end in sorted(ends, key=lambda e: -e[0]):
        if groups and groups[-1][0][0] - end[0] < _SAME_HEIGHT:
            groups[-1].append(end)
        else:
            groups.append([end])
    return groups


def _released(climbs: Climbs, groups: list[list[End]]) -> list[End]:
    """Climb again from inside the simplex where a probability went to zero.

    In logits the slope vanishes at the boundary, also where the density would rise again inside: such an end is no
    mode.
    """
    worth = [group for group in groups if group[0][0] >= groups[0][0][0] - _NEGLIGIBLE]
    ends = []
    for group, best in zip(worth, climbs.each(lambda group: _climbed_again(climbs, group[0]), worth), strict=True):
        near = best[0] - group[0][0] < _SAME_HEIGHT
        ends += [best, *group[1:]] if near else [best] * len(group)
    return ends + [end for group in groups[len(worth) :] for end in group]


def _climbed_again(climbs: Climbs, end: End) -> End:
    best = climbs.one(end[1])
    for _ in range(2):
        before = best
        for floor in _FLOORS:
            again = climbs.one(best[1], floor)
            if again[0] > best[0] + _SAME_HEIGHT:
                best = again
        if best is before:
            # A second round would go the same ways.
            break
    return best


def _mode(compiled: Compiled, survey: Survey, group: list[End]) -> Mode:
    height, x = group[0]
    points = expanded(compiled, np.stack([end for _, end in group]))
    aligned = relabel(points, class_names=survey.model.class_names).posterior
    spread = 0.0
    for name in (dims.PROBABILITY, dims.ORDINAL_PROBABILITY):
        if name in aligned:
            spread = max(spread, float(abs(aligned[name] - aligned[name].isel(draw=0)).max()))
    first = aligned.isel(draw=[0])
    return Mode(
        log_posterior=height,
        log_likelihood=float(total_log_likelihood(first, survey).sum()),
        hits=len(group),
        spread=spread,
        x=x,
        parameters=first.isel(chain=0, draw=0, drop=True),
    )


def _with_laplace(compiled: Compiled, survey: Survey, climbs: Climbs, found: list[Mode]) -> list[Mode]:
    heavy = [m for m in found[:_LAPLACE_MODES] if m.log_posterior >= found[0].log_posterior - _NEGLIGIBLE]
    tops = climbs.each(lambda mode: climbs.inside(mode.x), heavy)
    finished: list[Mode] = []
    for number, mode in enumerate(found, start=1):
        if number > len(tops):
            finished.append(replace(mode, basin=number))
            continue
        height, interior = tops[number - 1]
        known = next((m for m in finished if abs(m.height - height) < _SAME_HEIGHT), None)
        if known is not None:
            same = {name: getattr(known, name) for name in _BASIN}
            finished.append(replace(mode, **same))
            continue
        begun = replace(mode, interior=interior, height=height, basin=number)
        finished.append(_laplace(compiled, survey, climbs.target, begun))
    return finished


def _laplace(compiled: Compiled, survey: Survey, target: Target, mode: Mode) -> Mode:
    free = np.flatnonzero(compiled.searched)
    assert mode.interior is not None
    rows = curvature(target, mode.interior, entries=free)[:, free]
    values, vectors = np.linalg.eigh(0.5 * (rows + rows.T))
    if values[0] <= 1e-6 * values[-1]:
        return mode
    deviation = np.zeros(compiled.n_dim)
    deviation[free] = np.sqrt(((vectors / values) * vectors).sum(axis=1))
    copies = float(gammaln(survey.model.n_classes + 1))
    volume = 0.5 * len(free) * np.log(2 * np.pi) - 0.5 * float(np.log(values).sum())
    return replace(mode, standard_deviation=deviation, log_evidence=mode.height + volume + copies)


def _weighed(found: list[Mode]) -> tuple[Mode, ...]:
    basins = {mode.basin: mode.log_evidence for mode in found if np.isfinite(mode.log_evidence)}
    if not basins:
        return tuple(found)
    top = max(basins.values())
    total = sum(np.exp(evidence - top) for evidence in basins.values())
    weights = {basin: float(np.exp(evidence - top) / total) for basin, evidence in basins.items()}
    return tuple(replace(mode, weight=weights.get(mode.basin, 0.0)) for mode in found)
