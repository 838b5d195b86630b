"""The functions of `synapseek_core.arithmetic` as Numba compiles them; importing this module registers them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from synapseek_core.arithmetic import exp, maximum, minimum, select, sigmoid_layer, weighted_sum


@overload(select)
def _select(condition, if_true, if_false):
    return lambda condition, if_true, if_false: if_true if condition else if_false


@intrinsic
def _vectorisable_exp(typing_context, x):
    """Return exp of a float32 without a call, so that loops over it are vectorised.

    exp(x) = 2^n exp(r), n the integer next to x / ln 2, and exp(r) from its Taylor series: |r| < 0.35, so that eight
    terms are exact to single precision. 2^n is put together from bits, in two factors, so that results overflow to
    infinity and underflow to 0.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        real, integer = ir.FloatType(), ir.IntType(32)

        def number(value: float) -> ir.Constant:
            return ir.Constant(real, float(np.float32(value)))

        fused = builder.module.declare_intrinsic("llvm.fma", [real], ir.FunctionType(real, [real] * 3))
        nearest = builder.module.declare_intrinsic("llvm.rint", [real])
        value = arguments[0]
        for order, bound in ((">", 89.0), ("<", -104.0)):
            value = builder.select(builder.fcmp_ordered(order, value, number(bound)), number(bound), value)
        n = builder.call(nearest, [builder.fmul(value, number(1 / math.log(2)))])
        # ln 2 in two parts, the first so short that its products with n are exact.
        high = 0.693359375
        rest = builder.call(fused, [n, number(-high), value])
        rest = builder.call(fused, [n, number(high - math.log(2)), rest])
        series = number(1 / math.factorial(7))
        for power in range(6, -1, -1):
            series = builder.call(fused, [series, rest, number(1 / math.factorial(power))])
        whole = builder.fptosi(n, integer)
        half = builder.ashr(whole, ir.Constant(integer, 1))
        for part in (half, builder.sub(whole, half)):
            bits = builder.shl(builder.add(part, ir.Constant(integer, 127)), ir.Constant(integer, 23))
            series = builder.fmul(series, builder.bitcast(bits, real))
        return series

    return types.float32(types.float32), generate


@overload(exp)
def _exp(x):
    return lambda x: _vectorisable_exp(np.float32(x))


@overload(minimum)
def _minimum(x, y):
    return lambda x, y: x if x < y else y


@overload(maximum)
def _maximum(x, y):
    return lambda x, y: x if x > y else y


def _unrolled(arguments: str, expression: str) -> Any:
    """Return a function that the compiler sees without loops, its constants in place."""
    names: dict[str, Any] = {"exp": exp, "one": np.float32(1)}
    exec(f"def unrolled({arguments}):\n    return {expression}", names)
    return names["unrolled"]


def _products(row: str, values: str, count: int) -> str:
    return " + ".join(f"{row}[{k}] * {values}[{k}]" for k in range(count))


@overload(sigmoid_layer)
def _sigmoid_layer(weights, inputs):
    units = [f"one / (one + exp(-({_products(f'weights[{k}]', 'inputs', len(inputs))})))" for k in range(len(weights))]
    return _unrolled("weights, inputs", f"({', '.join(units)},)")


@overload(weighted_sum)
def _weighted_sum(weights, values):
    return _unrolled("weights, values", _products("weights", "values", len(weights)))
