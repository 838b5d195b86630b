"""Rows of synapses, as kernels of both forms read them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from synapseek_core.engine.jax.kernels.memory import piece, scalar
from synapseek_core.engine.jax.state import Arrays
from synapseek_core.engine.jax.tables import ProjectionLayout, Tables


def static_weights(tables: Tables, projections: tuple[ProjectionLayout, ...]) -> Arrays:
    """Return the weights of static projections."""
    return {p.name: tables.synapses[p.name].weight for p in projections if not p.plastic}


def targets(ref: Any, trial: jax.Array, unit: jax.Array, first: int, inside: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return the targets of a piece of a row, and where there are synapses."""
    none = jnp.iinfo(ref.dtype).max
    found = piece(ref, (trial, unit), first, inside, none).astype(jnp.int32)
    return found, found != none


def static_weight(ref: Any, trial: jax.Array, unit: jax.Array, first: int, there: jax.Array) -> jax.Array:
    """Return the static weights of a piece of a row."""
    if ref.shape[2] == 1:
        return jnp.broadcast_to(scalar(ref, trial, unit, 0), there.shape)
    return piece(ref, (trial, unit), first, there)
