"""The few functions, beyond + - * / and comparisons, that plasticity rules and neuron models may use.

Outside a compiled kernel they are JAX functions on arrays; inside a Numba kernel the same names compile to scalar
code, so that a rule or a neuron model is written once. Combine conditions with & and |, not `and` and `or`.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from numba.extending import overload


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
