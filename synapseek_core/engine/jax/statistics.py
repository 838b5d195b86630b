"""Statistics of the weights in all slots.

Weights are summed as whole numbers of a small unit: exact, in any order, on any device. The host does the rest in
double precision.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from synapseek_core.engine.jax.arrays import take
from synapseek_core.engine.jax.state import State
from synapseek_core.engine.jax.tables import Layout, ProjectionLayout, Tables
from synapseek_core.engine.physics import is_at_bound


class WeightStatistics(NamedTuple):
    """Statistics of the weights of one plastic projection.

    mean, sd, at_bounds: (slot,); at_bounds is the share at 0 or the maximum; NaN if some weight is no number.
    sample: (slot, sampled synapse).
    """

    mean: np.ndarray
    sd: np.ndarray
    at_bounds: np.ndarray
    sample: np.ndarray


class _Sums(NamedTuple):
    """Sums over the weights of one projection.

    degree: (slot, presynaptic unit) number of synapses.
    deviations, squares: (slot, presynaptic unit) sums of the weights' deviations from a centre and of their squares,
        in units of span / levels and span^2 / levels.
    at_bounds: (slot, presynaptic unit) number of weights at a bound.
    low, high: (slot,) smallest and largest weight.
    sample: (slot, sampled synapse).
    """

    degree: jax.Array
    deviations: jax.Array
    squares: jax.Array
    at_bounds: jax.Array
    low: jax.Array
    high: jax.Array
    sample: jax.Array


def weight_statistics(layout: Layout, tables: Tables, state: State) -> dict[str, WeightStatistics]:
    """Return the statistics of every plastic projection."""
    slots = len(state.step)
    trial = np.asarray(state.jobs.trial)
    maximum = {p.name: np.asarray(tables.plastic[p.name].maximum_weight)[trial] for p in layout.plastic}
    levels = {p.name: np.asarray(tables.plastic[p.name].levels)[trial].astype(float) for p in layout.plastic}
    # Squares of deviations from the mean, in units of the largest, lose no digits as squares of weights would.
    rough = jax.device_get(_all_sums(layout, tables, state, {n: np.zeros(slots, np.float32) for n in levels}, maximum))
    centre, span = {}, {}
    for name, sums in rough.items():
        centre[name] = (_mean(sums.deviations, sums.degree) * maximum[name] / levels[name]).astype(np.float32)
        span[name] = np.maximum(sums.high - centre[name], centre[name] - sums.low).astype(np.float32)
    fine = jax.device_get(_all_sums(layout, tables, state, centre, span))
    return {name: _statistics(fine[name], centre[name], span[name], levels[name]) for name in levels}


def _mean(sums: jax.Array | np.ndarray, degree: jax.Array | np.ndarray) -> np.ndarray:
    """Return the mean (slot,) over synapses of sums over rows."""
    return np.asarray(sums, np.int64).sum(axis=1) / np.maximum(np.asarray(degree, np.int64).sum(axis=1), 1)


def _statistics(sums: _Sums, centre: np.ndarray, span: np.ndarray, levels: np.ndarray) -> WeightStatistics:
    # Weights that are no numbers have a span that is none.
    with np.errstate(invalid="ignore"):
        shift = _mean(sums.deviations, sums.degree) * span / levels
        variance = np.maximum(_mean(sums.squares, sums.degree) * span.astype(float) ** 2 / levels - shift**2, 0)
        number = np.where(np.isfinite(sums.low + sums.high), 1.0, np.nan)
    return WeightStatistics(
        mean=(centre + shift) * number,
        sd=np.sqrt(variance) * number,
        at_bounds=_mean(sums.at_bounds, sums.degree) * number,
        sample=np.asarray(sums.sample),
    )


@partial(jax.jit, static_argnums=0)
def _all_sums(
    layout: Layout, tables: Tables, state: State, centre: dict[str, jax.Array], span: dict[str, jax.Array]
) -> dict[str, _Sums]:
    return {p.name: _sums(tables, state, p, centre[p.name], span[p.name]) for p in layout.plastic}


def _sums(tables: Tables, state: State, p: ProjectionLayout, centre: jax.Array, span: jax.Array) -> _Sums:
    table, weights, trial = tables.plastic[p.name], state.weights[p.name], state.jobs.trial
    degree = take(tables.synapses[p.name].degree, trial)
    synapse = jnp.arange(weights.shape[2], dtype=jnp.int32) < degree[..., None]
    levels, maximum = take(table.levels, trial)[:, None, None], take(table.maximum_weight, trial)[:, None, None]
    unit = jnp.maximum(span, jnp.finfo(jnp.float32).tiny)[:, None, None]
    deviations = (weights - centre[:, None, None]) / unit

    def total(values: jax.Array) -> jax.Array:
        return jnp.sum(jnp.where(synapse, values, 0), axis=2, dtype=jnp.int32)

    return _Sums(
        degree=degree,
        deviations=total(jnp.round(deviations * levels).astype(jnp.int32)),
        squares=total(jnp.round(deviations**2 * levels).astype(jnp.int32)),
        at_bounds=total(is_at_bound(weights, maximum)),
        low=jnp.min(jnp.where(synapse, weights, jnp.inf), axis=(1, 2)),
        high=jnp.max(jnp.where(synapse, weights, -jnp.inf), axis=(1, 2)),
        sample=take(weights.reshape(-1), _sampled_places(weights, take(table.sampled, trial))),
    )


def _sampled_places(weights: jax.Array, sampled: jax.Array) -> jax.Array:
    return jnp.arange(len(weights), dtype=jnp.int32)[:, None] * weights[0].size + sampled
