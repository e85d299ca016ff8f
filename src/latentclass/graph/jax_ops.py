"""The fused Ops in JAX, for numpyro on CPU and GPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from latentclass.graph.design_ops import BasisProduct, CrossProduct, DesignProduct
from latentclass.graph.graded_ops import AccumulateGraded, GradedResponse
from latentclass.graph.ops import AccumulateCells, ClassLikelihood, PackAnswers
from latentclass.graph.simplex import Blocks
from latentclass.graph.stick_ops import StickGradient, StickLogProbability

__all__ = ["register"]


def register() -> None:
    """Tell PyTensor how the Ops run in JAX. Calling it again changes nothing."""
    from pytensor.link.jax.dispatch import jax_funcify

    for op, function in (
        (PackAnswers, _pack_answers),
        (ClassLikelihood, _class_likelihood),
        (AccumulateCells, _accumulate_cells),
        (GradedResponse, _graded_response),
        (AccumulateGraded, _accumulate_graded),
        (StickLogProbability, _stick_log_probability),
        (StickGradient, _stick_gradient),
        (DesignProduct, lambda op, **_: lambda design, slope: design @ slope),
        (BasisProduct, lambda op, **_: lambda coordinates, basis: coordinates @ basis),
        (CrossProduct, lambda op, **_: lambda design, values: design.T @ values),
    ):
        jax_funcify.register(op)(function)


def _pack_answers(op: PackAnswers, **_: object) -> Callable[..., Any]:
    import jax.numpy as jnp

    first, group_of, stride = op.packing.places

    def pack_answers(codes: Any) -> Any:
        steps = stride * jnp.where(codes < 0, jnp.asarray(op.sizes), codes)
        packed = jnp.zeros((codes.shape[0], len(first)), dtype=steps.dtype).at[:, group_of].add(steps)
        return (packed + first).astype(op.packing.dtype)

    return pack_answers


def _class_likelihood(op: ClassLikelihood, **_: object) -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax.nn import log_softmax, softmax
    from jax.scipy.special import logsumexp

    def class_likelihood(logits: Any, table: Any, answers: Any, members: Any, weights: Any) -> Any:
        padded = jnp.concatenate([table, jnp.zeros((1, table.shape[1]), dtype=table.dtype)])
        joint = logits + padded[members].sum(axis=1)[answers].sum(axis=1)
        impossible = jnp.isneginf(joint).all(axis=1, keepdims=True)
        posterior = weights[:, None] * jnp.exp(log_softmax(jnp.where(impossible, logits, joint), axis=1))
        value = weights * (logsumexp(joint, axis=1) - logsumexp(logits, axis=1))
        by_table = _sums(posterior, answers, members, table.shape[0])
        return value, posterior - weights[:, None] * softmax(logits, axis=1), by_table

    return class_likelihood


def _sums(weights: Any, answers: Any, members: Any, n_cells: int) -> Any:
    import jax.numpy as jnp

    # Over joint cells first: there are fewer of them per respondent than answers.
    spread = jnp.broadcast_to(weights[:, None, :], (*answers.shape, weights.shape[1]))
    joint = jnp.zeros((members.shape[0], weights.shape[1]), dtype=weights.dtype).at[answers].add(spread)
    spread = jnp.broadcast_to(joint[:, None, :], (*members.shape, weights.shape[1]))
    return jnp.zeros((n_cells + 1, weights.shape[1]), dtype=weights.dtype).at[members].add(spread)[:n_cells]


def _accumulate_cells(op: AccumulateCells, node: Any, **_: object) -> Callable[..., Any]:
    n_cells = int(node.inputs[3].data) if hasattr(node.inputs[3], "data") else None

    def accumulate_cells(weights: Any, answers: Any, members: Any, given: Any) -> Any:
        return _sums(weights, answers, members, n_cells if n_cells is not None else int(given))

    return accumulate_cells


def _graded_response(op: GradedResponse, **_: object) -> Callable[..., Any]:
    import jax
    import jax.numpy as jnp

    def per_answer(at: Any, upper: Any, lower: Any, above: Any, below: Any) -> Any:
        inner = above & below
        gap = jnp.where(inner, upper - lower, 1.0)
        value = jnp.where(above, -jax.nn.softplus(-(jnp.where(above, upper, 0.0) - at)), 0.0)
        value += jnp.where(below, -jax.nn.softplus(jnp.where(below, lower, 0.0) - at), 0.0)
        value += jnp.where(inner, jnp.log(-jnp.expm1(-gap)), 0.0)
        pull = jnp.where(inner, 1.0 / jnp.expm1(gap), 0.0)
        by_upper = jnp.where(above, jax.nn.sigmoid(at - jnp.where(above, upper, 0.0)), 0.0) + pull
        by_lower = -jnp.where(below, jax.nn.sigmoid(jnp.where(below, lower, 0.0) - at), 0.0) - pull
        return value, by_upper, by_lower

    def graded_response(score: Any, loading: Any, thresholds: Any, codes: Any, construct: Any, n_levels: Any) -> Any:
        answered, width = codes >= 0, thresholds.shape[1]
        which = jnp.arange(codes.shape[1])
        at = loading * score[:, construct]
        upper = thresholds[which, jnp.clip(codes, 0, width - 1)]
        lower = thresholds[which, jnp.clip(codes - 1, 0, width - 1)]
        value, by_upper, by_lower = per_answer(at, upper, lower, answered & (codes < n_levels - 1), codes > 0)
        by_at = -loading * (by_upper + by_lower)
        by_score = jnp.zeros_like(score).at[:, construct].add(by_at)
        return value.sum(axis=1), by_score, by_upper, by_lower

    return graded_response


def _accumulate_graded(op: AccumulateGraded, node: Any, **_: object) -> Callable[..., Any]:
    import jax.numpy as jnp

    known = int(node.inputs[6].data) if hasattr(node.inputs[6], "data") else None

    def accumulate_graded(
        weight: Any, by_upper: Any, by_lower: Any, score: Any, codes: Any, construct: Any, given: Any
    ) -> Any:
        width = known if known is not None else int(given)
        upper, lower = weight[:, None] * by_upper, weight[:, None] * by_lower
        by_loading = -(score[:, construct] * (upper + lower)).sum(axis=0)
        which = jnp.broadcast_to(jnp.arange(codes.shape[1]), codes.shape)
        padded = jnp.zeros((codes.shape[1], width + 1), dtype=upper.dtype)
        padded = padded.at[which, jnp.where((codes >= 0) & (codes < width), codes, width)].add(upper)
        padded = padded.at[which, jnp.where(codes > 0, codes - 1, width)].add(lower)
        return by_loading, padded[:, :width]

    return accumulate_graded


def _stick_log_probability(op: StickLogProbability, **_: object) -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax.nn import softplus

    breaks, cells = Blocks(op.sizes).padded
    n, width = len(op.sizes), max(op.sizes)

    def stick_log_probability(sticks: Any, rank: Any, _: Any) -> Any:
        empty = jnp.zeros((sticks.shape[0], n * (width - 1)), dtype=sticks.dtype)
        taken = empty.at[:, breaks].set(-softplus(-sticks)).reshape(-1, n, width - 1)
        left = empty.at[:, breaks].set(-softplus(sticks)).reshape(-1, n, width - 1)
        around = ((0, 0), (0, 0))
        rows = jnp.pad(taken, (*around, (0, 1))) + jnp.pad(jnp.cumsum(left, axis=-1), (*around, (1, 0)))
        broken = rows.reshape(-1, n * width)[:, cells]
        return jnp.take_along_axis(broken, jnp.broadcast_to(rank, broken.shape), axis=1)

    return stick_log_probability


def _stick_gradient(op: StickGradient, **_: object) -> Callable[..., Any]:
    import jax.numpy as jnp
    from jax.nn import sigmoid

    breaks, cells = Blocks(op.sizes).padded
    n, width = len(op.sizes), max(op.sizes)

    def stick_gradient(sticks: Any, rank: Any, by_log_probability: Any, _: Any) -> Any:
        places = jnp.argsort(jnp.broadcast_to(rank, by_log_probability.shape), axis=1)
        broken = jnp.take_along_axis(by_log_probability, places, axis=1)
        rows = (
            jnp.zeros((sticks.shape[0], n * width), dtype=sticks.dtype).at[:, cells].set(broken).reshape(-1, n, width)
        )
        later = jnp.cumsum(rows[..., ::-1], axis=-1)[..., ::-1][..., 1:]
        own, rest = (part.reshape(-1, n * (width - 1))[:, breaks] for part in (rows[..., :-1], later))
        return own * sigmoid(-sticks) - rest * sigmoid(sticks)

    return stick_gradient
