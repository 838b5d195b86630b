"""Common steps of both forms of the JAX backend in a block of `DELAY_STEPS` time steps.

Within a block no neuron's spike arrives anywhere, since the axonal delay is as long. Order of a time step, as in
Auryn: membranes and spikes; arriving spikes add the old weight to a conductance and change it; postsynaptic spikes
change it; traces jump, then decay; the rate is checked.

Slots never mix: an operation on one gives the same numbers whatever is in the others.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from synapseek_core.engine.jax.arrays import add, quantise, row, take
from synapseek_core.engine.jax.inputs import Arrivals
from synapseek_core.engine.jax.state import Arrays, State
from synapseek_core.engine.jax.tables import Layout, ProjectionLayout, Tables, call, targets_of
from synapseek_core.engine.network import DELAY_STEPS
from synapseek_core.engine.physics import status_of_rate
from synapseek_core.status import Status


class BlockInput(NamedTuple):
    """External input of one block.

    arrivals: as in `Arrivals`, without the block axis.
    age: time steps since the weights of the lazy form were settled.
    """

    arrivals: Arrivals
    age: jax.Array


class BlockOutput(NamedTuple):
    """Results of one block.

    spiking: (step, slot, neuron) which neurons spike.
    counts: (step, slot, population) how many do.
    rate: (step, slot) filtered rate, in Hz.
    """

    spiking: jax.Array
    counts: jax.Array
    rate: jax.Array


def counts_of(layout: Layout, spiking: jax.Array) -> jax.Array:
    """Return the number of spikes (step, slot, population) among spikes (step, slot, neuron)."""
    counts = [jnp.sum(spiking[:, :, g.start : g.stop], axis=2, dtype=jnp.int32) for g in layout.populations]
    return jnp.stack(counts, axis=-1)


def drive(layout: Layout, tables: Tables, arrivals: Arrivals) -> Arrays:
    """Return conductance -> (step, stream, neuron) quanta that the static synapses from sources add."""
    streams = len(arrivals.trial)
    shape = (DELAY_STEPS, streams, layout.n_neurons)
    total = {name: jnp.zeros(shape, jnp.int32) for name in layout.conductances}
    stream, trial = jnp.arange(streams, dtype=jnp.int32)[:, None], arrivals.trial[:, None]
    for p in layout.driving:
        table = tables.synapses[p.name]
        unit = arrivals.source - (p.pre.start - layout.n_neurons)
        step = jnp.where((unit >= 0) & (unit < p.pre.size), arrivals.step, DELAY_STEPS)
        targets = p.post.start + targets_of(table, trial, unit)
        quanta = quantise(row(table.weight, trial, unit), take(tables.quantum[p.conductance], trial)[..., None])
        place = ((step * streams + stream) * layout.n_neurons)[..., None] + targets
        total[p.conductance] = add(total[p.conductance], place, jnp.broadcast_to(quanta, place.shape))
    return total


def membranes(layout: Layout, neurons: Arrays) -> tuple[Arrays, jax.Array]:
    """Return the neurons after a step, and which of them spike."""
    *values, spiking = call(layout.advance, neurons | dict(layout.constants))
    names = dict(layout.initial_state)
    return {name: jnp.asarray(value, jnp.float32) for name, value in zip(names, values, strict=True)}, spiking


def receive(neurons: Arrays, quanta: Arrays, quantum: Arrays) -> Arrays:
    """Return the neurons after conductance -> quanta were added to their conductances."""
    return neurons | {name: neurons[name] + x.astype(jnp.float32) * quantum[name] for name, x in quanta.items()}


def quantum_of_slots(tables: Tables, state: State) -> Arrays:
    """Return conductance -> its quantum (slot, 1)."""
    return {name: take(x, state.jobs.trial)[:, None] for name, x in tables.quantum.items()}


def plastic_weight(tables: Tables, state: State, p: ProjectionLayout, slot: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return learning rate (0 while weights are frozen) and maximum weight (spike, 1) of a projection in some slots."""
    table, trial = tables.plastic[p.name], take(state.jobs.trial, slot)
    rate = take(table.learning_rate, trial) * take(state.learns, slot)
    return rate[:, None], take(table.maximum_weight, trial)[:, None]


def parameters_of(layout: Layout, state: State, p: ProjectionLayout, slot: jax.Array) -> Arrays:
    """Return parameter -> its value (spike, 1) in some slots."""
    values = take(state.jobs.rules[p.name].parameters, slot)
    return {name: values[:, k, None] for k, name in enumerate(layout.parameters)}


def monitored(layout: Layout, arriving: jax.Array) -> jax.Array:
    """Return the number (..., slot) of spikes (..., slot, neuron) that count for the rate."""
    return jnp.sum(arriving[..., layout.rate.start : layout.rate.stop], axis=-1, dtype=jnp.int32)


def check_rate(layout: Layout, state: State, monitored: jax.Array) -> State:
    """Filter the rate with the spikes (slot,) of one step, and stop slots outside the bounds or at their end."""
    change = monitored * state.running * layout.rate.increment - (1 - layout.rate.decay) * state.rate
    # A step changes the rate by a ten-thousandth: plain sums in single precision would let roundings add up.
    change = change - state.rate_error
    rate = state.rate + change
    status = status_of_rate(rate, layout.rate.low, layout.rate.high)
    stopped = state.running & (status != Status.ok)
    return state._replace(
        rate=rate,
        rate_error=(rate - state.rate) - change,
        running=state.running & ~stopped & (state.step + 1 < state.jobs.steps),
        status=jnp.where(stopped, status, state.status),
        stop_step=jnp.where(stopped, state.step, state.stop_step),
        step=state.step + 1,
    )


def follow_rate(layout: Layout, state: State) -> tuple[State, jax.Array, jax.Array]:
    """Return the state after all rate checks of the block, which slots still run (step, slot), and filtered rates."""

    def through_step(carried: State, spikes: jax.Array) -> tuple[State, tuple[jax.Array, jax.Array]]:
        after = check_rate(layout, carried, spikes)
        return after, (carried.running, after.rate)

    # Only what the check changes is carried, so that no loop holds the weights.
    small = state._replace(neurons={}, weights={}, presynaptic={}, postsynaptic={}, ring=jnp.zeros(0))
    unroll = DELAY_STEPS if layout.compute != "xla" else 1
    small, (alive, rate) = jax.lax.scan(through_step, small, monitored(layout, state.ring), unroll=unroll)
    kept = {name: getattr(state, name) for name in ("neurons", "weights", "presynaptic", "postsynaptic", "ring")}
    return small._replace(**kept), alive, rate
