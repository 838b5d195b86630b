"""Spikes act on synapses, in JAX: they arrive, and they change the plastic synapses onto the neuron that spikes.

Places in arrays are given as one flat index: compilers turn an index of two columns into slow code.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from synapseek_core.engine.jax_events import Spikes, for_each_spike
from synapseek_core.engine.jax_state import Arrays, State
from synapseek_core.engine.jax_tables import Layout, ProjectionLayout, Tables, call
from synapseek_core.engine.network import Group


def arrive(layout: Layout, tables: Tables, state: State, arrived: dict[Group, jax.Array]) -> tuple[Arrays, Arrays]:
    """Spikes arrive at their targets; `arrived` is group -> (network, unit). Returns the neurons and the weights."""
    neurons, weights = state.neurons, state.weights
    for group, mask in arrived.items():
        projections = [p for p in layout.projections if p.pre == group and p not in layout.driving]
        handle = partial(_arrive_along, layout, tables, state, projections)
        changing = (
            {p.conductance: neurons[p.conductance] for p in projections},
            {p.name: weights[p.name] for p in projections if p.plastic},
        )
        conductances, changed = for_each_spike(mask, handle, changing)
        neurons, weights = neurons | conductances, weights | changed
    return neurons, weights


def _arrive_along(
    layout: Layout,
    tables: Tables,
    state: State,
    projections: Sequence[ProjectionLayout],
    spikes: Spikes,
    changing: tuple[Arrays, Arrays],
) -> tuple[Arrays, Arrays]:
    """Transmit the old weight, then change it; `changing` is conductances and weights."""
    conductances, weights = changing
    for p in projections:
        synapses = tables.synapses[p.name]
        trial = jax.lax.div(spikes.network, layout.rules)
        targets = row(synapses.targets, trial, spikes.unit)
        if p.plastic:
            weight = row(weights[p.name], spikes.network, spikes.unit)
            new = _after_arrival(layout, tables, state, p, spikes, targets, weight)
            weights = weights | {p.name: _set_row(weights[p.name], spikes, new)}
        else:
            weight = jnp.broadcast_to(row(synapses.weight, trial, spikes.unit)[:, None], targets.shape)
        place = spikes.network[:, None] * layout.n_neurons + p.post.start + targets
        conductances = conductances | {p.conductance: add(conductances[p.conductance], place, weight)}
    return conductances, weights


def _after_arrival(
    layout: Layout,
    tables: Tables,
    state: State,
    p: ProjectionLayout,
    spikes: Spikes,
    targets: jax.Array,
    weight: jax.Array,
) -> jax.Array:
    """(spike, synapse) weights after the change at the arrival of presynaptic spikes."""
    factors = {n: row(x, *spikes)[:, None] for n, x in state.presynaptic[p.name].items()}
    factors |= {n: entry(x, spikes.network, targets) for n, x in state.postsynaptic[p.name].items()}
    return _changed(layout, tables, p, spikes.network, layout.on_pre, factors | {"weight": weight})


def spike_back(layout: Layout, tables: Tables, state: State, spiking: jax.Array) -> Arrays:
    """The plastic synapses onto `spiking` (network, neuron) neurons change; returns the weights."""
    weights = state.weights
    for group in dict.fromkeys(p.post for p in layout.plastic):
        projections = [p for p in layout.plastic if p.post == group]
        handle = partial(_change_incoming, layout, tables, state, projections)
        changing = {p.name: weights[p.name] for p in projections}
        weights = weights | for_each_spike(spiking[:, group.start : group.stop], handle, changing)
    return weights


def _change_incoming(
    layout: Layout,
    tables: Tables,
    state: State,
    projections: Sequence[ProjectionLayout],
    spikes: Spikes,
    weights: Arrays,
) -> Arrays:
    for p in projections:
        old = weights[p.name]
        flat = old.reshape(len(old), -1)
        trial = jax.lax.div(spikes.network, layout.rules)
        incoming = row(tables.plastic[p.name].incoming, trial, spikes.unit)
        sources = jax.lax.div(incoming, old.shape[2])
        factors = {n: entry(x, spikes.network, sources) for n, x in state.presynaptic[p.name].items()}
        factors |= {n: row(x, *spikes)[:, None] for n, x in state.postsynaptic[p.name].items()}
        factors |= {"weight": entry(flat, spikes.network, incoming)}
        new = _changed(layout, tables, p, spikes.network, layout.on_post, factors)
        place = spikes.network[:, None] * flat.shape[1] + incoming
        new = flat.ravel().at[place].set(new, mode="drop", wrap_negative_indices=False, unique_indices=True)
        weights = weights | {p.name: new.reshape(old.shape)}
    return weights


def _changed(
    layout: Layout, tables: Tables, p: ProjectionLayout, network: jax.Array, rule: Any, factors: Arrays
) -> jax.Array:
    """(spike, synapse) weights after a change by the rule, within their bounds."""
    table, trial = tables.plastic[p.name], jax.lax.div(network, layout.rules)
    parameters = take(table.parameters, network)
    factors = factors | {name: parameters[:, k, None] for k, name in enumerate(layout.parameters)}
    rate, maximum = take(table.learning_rate, trial)[:, None], take(table.maximum_weight, trial)[:, None]
    return jnp.clip(factors["weight"] + rate * call(rule, factors), 0, maximum)


def take(array: jax.Array, index: jax.Array) -> jax.Array:
    """Elements along the first axis; an index beyond the end gives the last one."""
    return array.at[index].get(mode="clip", wrap_negative_indices=False)


def row(array: jax.Array, leading: jax.Array, unit: jax.Array) -> jax.Array:
    """(spike, ...) rows of an array (leading, unit, ...)."""
    return take(array.reshape(-1, *array.shape[2:]), leading * array.shape[1] + unit)


def entry(array: jax.Array, network: jax.Array, places: jax.Array) -> jax.Array:
    """(spike, place) entries of an array (network, place), at several places of the network of each spike."""
    return take(array.ravel(), network[:, None] * array.shape[1] + places)


def add(array: jax.Array, place: jax.Array, values: jax.Array) -> jax.Array:
    """Add values at places of the flattened array; places beyond its end are left out."""
    flat = array.ravel().at[place].add(values, mode="drop", wrap_negative_indices=False)
    return flat.reshape(array.shape)


def _set_row(weights: jax.Array, spikes: Spikes, new: jax.Array) -> jax.Array:
    rows = weights.reshape(-1, weights.shape[2])
    place = spikes.network * weights.shape[1] + spikes.unit
    return rows.at[place].set(new, mode="drop", wrap_negative_indices=False, unique_indices=True).reshape(weights.shape)
