"""The exact form on a GPU: in each time step one kernel for the neurons, one for the arrivals from each group, and one
for the spikes of each group with plastic synapses onto it.

That for the neurons also ends the step before: it adds what arrived, and lets traces jump and decay.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from synapseek_core.engine.jax import step as one_step
from synapseek_core.engine.jax.arrays import BEYOND
from synapseek_core.engine.jax.inputs import plastic_sources
from synapseek_core.engine.jax.kernels import memory, rows
from synapseek_core.engine.jax.kernels.memory import (
    add_at,
    at_places,
    column,
    columns,
    entries,
    lanes,
    piece,
    put_at,
    put_column,
    put_piece,
    quantised,
    scalar,
)
from synapseek_core.engine.jax.state import Arrays, State
from synapseek_core.engine.jax.step import BlockInput, BlockOutput
from synapseek_core.engine.jax.tables import Layout, ProjectionLayout, Tables
from synapseek_core.engine.jax.updates import Seen, changed_weight
from synapseek_core.engine.network import DELAY_STEPS, Group
from synapseek_core.engine.physics import decayed, jumped

NEURONS = 256
"""Units that one program advances; our choice."""


def advance_block(layout: Layout, tables: Tables, state: State, given: BlockInput) -> tuple[State, BlockOutput]:
    """Advance all slots by one block, step by step."""
    arrivals = given.arrivals
    state, alive, rate = one_step.follow_rate(layout, state)
    quanta = {name: x[:, arrivals.stream] for name, x in one_step.drive(layout, tables, arrivals).items()}
    arrived = {group: state.ring[:, :, group.start : group.stop] & alive[:, :, None] for group in layout.followed}
    for group, raster in zip(plastic_sources(layout), arrivals.rasters, strict=True):
        arrived[group] = raster[:, arrivals.stream] & alive[:, :, None]
    constant = _constant(layout, tables, state, alive, arrived)
    changing = _Changing(
        state.neurons, state.weights, state.presynaptic, state.postsynaptic, quanta, jnp.zeros_like(state.ring)
    )

    def through_step(k: jax.Array, changing: _Changing) -> _Changing:
        changing = _neurons(layout, constant, changing, k)
        changing = _arrive(layout, constant, changing, k)
        return _spike_back(layout, constant, changing, k) if layout.plastic else changing

    changing = jax.lax.fori_loop(0, DELAY_STEPS, through_step, changing)
    changing = _neurons(layout, constant, changing, jnp.int32(DELAY_STEPS), last=True)
    state = state._replace(
        neurons=changing.neurons,
        weights=changing.weights,
        presynaptic=changing.presynaptic,
        postsynaptic=changing.postsynaptic,
        ring=changing.spiking,
    )
    return state, BlockOutput(changing.spiking, one_step.counts_of(layout, changing.spiking), rate)


class _Changing(NamedTuple):
    """Arrays that change within a block: parts of the state, quanta, and spikes (step, slot, neuron)."""

    neurons: Arrays
    weights: Arrays
    presynaptic: Arrays
    postsynaptic: Arrays
    quanta: Arrays
    spiking: jax.Array


def _constant(
    layout: Layout, tables: Tables, state: State, alive: jax.Array, arrived: dict[Group, jax.Array]
) -> dict[str, Any]:
    """Return what kernels of a block read and none changes."""
    plastic = [p.name for p in layout.plastic]
    followed = tuple(p for projections in layout.followed.values() for p in projections)
    return {
        "trial": state.jobs.trial,
        "learns": state.learns,
        "alive": alive.astype(jnp.int32),
        "quantum": tables.quantum,
        "arrived": {group.name: x for group, x in arrived.items()},
        "targets": {p.name: tables.synapses[p.name].targets for p in followed},
        "static": rows.static_weights(tables, followed),
        "incoming": {name: tables.plastic[name].incoming for name in plastic},
        "rules": {name: state.jobs.rules[name] for name in plastic},
        "rate": {name: tables.plastic[name].learning_rate for name in plastic},
        "maximum": {name: tables.plastic[name].maximum_weight for name in plastic},
    }


def _neurons(layout: Layout, constant: dict[str, Any], now: _Changing, k: jax.Array, last: bool = False) -> _Changing:
    """End step k - 1, if it is in this block, and take the membranes through step k, if that is in it."""
    given = {name: constant[name] for name in ("trial", "quantum", "alive", "arrived", "rules")}
    given |= {"k": k[None], "quanta": now.quanta}
    changing = (now.neurons, now.presynaptic, now.postsynaptic, now.spiking)
    grid = memory.grid(now.spiking.shape[1], [layout.n_neurons, *(p.pre.size for p in layout.plastic)], NEURONS)
    (neurons, presynaptic, postsynaptic, spiking), _ = memory.run(
        partial(_advance, layout, last), "neurons", layout.compute, grid, given, changing
    )
    return now._replace(neurons=neurons, presynaptic=presynaptic, postsynaptic=postsynaptic, spiking=spiking)


def _advance(layout: Layout, last: bool, given: dict[str, Any], changing: Any, _: Any) -> None:
    state, presynaptic, postsynaptic, spikes = changing
    slot, first, k = memory.slot(), memory.tile() * NEURONS, scalar(given["k"], 0)
    there, before = lanes(first, NEURONS) < layout.n_neurons, jnp.maximum(k - 1, 0)
    neurons = {name: piece(x, (slot,), first, there) for name, x in state.items()}
    trial = scalar(given["trial"], slot)
    quantum = {name: scalar(x, trial) for name, x in given["quantum"].items()}
    received = {name: piece(x, (before, slot), first, there & (k > 0)) for name, x in given["quanta"].items()}
    neurons = one_step.receive(neurons, received, quantum)
    for p in layout.plastic:
        rules, arrived = given["rules"][p.name], given["arrived"][p.pre.name]
        _advance_traces(presynaptic[p.name], arrived, 0, rules.pre_decay, k)
        _advance_traces(postsynaptic[p.name], spikes, p.post.start, rules.post_decay, k)
    if not last:
        neurons, spiking = one_step.membranes(layout, neurons)
        put_piece(spikes, (k, slot), first, spiking & (scalar(given["alive"], k, slot) > 0), there)
    for name, x in neurons.items():
        put_piece(state[name], (slot,), first, x, there)


def _advance_traces(traces: Any, spikes: Any, start: int, decay: Any, k: jax.Array) -> None:
    """Let traces jump by 1 at the spikes of step k - 1, if there is one, then decay; units count from `start`."""
    slot, first = memory.slot(), memory.tile() * NEURONS
    there = (lanes(first, NEURONS) < traces.shape[1]) & (k > 0)
    spiked = piece(spikes, (jnp.maximum(k - 1, 0), slot), start + first, there, False).astype(jnp.float32)
    for number in range(traces.shape[2]):
        before = column(traces, slot, first, number, there)
        put_column(traces, slot, first, number, decayed(jumped(before, spiked, 1), scalar(decay, slot, number)), there)


def _arrive(layout: Layout, constant: dict[str, Any], now: _Changing, k: jax.Array) -> _Changing:
    """Let spikes arrive in step k: they transmit the old weights, then change them."""
    shared = ("trial", "learns", "quantum", "arrived", "targets", "static", "rules", "rate", "maximum")
    given = {name: constant[name] for name in shared} | _read_by_rules(layout, now) | {"k": k[None]}
    conductances = {p.conductance for projections in layout.followed.values() for p in projections}
    changing = ({name: now.quanta[name] for name in conductances}, now.weights)
    grid = memory.grid(now.spiking.shape[1], [group.size for group in layout.followed])
    (quanta, weights), _ = memory.run(partial(_arrive_along, layout), "arrive", layout.compute, grid, given, changing)
    return now._replace(quanta=now.quanta | quanta, weights=weights)


def _read_by_rules(layout: Layout, now: _Changing) -> dict[str, Any]:
    return {
        "presynaptic": now.presynaptic,
        "postsynaptic": now.postsynaptic,
        "neurons": {name: now.neurons[name] for name in layout.postsynaptic_state},
    }


def _arrive_along(layout: Layout, given: dict[str, Any], changing: Any, _: Any) -> None:
    quanta, weights = changing
    slot, k = memory.slot(), scalar(given["k"], 0)
    trial = scalar(given["trial"], slot)

    def one(projections: tuple[ProjectionLayout, ...], unit: jax.Array) -> None:
        for p in projections:
            quantum = scalar(given["quantum"][p.conductance], trial)
            for first, inside in columns(given["targets"][p.name].shape[2]):
                targets, there = rows.targets(given["targets"][p.name], trial, unit, first, inside)
                if p.plastic:
                    weight = piece(weights[p.name], (slot, unit), first, there)
                    seen = _seen_at_arrival(layout, p, given, slot, unit, targets, there)
                    new = _changed(layout, p, layout.on_pre, given, slot, weight, seen)
                    put_piece(weights[p.name], (slot, unit), first, new, there)
                else:
                    weight = rows.static_weight(given["static"][p.name], trial, unit, first, there)
                values = quantised(weight, quantum)
                add_at(quanta[p.conductance], (k, slot), p.post.start + targets, values, there, layout.compute)

    for group, projections in layout.followed.items():
        _for_each_spike(given["arrived"][group.name], k, 0, group.size, partial(one, projections))


def _for_each_spike(mask: Any, k: jax.Array, start: int, size: int, handle: Any) -> None:
    """Call handle(unit) for the spikes (step, slot, neuron) of step k; units count from neuron `start`."""

    def spiking(first: jax.Array, there: jax.Array) -> jax.Array:
        return piece(mask, (k, memory.slot()), start + first, there, False)

    memory.for_each_spike(spiking, size, handle)


def _seen_at_arrival(
    layout: Layout,
    p: ProjectionLayout,
    given: dict[str, Any],
    slot: jax.Array,
    unit: jax.Array,
    targets: jax.Array,
    there: jax.Array,
) -> Seen:
    pre, post = given["presynaptic"][p.name], given["postsynaptic"][p.name]
    return Seen(
        presynaptic=tuple(scalar(pre, slot, unit, n) for n in range(pre.shape[2])),
        postsynaptic=tuple(entries(post, slot, targets, n, there) for n in range(post.shape[2])),
        state={
            name: entries(given["neurons"][name], slot, p.post.start + targets, None, there)
            for name in layout.postsynaptic_state
        },
    )


def _changed(
    layout: Layout,
    p: ProjectionLayout,
    side: Any,
    given: dict[str, Any],
    slot: jax.Array,
    weight: jax.Array,
    seen: Seen,
) -> jax.Array:
    trial, rules = scalar(given["trial"], slot), given["rules"][p.name]
    return changed_weight(
        layout,
        side,
        weight,
        seen,
        {name: scalar(rules.parameters, slot, n) for n, name in enumerate(layout.parameters)},
        scalar(given["rate"][p.name], trial) * scalar(given["learns"], slot),
        scalar(given["maximum"][p.name], trial),
    )


def _spike_back(layout: Layout, constant: dict[str, Any], now: _Changing, k: jax.Array) -> _Changing:
    """Change the plastic synapses onto the neurons that spike in step k."""
    shared = ("trial", "learns", "incoming", "rules", "rate", "maximum")
    given = {name: constant[name] for name in shared} | _read_by_rules(layout, now)
    given |= {"spiking": now.spiking, "k": k[None]}
    grid = memory.grid(now.spiking.shape[1], [p.post.size for p in layout.plastic])
    kernel = partial(_change_incoming, layout)
    weights, _ = memory.run(kernel, "spike_back", layout.compute, grid, given, now.weights)
    return now._replace(weights=weights)


def _change_incoming(layout: Layout, given: dict[str, Any], weights: Any, _: Any) -> None:
    slot, k = memory.slot(), scalar(given["k"], 0)
    trial = scalar(given["trial"], slot)

    def one(plastic: tuple[ProjectionLayout, ...], unit: jax.Array) -> None:
        for p in plastic:
            for first, inside in columns(given["incoming"][p.name].shape[2]):
                place = piece(given["incoming"][p.name], (trial, unit), first, inside, BEYOND)
                there = place != BEYOND
                place, width = jnp.where(there, place, 0), weights[p.name].shape[2]
                unit_before, at = jax.lax.div(place, width), jax.lax.rem(place, width)
                weight = at_places(weights[p.name], slot, unit_before, at, there)
                seen = _seen_at_spike(layout, p, given, slot, unit, unit_before, there)
                new = _changed(layout, p, layout.on_post, given, slot, weight, seen)
                put_at(weights[p.name], slot, unit_before, at, new, there, layout.compute)

    for post in dict.fromkeys(p.post for p in layout.plastic):
        plastic = tuple(p for p in layout.plastic if p.post == post)
        _for_each_spike(given["spiking"], k, post.start, post.size, partial(one, plastic))


def _seen_at_spike(
    layout: Layout,
    p: ProjectionLayout,
    given: dict[str, Any],
    slot: jax.Array,
    unit: jax.Array,
    before: jax.Array,
    there: jax.Array,
) -> Seen:
    pre, post = given["presynaptic"][p.name], given["postsynaptic"][p.name]
    return Seen(
        presynaptic=tuple(entries(pre, slot, before, n, there) for n in range(pre.shape[2])),
        postsynaptic=tuple(scalar(post, slot, unit, n) for n in range(post.shape[2])),
        state={name: scalar(given["neurons"][name], slot, p.post.start + unit) for name in layout.postsynaptic_state},
    )
