"""The loss of answers to streams: cross-entropy."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

FAILED = 10.0
"""Loss of a stream to which the network's answer is no number."""


def cross_entropy(logit: ArrayLike, repeated: ArrayLike) -> jax.Array:
    """Return the binary cross-entropy in nats of log odds (..., step) and whether each was a repeat (..., step)."""
    return jax.nn.softplus(jnp.where(repeated, -1.0, 1.0) * logit)
