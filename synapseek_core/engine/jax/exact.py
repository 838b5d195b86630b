"""Exact form of the JAX backend, for any rule: a synapse changes at every spike of either side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from synapseek_core.engine.jax.arrays import add, entry, put, put_rows, quantise, read_first, row, take
from synapseek_core.engine.jax.events import Spikes, for_each_spike
from synapseek_core.engine.jax.inputs import BLOCKS, plastic_sources
from synapseek_core.engine.jax.kernels import exact
from synapseek_core.engine.jax.state import Arrays, State
from synapseek_core.engine.jax.step import (
    BlockInput,
    BlockOutput,
    check_rate,
    counts_of,
    drive,
    membranes,
    monitored,
    parameters_of,
    plastic_weight,
    quantum_of_slots,
    receive,
)
from synapseek_core.engine.jax.tables import Layout, ProjectionLayout, Tables, targets_of
from synapseek_core.engine.jax.updates import Seen, changed_weight
from synapseek_core.engine.network import DELAY_STEPS, Group
from synapseek_core.engine.physics import decayed, jumped

SEGMENTS = ((0, BLOCKS),)
"""First and last block of the parts of a chunk after which weights are settled."""


def settle(layout: Layout, tables: Tables, state: State, age: jax.Array) -> State:
    """Return the state unchanged: in the exact form weights are always up to date."""
    return state


def advance_block(layout: Layout, tables: Tables, state: State, given: BlockInput) -> tuple[State, BlockOutput]:
    """Advance all slots by one block, step by step."""
    if layout.compute != "xla":
        return exact.advance_block(layout, tables, state, given)
    arrivals = given.arrivals
    quanta = {name: x[:, arrivals.stream] for name, x in drive(layout, tables, arrivals).items()}
    rasters = tuple(raster[:, arrivals.stream] for raster in arrivals.rasters)

    def one_step(state: State, given: Any) -> tuple[State, tuple[jax.Array, jax.Array]]:
        return _advance(layout, tables, state, *given)

    steps = jnp.arange(DELAY_STEPS, dtype=jnp.int32)
    state, (spiking, rate) = jax.lax.scan(one_step, state, (steps, quanta, rasters))
    return state, BlockOutput(spiking, counts_of(layout, spiking), rate)


def _advance(
    layout: Layout, tables: Tables, state: State, k: jax.Array, quanta: Arrays, rasters: tuple[jax.Array, ...]
) -> tuple[State, tuple[jax.Array, jax.Array]]:
    """Advance by step k of a block."""
    running = state.running[:, None]
    arriving = state.ring[k] & running
    from_sources = dict(zip(plastic_sources(layout), rasters, strict=True))
    arrived = {
        group: (from_sources[group] & running) if group in from_sources else arriving[:, group.start : group.stop]
        for group in layout.followed
    }
    neurons, spiking = membranes(layout, state.neurons)
    spiking = spiking & running
    # Rules read the neurons as they are now: what arrives in this step is added at its end.
    state = state._replace(neurons=neurons)
    quanta, weights = _arrive(layout, tables, state, arrived, quanta)
    weights = _spike_back(layout, tables, state._replace(weights=weights), spiking)
    presynaptic, postsynaptic = _traces(layout, state, arrived, spiking)
    state = state._replace(
        neurons=receive(neurons, quanta, quantum_of_slots(tables, state)),
        weights=weights,
        presynaptic=presynaptic,
        postsynaptic=postsynaptic,
        ring=state.ring.at[k].set(spiking),
    )
    state = check_rate(layout, state, monitored(layout, arriving))
    return state, (spiking, state.rate)


def _arrive(
    layout: Layout, tables: Tables, state: State, arrived: dict[Group, jax.Array], quanta: Arrays
) -> tuple[Arrays, Arrays]:
    """Let spikes arrive at their targets and return the quanta and the weights; `arrived` is group -> (slot, unit)."""
    weights = state.weights
    for group, projections in layout.followed.items():
        handle = partial(_arrive_along, layout, tables, state, projections)
        changing = (
            {p.conductance: quanta[p.conductance] for p in projections},
            {p.name: weights[p.name] for p in projections if p.plastic},
        )
        added, new = for_each_spike(arrived[group], handle, changing)
        quanta, weights = quanta | added, weights | new
    return quanta, weights


def _arrive_along(
    layout: Layout,
    tables: Tables,
    state: State,
    projections: Sequence[ProjectionLayout],
    spikes: Spikes,
    changing: tuple[Arrays, Arrays],
) -> tuple[Arrays, Arrays]:
    """Transmit the old weights, then change them; `changing` is quanta and weights."""
    quanta, weights = changing
    trial = take(state.jobs.trial, spikes.row)
    for p in projections:
        targets = targets_of(tables.synapses[p.name], trial, spikes.unit)
        if p.plastic:
            weight = read_first(row(weights[p.name], spikes.row, spikes.unit))
            new = _after_arrival(layout, tables, state, p, spikes, targets, weight)
            weights = weights | {p.name: put_rows(weights[p.name], spikes.row, spikes.unit, new)}
        else:
            weight = row(tables.synapses[p.name].weight, trial, spikes.unit)
        place = spikes.row[:, None] * layout.n_neurons + p.post.start + targets
        added = jnp.broadcast_to(quantise(weight, take(tables.quantum[p.conductance], trial)[:, None]), place.shape)
        quanta = quanta | {p.conductance: add(quanta[p.conductance], place, added)}
    return quanta, weights


def _after_arrival(
    layout: Layout,
    tables: Tables,
    state: State,
    p: ProjectionLayout,
    spikes: Spikes,
    targets: jax.Array,
    weight: jax.Array,
) -> jax.Array:
    """Return the weights (spike, synapse) after the change at the arrival of presynaptic spikes."""
    presynaptic = row(state.presynaptic[p.name], spikes.row, spikes.unit)[:, None]
    postsynaptic = entry(state.postsynaptic[p.name], spikes.row, targets)
    read = {name: entry(state.neurons[name], spikes.row, p.post.start + targets) for name in layout.postsynaptic_state}
    return _changed(layout, tables, state, p, spikes.row, layout.on_pre, weight, presynaptic, postsynaptic, read)


def _spike_back(layout: Layout, tables: Tables, state: State, spiking: jax.Array) -> Arrays:
    """Change the plastic synapses onto `spiking` (slot, neuron) neurons and return the weights."""
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
        incoming = row(tables.plastic[p.name].incoming, take(state.jobs.trial, spikes.row), spikes.unit)
        weight = read_first(entry(flat, spikes.row, incoming))
        presynaptic = entry(state.presynaptic[p.name], spikes.row, jax.lax.div(incoming, old.shape[2]))
        postsynaptic = row(state.postsynaptic[p.name], spikes.row, spikes.unit)[:, None]
        unit = p.post.start + spikes.unit
        read = {name: row(state.neurons[name], spikes.row, unit)[:, None] for name in layout.postsynaptic_state}
        new = _changed(layout, tables, state, p, spikes.row, layout.on_post, weight, presynaptic, postsynaptic, read)
        place = spikes.row[:, None] * flat.shape[1] + incoming
        weights = weights | {p.name: put(old, place, new)}
    return weights


def _changed(
    layout: Layout,
    tables: Tables,
    state: State,
    p: ProjectionLayout,
    slot: jax.Array,
    rule: Any,
    weight: jax.Array,
    presynaptic: jax.Array,
    postsynaptic: jax.Array,
    read: Arrays,
) -> jax.Array:
    """Return the weights (spike, synapse) after a change by the rule, within their bounds.

    Traces are (spike, synapse, trace), the postsynaptic state that the rule reads (spike, synapse).
    """
    rate, maximum = plastic_weight(tables, state, p, slot)
    pre = tuple(presynaptic[..., k] for k in range(len(layout.presynaptic_traces)))
    post = tuple(postsynaptic[..., k] for k in range(len(layout.postsynaptic_traces)))
    parameters = parameters_of(layout, state, p, slot)
    return changed_weight(layout, rule, weight, Seen(pre, post, read), parameters, rate, maximum)


def _traces(layout: Layout, state: State, arrived: dict[Group, jax.Array], spiking: jax.Array) -> tuple[Arrays, Arrays]:
    """Let traces jump by 1 at a spike, then decay."""
    presynaptic, postsynaptic = {}, {}
    for p in layout.plastic:
        rules, fired = state.jobs.rules[p.name], spiking[:, p.post.start : p.post.stop]
        pre = jumped(state.presynaptic[p.name], arrived[p.pre][..., None], 1)
        post = jumped(state.postsynaptic[p.name], fired[..., None], 1)
        presynaptic[p.name] = decayed(pre, rules.pre_decay[:, None])
        postsynaptic[p.name] = decayed(post, rules.post_decay[:, None])
    return presynaptic, postsynaptic
