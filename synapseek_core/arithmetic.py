"""The few functions, beyond + - * / and comparisons, that plasticity rules and neuron models may use.

On JAX arrays they are JAX functions, on NumPy arrays and numbers NumPy functions; inside a Numba kernel the same names
compile to scalar code, so that a rule or a neuron model is written once. Combine conditions with & and |, not `and` and
`or`.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

Layer = tuple[tuple[float, ...], ...]


def _library(*values: Any) -> Any:
    """Return the array library of the values: JAX if one of them is a JAX array, else NumPy."""
    # Where nobody has loaded JAX there are no such arrays; to load it takes a second.
    jax = sys.modules.get("jax")
    return jax.numpy if jax and any(isinstance(value, jax.Array) for value in values) else np


def select(condition: Any, if_true: Any, if_false: Any) -> Any:
    """Return `if_true` where `condition` holds, else `if_false` (element by element)."""
    return _library(condition, if_true, if_false).where(condition, if_true, if_false)


def exp(x: Any) -> Any:
    """Return the exponential of x."""
    return _library(x).exp(x)


def minimum(x: Any, y: Any) -> Any:
    """Return the smaller of x and y."""
    return _library(x, y).minimum(x, y)


def maximum(x: Any, y: Any) -> Any:
    """Return the larger of x and y."""
    return _library(x, y).maximum(x, y)


def sigmoid_layer(weights: Layer, inputs: Any) -> Any:
    """Return the units of a layer without biases, 1 / (1 + exp(-weights . inputs)).

    Args:
        weights: a row of constants a unit.
        inputs: one number (an array of any shape) an input, as a tuple; or what another layer returned.
    """
    library = _library(*inputs) if isinstance(inputs, tuple) else _library(inputs)
    stacked = library.stack(library.broadcast_arrays(*inputs), axis=-1) if isinstance(inputs, tuple) else inputs
    if library is np:
        from scipy.special import expit

        return expit(stacked @ np.array(weights).T)
    from jax import nn

    # Products in full single precision, which a GPU would not take by itself.
    return nn.sigmoid(library.matmul(stacked, library.array(weights, np.float32).T, precision="highest"))


def weighted_sum(weights: tuple[Any, ...], values: Any) -> Any:
    """Return the sum of weight times unit over the units that a layer returned."""
    return sum(weight * values[..., k] for k, weight in enumerate(weights))
