"""A rewrite that lets likelihoods write gradients over the logits they are given, where nobody else reads those."""

from __future__ import annotations

from pytensor.compile.mode import optdb
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.tensor.basic import Alloc
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.math import Dot

from latentclass.graph.design_ops import DesignProduct
from latentclass.graph.ops import ClassLikelihood

__all__ = ["REWRITE"]

# Name of the rewrite.
REWRITE = "latentclass_overwriting"


@node_rewriter([ClassLikelihood], inplace=True)
def _to_overwriting(_: FunctionGraph, node: Apply) -> list[Variable] | None:
    if node.op.overwrites or not _is_made_row_after_row(node.inputs[0]):
        return None
    return ClassLikelihood(overwrites=True).make_node(*node.inputs).outputs


def _is_made_row_after_row(matrix: Variable) -> bool:
    """Return whether a matrix comes from a loop that makes it, and not from a view on another, nor from outside."""
    node = matrix.owner
    if node is None:
        return False
    if isinstance(node.op, Elemwise):
        reused = node.op.destroy_map.get(node.outputs.index(matrix), [])
        return all(_is_made_row_after_row(node.inputs[i]) for i in reused)
    return isinstance(node.op, DesignProduct | Dot | Alloc)


# Last of all, when it is known who reads the logits.
optdb.register(REWRITE, dfs_rewriter(_to_overwriting), position=201)
