"""Lazy form of the JAX backend, in blocks of `DELAY_STEPS` steps: a weight is touched only when a spike arrives at it.

For rules whose change at a postsynaptic spike is affine in the presynaptic trace x and does not read the weight,
c0 + c1 x. As in kernel/lazy.py, u = w - A - Q E is stored: A and E are pending sums of the postsynaptic neuron, Q is
the trace of the presynaptic unit after its last arrival, scaled to the last settlement.

All arrivals of a block are known when it begins, and no neuron spikes twice in a block (its dead time is longer; see
`simulation.py`). So a block is:

1. which slots go on, step by step: the checked rate depends on arrivals alone;
2. the rows of all arriving spikes, as if no neuron spiked in this block, are added to the conductances by step;
3. the neurons take `DELAY_STEPS` steps;
4. the rows again, now knowing who spiked when: they change, and what they transmitted after their target's own spike
   is corrected;
5. the neurons that spiked take their steps again, with the correct input. Their spike stays what it was: it came
   before the correction.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from synapseek_core.engine.jax import step as one_step
from synapseek_core.engine.jax.arrays import BEYOND, add, entry, put, put_rows, quantise, read_first, row, take
from synapseek_core.engine.jax.events import Spikes, for_each_spike
from synapseek_core.engine.jax.inputs import BLOCKS
from synapseek_core.engine.jax.kernels import lazy, membranes
from synapseek_core.engine.jax.state import Arrays, State
from synapseek_core.engine.jax.step import (
    BlockInput,
    BlockOutput,
    counts_of,
    drive,
    follow_rate,
    parameters_of,
    plastic_weight,
    quantum_of_slots,
)
from synapseek_core.engine.jax.tables import Layout, ProjectionLayout, Tables, indices, targets_of
from synapseek_core.engine.jax.updates import (
    Arrival,
    BlockTable,
    RuleValues,
    arrival_of,
    changed_row,
    effect_of_spikes,
    step_of_spike,
)
from synapseek_core.engine.network import DELAY_STEPS
from synapseek_core.engine.physics import decayed, settled
from synapseek_core.neurons.model import TIME_STEP

SEGMENTS = ((0, BLOCKS // 2), (BLOCKS // 2, BLOCKS))
"""First and last block of the parts of a chunk after which weights are settled."""

SHORTEST_PRESYNAPTIC = TIME_STEP * DELAY_STEPS * max(last - first for first, last in SEGMENTS) / 5.1
"""Shortest presynaptic time constant, in s: between two settlements the scale of its trace grows by e^5.1 at most."""

SHORTEST_POSTSYNAPTIC = TIME_STEP * DELAY_STEPS / 80
"""Shortest postsynaptic time constant, in s: a trace scaled to the start of its block stays finite."""


class Row(NamedTuple):
    """Rows of plastic synapses at which spikes arrive.

    step, slot: (spike,) when and where.
    targets: (spike, synapse).
    stored: (spike, synapse) u.
    rule, arrival: (spike, 1) each.
    """

    step: jax.Array
    slot: jax.Array
    targets: jax.Array
    stored: jax.Array
    rule: RuleValues
    arrival: Arrival


def advance_block(layout: Layout, tables: Tables, state: State, given: BlockInput) -> tuple[State, BlockOutput]:
    """Advance all slots by one block."""
    ring = state.ring
    state, alive, rate = follow_rate(layout, state)
    arriving = ring & alive[:, :, None]
    quanta = {name: x[:, given.arrivals.stream] for name, x in drive(layout, tables, given.arrivals).items()}
    quantum = quantum_of_slots(tables, state)
    if layout.compute == "xla":
        transmit, take_steps, change, repeat, traces = _transmit, _take_steps, _change, _repeat, _traces
        counts = counts_of
    else:
        transmit, change, traces = lazy.transmit, lazy.change, lazy.traces
        take_steps, repeat, counts = membranes.take_steps, membranes.repeat, lazy.counts
    quanta = transmit(layout, tables, state, arriving, quanta)
    neurons, spiking, before = take_steps(layout, state.neurons, quanta, quantum, alive)
    weights, quanta = change(layout, tables, state, arriving, spiking, quanta, given.age)
    neurons = repeat(layout, before, neurons, spiking, alive, quanta, quantum)
    presynaptic, postsynaptic = traces(layout, tables, state, arriving, spiking, given.age)
    state = state._replace(
        neurons=neurons, weights=weights, presynaptic=presynaptic, postsynaptic=postsynaptic, ring=spiking
    )
    return state, BlockOutput(spiking, counts(layout, spiking), rate)


def settle(layout: Layout, tables: Tables, state: State, age: jax.Array) -> State:
    """Bring all weights up to date and refer presynaptic traces to the present, `age` steps after the last time."""
    weights, presynaptic, postsynaptic = {}, {}, {}
    for p in layout.plastic:
        ledger, trace = state.postsynaptic[p.name], state.presynaptic[p.name]
        targets = indices(take(tables.synapses[p.name].targets, state.jobs.trial))
        place = jnp.arange(len(targets), dtype=jnp.int32)[:, None, None] * p.post.size + targets
        total, scaled = take(ledger[..., 0].ravel(), place), take(ledger[..., 1].ravel(), place)
        maximum = take(tables.plastic[p.name].maximum_weight, state.jobs.trial)[:, None, None]
        weights[p.name] = settled(state.weights[p.name], total, trace, scaled, maximum)
        presynaptic[p.name] = trace * jnp.exp(age * state.jobs.rules[p.name].pre_exponent)[:, None]
        postsynaptic[p.name] = ledger.at[..., :2].set(0)
    return state._replace(weights=weights, presynaptic=presynaptic, postsynaptic=postsynaptic)


def _take_steps(
    layout: Layout, neurons: Arrays, quanta: Arrays, quantum: Arrays, alive: jax.Array
) -> tuple[Arrays, jax.Array, Arrays]:
    """Return the neurons after a block, their spikes (step, ...), and the neurons as they were before.

    Quanta are (step, ...), `alive` (step, slot).
    """
    after, spiking = _through_block(layout, neurons, quanta, quantum, alive[..., None])
    return after, spiking, neurons


def _through_block(
    layout: Layout, neurons: Arrays, quanta: Arrays, quantum: Arrays, alive: jax.Array
) -> tuple[Arrays, jax.Array]:
    """Return the neurons after a block, and their spikes (step, ...); quanta and `alive` are (step, ...)."""

    def through_step(neurons: Arrays, given: tuple[Arrays, jax.Array]) -> tuple[Arrays, jax.Array]:
        received, alive = given
        neurons, spiking = one_step.membranes(layout, neurons)
        return one_step.receive(neurons, received, quantum), spiking & alive

    return jax.lax.scan(through_step, neurons, (quanta, alive))


def _events(arriving: jax.Array, projection: ProjectionLayout) -> jax.Array:
    """Return the arrivals (step and slot, unit) from one group."""
    return arriving[:, :, projection.pre.start : projection.pre.stop].reshape(-1, projection.pre.size)


def _when_and_where(spikes: Spikes, slots: int) -> tuple[jax.Array, jax.Array]:
    """Return step and slot of the spikes of `_events`; unused places get a step beyond the last."""
    return jax.lax.div(spikes.row, slots), jax.lax.rem(spikes.row, slots)


def _rows(
    layout: Layout,
    tables: Tables,
    state: State,
    p: ProjectionLayout,
    weights: jax.Array,
    spikes: Spikes,
    age: jax.Array,
) -> Row:
    """Return the rows of plastic synapses at which spikes arrive."""
    step, slot = _when_and_where(spikes, len(state.step))
    rule = _rule(layout, tables, state, p, slot)
    return Row(
        step=step,
        slot=slot,
        targets=targets_of(tables.synapses[p.name], take(state.jobs.trial, slot), spikes.unit),
        stored=read_first(row(weights, slot, spikes.unit)),
        rule=rule,
        arrival=arrival_of(step[:, None], row(state.presynaptic[p.name], slot, spikes.unit), age, rule),
    )


def _rule(layout: Layout, tables: Tables, state: State, p: ProjectionLayout, slot: jax.Array) -> RuleValues:
    """Return the rule of a projection in some slots (spike, 1)."""
    rules = state.jobs.rules[p.name]
    rate, maximum = plastic_weight(tables, state, p, slot)
    post = take(rules.post_exponent, slot)
    return RuleValues(
        rate=rate,
        maximum=maximum,
        parameters=parameters_of(layout, state, p, slot),
        pre_exponent=take(rules.pre_exponent, slot),
        post_exponents=tuple(post[:, k, None] for k in range(post.shape[1])),
    )


def _place(layout: Layout, p: ProjectionLayout, spikes: Spikes, targets: jax.Array) -> jax.Array:
    """Return the places (spike, synapse) of the targets in quanta (step, slot, neuron)."""
    return spikes.row[:, None] * layout.n_neurons + p.post.start + targets


def _transmit(layout: Layout, tables: Tables, state: State, arriving: jax.Array, quanta: Arrays) -> Arrays:
    """Add the transmission of all arriving spikes, as if no neuron spiked in this block."""

    def handle(projections: tuple[ProjectionLayout, ...], spikes: Spikes, quanta: Arrays) -> Arrays:
        _, slot = _when_and_where(spikes, len(state.step))
        trial = take(state.jobs.trial, slot)
        for p in projections:
            targets = targets_of(tables.synapses[p.name], trial, spikes.unit)
            if p.plastic:
                sums = entry(state.postsynaptic[p.name], slot, targets)
                stored = row(state.weights[p.name], slot, spikes.unit)
                before = row(state.presynaptic[p.name], slot, spikes.unit)
                _, maximum = plastic_weight(tables, state, p, slot)
                weight = settled(stored, sums[..., 0], before, sums[..., 1], maximum)
            else:
                weight = row(tables.synapses[p.name].weight, trial, spikes.unit)
            place = _place(layout, p, spikes, targets)
            added = quantise(weight, take(tables.quantum[p.conductance], trial)[:, None])
            added = jnp.broadcast_to(added, place.shape)
            quanta = quanta | {p.conductance: add(quanta[p.conductance], place, added)}
        return quanta

    for projections in layout.followed.values():
        names = {p.conductance for p in projections}
        changing = {name: quanta[name] for name in names}
        quanta = quanta | for_each_spike(_events(arriving, projections[0]), partial(handle, projections), changing)
    return quanta


def _effect(
    layout: Layout, tables: Tables, state: State, p: ProjectionLayout, spiking: jax.Array, age: jax.Array
) -> BlockTable:
    """Return the ledger (slot, postsynaptic neuron) before and after the block."""
    ledger = state.postsynaptic[p.name]
    slots = jnp.arange(len(ledger), dtype=jnp.int32)
    columns = tuple(ledger[..., k] for k in range(ledger.shape[-1]))
    at = step_of_spike(spiking[:, :, p.post.start : p.post.stop])
    return effect_of_spikes(layout, columns, at, age, _rule(layout, tables, state, p, slots))


def _change(
    layout: Layout,
    tables: Tables,
    state: State,
    arriving: jax.Array,
    spiking: jax.Array,
    quanta: Arrays,
    age: jax.Array,
) -> tuple[Arrays, Arrays]:
    """Change all rows at which spikes arrive and return the weights and the corrected quanta."""
    weights = state.weights
    blocks = {p.name: _effect(layout, tables, state, p, spiking, age).pack() for p in layout.plastic}
    for projections in layout.followed.values():
        plastic = [p for p in projections if p.plastic]

        def handle(spikes: Spikes, changing: tuple[Arrays, Arrays], plastic: Any = plastic) -> tuple[Arrays, Arrays]:
            weights, quanta = changing
            for p in plastic:
                rows = _rows(layout, tables, state, p, weights[p.name], spikes, age)
                new, late, place = _changed_rows(layout, tables, state, p, rows, spikes, blocks[p.name])
                slot = jnp.where(rows.step < DELAY_STEPS, rows.slot, len(state.step))
                weights = weights | {p.name: put_rows(weights[p.name], slot, spikes.unit, new)}
                quanta = quanta | {p.conductance: add(quanta[p.conductance], place, late)}
            return weights, quanta

        if plastic:
            changing = (
                {p.name: weights[p.name] for p in plastic},
                {p.conductance: quanta[p.conductance] for p in plastic},
            )
            new, corrected = for_each_spike(_events(arriving, plastic[0]), handle, changing)
            weights, quanta = weights | new, quanta | corrected
    return weights, quanta


def _changed_rows(
    layout: Layout, tables: Tables, state: State, p: ProjectionLayout, rows: Row, spikes: Spikes, block: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return the new stored values, the corrections of transmitted weights, and their places, (spike, synapse) each.

    Places are `BEYOND` where there is no correction.
    """
    table = BlockTable.unpack(entry(block, rows.slot, rows.targets))
    new = changed_row(layout, rows.stored, table, rows.arrival, rows.rule)
    quantum = take(tables.quantum[p.conductance], take(state.jobs.trial, rows.slot))[:, None]
    correction = quantise(new.weight, quantum) - quantise(new.assumed, quantum)
    return new.stored, correction, jnp.where(new.late, _place(layout, p, spikes, rows.targets), BEYOND)


def _repeat(
    layout: Layout,
    before: Arrays,
    neurons: Arrays,
    spiking: jax.Array,
    alive: jax.Array,
    quanta: Arrays,
    quantum: Arrays,
) -> Arrays:
    """Repeat the block, with corrected input, for the neurons that spiked in it."""
    slots, units = spiking.shape[1:]
    steps = jnp.arange(DELAY_STEPS, dtype=jnp.int32)[:, None]

    def handle(spikes: Spikes, neurons: Arrays) -> Arrays:
        place = spikes.row * units + spikes.unit
        own = {name: take(x.ravel(), place) for name, x in before.items()}
        received = {name: take(x.ravel(), steps * (slots * units) + place) for name, x in quanta.items()}
        unit_quantum = {name: take(x[:, 0], spikes.row) for name, x in quantum.items()}
        own, _ = _through_block(layout, own, received, unit_quantum, take(alive.T, spikes.row).T)
        return {name: put(neurons[name], place, x) for name, x in own.items()}

    return for_each_spike(spiking.any(axis=0), handle, neurons)


def _traces(
    layout: Layout, tables: Tables, state: State, arriving: jax.Array, spiking: jax.Array, age: jax.Array
) -> tuple[Arrays, Arrays]:
    """Return Q after the arrivals of the block, and pending sums and traces after its spikes."""
    presynaptic = {p.name: _presynaptic_after(state, p, arriving, age) for p in layout.plastic}
    postsynaptic = {p.name: _ledger_after(layout, tables, state, p, spiking, age) for p in layout.plastic}
    return presynaptic, postsynaptic


def _presynaptic_after(state: State, p: ProjectionLayout, arriving: jax.Array, age: jax.Array) -> jax.Array:
    """Return Q after the arrivals of the block."""
    steps = jnp.arange(DELAY_STEPS, dtype=jnp.int32)[:, None]
    jump = jnp.exp(-(age + steps) * state.jobs.rules[p.name].pre_exponent[None, :, 0])
    jumps = jnp.sum(arriving[:, :, p.pre.start : p.pre.stop] * jump[..., None], axis=0)
    return state.presynaptic[p.name] + jumps[..., None]


def _ledger_after(
    layout: Layout, tables: Tables, state: State, p: ProjectionLayout, spiking: jax.Array, age: jax.Array
) -> jax.Array:
    """Return pending sums and traces after the block; traces are referred to its end."""
    table = _effect(layout, tables, state, p, spiking, age)
    decay = jnp.exp(DELAY_STEPS * state.jobs.rules[p.name].post_exponent)
    traces = [decayed(x, decay[:, k, None]) for k, x in enumerate(table.traces_after)]
    return jnp.stack([table.total_after, table.scaled_after, *traces], axis=-1)
