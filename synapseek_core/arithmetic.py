"""The few functions, beyond + - * / and comparisons, that plasticity rules and neuron models may use.

Outside a compiled kernel they are JAX functions on arrays; inside a Numba kernel the same names compile to scalar
code, so that a rule or a neuron model is written once. Combine conditions with & and |, not `and` and `or`.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numba.extending import overload

Layer = tuple[tuple[float, ...], ...]


def select(condition: Any, if_true: Any, if_false: Any) -> Any:
    """`if_true` where `condition` holds, else `if_false` (element by element)."""
    return jnp.where(condition, if_true, if_false)


def exp(x: Any) -> Any:
    """Exponential function."""
    return jnp.exp(x)


def minimum(x: Any, y: Any) -> Any:
    """The smaller of x and y."""
    return jnp.minimum(x, y)


def maximum(x: Any, y: Any) -> Any:
    """The larger of x and y."""
    return jnp.maximum(x, y)


def sigmoid_layer(weights: Layer, inputs: Any) -> Any:
    """Units of a layer without biases, 1 / (1 + exp(-weights . inputs)).

    Args:
        weights: a row of constants a unit.
        inputs: one number (an array of any shape) an input, as a tuple; or what another layer returned.
    """
    stacked = jnp.stack(jnp.broadcast_arrays(*inputs), axis=-1) if isinstance(inputs, tuple) else inputs
    # Products in full single precision, which a GPU would not take by itself.
    return jax.nn.sigmoid(jnp.matmul(stacked, jnp.array(weights, jnp.float32).T, precision="highest"))


def weighted_sum(weights: tuple[Any, ...], values: Any) -> Any:
    """Sum over the units that a layer returned of weight times unit."""
    return sum(weight * values[..., k] for k, weight in enumerate(weights))


@overload(select)
def _select(condition, if_true, if_false):
    return lambda condition, if_true, if_false: if_true if condition else if_false


@overload(exp)
def _exp(x):
    return lambda x: np.float32(math.exp(x))


@overload(minimum)
def _minimum(x, y):
    return lambda x, y: x if x < y else y


@overload(maximum)
def _maximum(x, y):
    return lambda x, y: x if x > y else y


def _unrolled(arguments: str, expression: str) -> Any:
    """A function that the compiler sees without loops, its constants in place."""
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
