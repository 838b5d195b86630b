"""One time step of a batch of networks, in JAX.

Order of a time step, as in Auryn: membranes and spikes; arriving spikes add the old weight to a conductance and
change it; postsynaptic spikes change it; traces jump, then decay; the rate is checked.

Networks never mix: an operation on one gives the same numbers whatever other networks there are.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from synapseek_core.engine.jax_inputs import plastic_sources
from synapseek_core.engine.jax_state import Arrays, State
from synapseek_core.engine.jax_synapses import arrive, spike_back
from synapseek_core.engine.jax_tables import Layout, Tables, call
from synapseek_core.engine.network import DELAY_STEPS, Group
from synapseek_core.engine.records import Status


class StepInput(NamedTuple):
    """What comes from outside in one step.

    step: its number since time 0.
    drive: conductance -> (trial, neuron) what the static synapses from sources add.
    rasters: for each of `plastic_sources`, (trial, source of the group) whether its spike arrives.
    """

    step: jax.Array
    drive: Arrays
    rasters: tuple[jax.Array, ...]


class StepOutput(NamedTuple):
    """What is recorded of one step.

    counts: (network, population) spikes.
    raster: (recorded network, recorded neuron) spikes.
    """

    counts: jax.Array
    raster: jax.Array


def advance(layout: Layout, tables: Tables, state: State, given: StepInput) -> tuple[State, StepOutput]:
    """Advance all networks by one time step."""
    slot = given.step % DELAY_STEPS
    arriving = state.ring[slot] & state.running[:, None]
    arrived = _by_group(layout, state, arriving, given.rasters)
    neurons, spiking = _membranes(layout, state)
    neurons = _add_drive(layout, neurons, given.drive)
    neurons, weights = arrive(layout, tables, state._replace(neurons=neurons), arrived)
    weights = spike_back(layout, tables, state._replace(weights=weights), spiking)
    presynaptic, postsynaptic = _traces(layout, tables, state, arrived, spiking)
    state = state._replace(
        neurons=neurons,
        weights=weights,
        presynaptic=presynaptic,
        postsynaptic=postsynaptic,
        ring=state.ring.at[slot].set(spiking),
    )
    monitored = _count(arriving, layout.rate.start, layout.rate.stop)
    counts = jnp.stack([_count(spiking, group.start, group.stop) for group in layout.populations], axis=1)
    raster = spiking[tables.raster_networks[:, None], tables.raster_neurons]
    return _check_rate(layout, tables, state, monitored, given.step), StepOutput(counts, raster)


def _count(spiking: jax.Array, start: int, stop: int) -> jax.Array:
    return jnp.sum(spiking[:, start:stop], axis=1, dtype=jnp.int32)


def _by_group(
    layout: Layout, state: State, arriving: jax.Array, rasters: tuple[jax.Array, ...]
) -> dict[Group, jax.Array]:
    """For every group whose spikes are followed one by one, (network, unit) which of them arrive."""
    arrived = {
        p.pre: arriving[:, p.pre.start : p.pre.stop] for p in layout.projections if not layout.from_sources(p.pre)
    }
    for group, raster in zip(plastic_sources(layout), rasters, strict=True):
        arrived[group] = jnp.repeat(raster, layout.rules, axis=0) & state.running[:, None]
    return arrived


def _membranes(layout: Layout, state: State) -> tuple[Arrays, jax.Array]:
    """The neurons after a step, and (network, neuron) which of them spike."""
    *values, spiking = call(layout.advance, state.neurons | dict(layout.constants))
    names = dict(layout.initial_state)
    neurons = {name: jnp.asarray(value, jnp.float32) for name, value in zip(names, values, strict=True)}
    return neurons, spiking & state.running[:, None]


def _add_drive(layout: Layout, neurons: Arrays, drive: Arrays) -> Arrays:
    def driven(conductance: jax.Array, added: jax.Array) -> jax.Array:
        by_trial = conductance.reshape(len(added), layout.rules, -1)
        return (by_trial + added[:, None]).reshape(conductance.shape)

    return neurons | {name: driven(neurons[name], added) for name, added in drive.items()}


def _traces(
    layout: Layout, tables: Tables, state: State, arrived: dict[Group, jax.Array], spiking: jax.Array
) -> tuple[dict[str, Arrays], dict[str, Arrays]]:
    """Traces jump by 1 at a spike, then decay."""

    def after(names: tuple[str, ...], traces: Arrays, spikes: jax.Array, decays: jax.Array) -> Arrays:
        return {name: (traces[name] + spikes) * decays[:, k, None] for k, name in enumerate(names)}

    presynaptic, postsynaptic = {}, {}
    for p in layout.plastic:
        table, fired = tables.plastic[p.name], spiking[:, p.post.start : p.post.stop]
        presynaptic[p.name] = after(
            layout.presynaptic_traces, state.presynaptic[p.name], arrived[p.pre], table.pre_decay
        )
        postsynaptic[p.name] = after(layout.postsynaptic_traces, state.postsynaptic[p.name], fired, table.post_decay)
    return presynaptic, postsynaptic


def _check_rate(layout: Layout, tables: Tables, state: State, monitored: jax.Array, step: jax.Array) -> State:
    """Filter the rate, stop networks outside its bounds, and end those whose trial is over."""
    change = monitored * layout.rate.increment - (1 - layout.rate.decay) * state.rate
    # A step changes the rate by a ten-thousandth: plain sums in single precision would let roundings add up.
    change = change - state.rate_error
    rate = state.rate + change
    silent = state.running & ~(rate > layout.rate.low)
    stopped = silent | (state.running & ~(rate < layout.rate.high))
    reason = jnp.where(silent, jnp.int32(Status.silent), jnp.int32(Status.runaway))
    return state._replace(
        rate=rate,
        rate_error=(rate - state.rate) - change,
        running=state.running & ~stopped & (step + 1 < tables.steps),
        status=jnp.where(stopped, reason, state.status),
        stop_step=jnp.where(stopped, step, state.stop_step),
    )
