"""Four doubles that loops work on at once, as a type that numba knows.

LLVM could see for itself that neighbouring operations are one of a vector, but numba has it not do so, for errors that
it once made there; and of a loop over many numbers it makes several, which take long to compile. So loops say
themselves what is a vector. They calculate with lanes as with numbers, one lane apart from another.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

from latentclass.jit import inner

__all__ = ["LANES", "across", "exponent_and_rest", "load", "padded", "power_of_two", "spread", "store"]

# Number of doubles.
LANES = 4

_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_BITS = ir.VectorType(ir.IntType(64), LANES)
_OPERATIONS = {
    operator.add: "fadd",
    operator.sub: "fsub",
    operator.mul: "fmul",
    operator.imul: "fmul",
    operator.truediv: "fdiv",
}


class _Lanes(types.Type):
    def __init__(self) -> None:
        super().__init__(name="Lanes")


_TYPE = _Lanes()


@register_model(_Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


def _operation(function: Callable[..., Any]) -> Callable[..., Any]:
    # To the loops that call it, it takes what comes after the first argument.
    return intrinsic(function)


def _filled(builder: Any, number: Any) -> Any:
    lanes = ir.Constant(_VECTOR, ir.Undefined)
    for lane in range(LANES):
        lanes = builder.insert_element(lanes, number, ir.Constant(ir.IntType(32), lane))
    return lanes


def _register(operation: Any, name: str) -> None:
    @type_callable(operation)
    def typing(context: Any) -> Any:
        def result(one: Any, two: Any) -> Any:
            kinds = {one, two}
            return _TYPE if _TYPE in kinds and kinds <= {_TYPE, types.float64} else None

        return result

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        given = zip(arguments, signature.args, strict=True)
        return getattr(builder, name)(*(a if kind == _TYPE else _filled(builder, a) for a, kind in given))

    for kinds in ((_Lanes, _Lanes), (_Lanes, types.Float), (types.Float, _Lanes)):
        lower_builtin(operation, *kinds)(lower)


for _symbol, _name in _OPERATIONS.items():
    _register(_symbol, _name)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, at: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), _VECTOR.as_pointer())


def _look_at(array: Any) -> None:
    if not (isinstance(array, types.Array) and (array.ndim, array.layout, array.dtype) == (1, "C", types.float64)):
        message = f"Lanes are those of a vector of doubles, one after the other, and not of {array}."
        raise TypingError(message)


@_operation
def load(typing: Any, array: Any, at: Any) -> Any:
    """Return the four doubles of a vector from an index on, which is not looked at for being in range."""
    _look_at(array)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # Where any double may be, not only at every fourth.
        return builder.load(_pointer(context, builder, signature.args[0], *arguments), align=8)

    return _TYPE(array, types.unliteral(at)), generate


@_operation
def store(typing: Any, array: Any, at: Any, lanes: Any) -> Any:
    """Write four doubles into a vector from an index on, which is not looked at for being in range."""
    _look_at(array)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        where = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        builder.store(arguments[2], where, align=8)
        return context.get_dummy_value()

    return types.none(array, types.unliteral(at), _TYPE), generate


@_operation
def spread(typing: Any, number: Any) -> Any:
    """Return four times the same double."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _filled(builder, arguments[0])

    return _TYPE(types.float64), generate


@_operation
def across(typing: Any, lanes: Any) -> Any:
    """Return (a + b) + (c + d)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b, c, d = (builder.extract_element(arguments[0], ir.Constant(ir.IntType(32), i)) for i in range(LANES))
        return builder.fadd(builder.fadd(a, b), builder.fadd(c, d))

    return types.float64(_TYPE), generate


def _whole(number: int) -> Any:
    return ir.Constant(_BITS, [number] * LANES)


@_operation
def power_of_two(typing: Any, shifted: Any) -> Any:
    """Return 2^k, given 1.5 2^52 + k with k a whole number: it is what the lowest bits say."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = builder.shl(builder.bitcast(arguments[0], _BITS), _whole(52))
        return builder.bitcast(builder.add(bits, _whole(1023 << 52)), _VECTOR)

    return _TYPE(_TYPE), generate


@_operation
def exponent_and_rest(typing: Any, x: Any) -> Any:
    """Return k and m with x = 2^k m and m between the roots of 1/2 and 2, for positive x that are not subnormal."""
    # The bits of the root of 1/2, rounded down, and those of 2^52, onto which k is put to become a double.
    root, mantissa, two_52, bias = 0x3FE6A09E667F3BCC, (1 << 52) - 1, (1023 + 52) << 52, 2.0**52 + 1023.0

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        moved = builder.add(builder.bitcast(arguments[0], _BITS), _whole((1023 << 52) - root))
        k = builder.bitcast(builder.add(builder.lshr(moved, _whole(52)), _whole(two_52)), _VECTOR)
        k = builder.fsub(k, ir.Constant(_VECTOR, [bias] * LANES))
        m = builder.bitcast(builder.add(builder.and_(moved, _whole(mantissa)), _whole(root)), _VECTOR)
        return context.make_tuple(builder, signature.return_type, [k, m])

    return types.UniTuple(_TYPE, 2)(_TYPE), generate


@inner
def padded(n: int) -> int:
    """Return the length of a vector that n numbers fill, up to the last of four lanes."""
    return -(-n // LANES) * LANES
