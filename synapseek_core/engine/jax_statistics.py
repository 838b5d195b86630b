"""Statistics of the weights of a batch of networks.

JAX sums on the device, the host does the rest in double precision.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from synapseek_core.engine.jax_state import Arrays
from synapseek_core.engine.jax_tables import Layout, ProjectionLayout, Tables


class WeightStatistics(NamedTuple):
    """Statistics of the weights of one plastic projection.

    mean, sd, at_bounds: (network,); at_bounds is the share at exactly 0 or the maximum.
    sample: (network, sampled synapse).
    """

    mean: np.ndarray
    sd: np.ndarray
    at_bounds: np.ndarray
    sample: np.ndarray


class _Sums(NamedTuple):
    """(network,) sums of deviations from a centre, of their squares, and of weights at a bound; and the sample."""

    deviations: jax.Array
    squares: jax.Array
    at_bounds: jax.Array
    sample: jax.Array


def weight_statistics(layout: Layout, tables: Tables, weights: Arrays) -> dict[str, WeightStatistics]:
    """Statistics of every plastic projection."""
    count = {p.name: np.repeat(tables.plastic[p.name].synapses, layout.rules).astype(float) for p in layout.plastic}
    centre = {name: np.zeros(len(n), np.float32) for name, n in count.items()}
    # Squares of deviations from a rough mean lose no digits, as squares of weights would.
    sums = jax.device_get(_all_sums(layout, tables, weights, centre))
    centre = {name: np.asarray(sums[name].deviations / n, np.float32) for name, n in count.items()}
    sums = jax.device_get(_all_sums(layout, tables, weights, centre))
    return {name: _statistics(sums[name], centre[name], n) for name, n in count.items()}


def _statistics(sums: _Sums, centre: np.ndarray, count: np.ndarray) -> WeightStatistics:
    shift = np.asarray(sums.deviations) / count
    variance = np.maximum(np.asarray(sums.squares) / count - shift**2, 0)
    return WeightStatistics(
        mean=centre + shift,
        sd=np.sqrt(variance),
        at_bounds=np.asarray(sums.at_bounds) / count,
        sample=np.asarray(sums.sample),
    )


@partial(jax.jit, static_argnums=0)
def _all_sums(layout: Layout, tables: Tables, weights: Arrays, centre: Arrays) -> dict[str, _Sums]:
    return {p.name: _sums(layout, tables, p, weights[p.name], centre[p.name]) for p in layout.plastic}


def _sums(layout: Layout, tables: Tables, p: ProjectionLayout, weights: jax.Array, centre: jax.Array) -> _Sums:
    table, targets = tables.plastic[p.name], tables.synapses[p.name].targets
    synapse = (targets < p.post.size)[:, None]
    # The rules of a trial share the table: (trial, rule, presynaptic unit, synapse).
    by_trial = weights.reshape(len(targets), layout.rules, *targets.shape[1:])
    deviations = by_trial - centre.reshape(len(targets), layout.rules, 1, 1)
    at_bounds = (by_trial == 0) | (by_trial == table.maximum_weight[:, None, None, None])

    def total(values: jax.Array) -> jax.Array:
        return _sum(_sum(jnp.where(synapse, values, 0))).ravel()

    return _Sums(
        deviations=total(deviations),
        squares=total(deviations**2),
        at_bounds=total(at_bounds.astype(jnp.float32)),
        sample=jnp.take_along_axis(
            weights.reshape(len(weights), -1), jnp.repeat(table.sampled, layout.rules, axis=0), axis=1
        ),
    )


def _sum(values: jax.Array) -> jax.Array:
    """Sum over the last axis, neighbour by neighbour.

    Roundings are few, and the same however long the filling of a table is and whatever the compiler does.
    """
    while values.shape[-1] > 1:
        if values.shape[-1] % 2:
            values = jnp.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, 1)])
        values = values[..., 0::2] + values[..., 1::2]
    return values[..., 0]
