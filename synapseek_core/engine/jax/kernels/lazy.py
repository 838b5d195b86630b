"""The lazy form on a GPU: a program goes through the spikes of one slot and tile of units, one row after the other.

So rows are neither counted nor listed, nothing is padded but the ends of rows, and no loop waits for the host. Rows
are read twice in a block: to list them in between would write and read as many bytes.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from synapseek_core.engine.jax.kernels import memory, rows
from synapseek_core.engine.jax.kernels.memory import (
    add_at,
    column,
    columns,
    entries,
    lanes,
    piece,
    put_column,
    put_piece,
    quantised,
    scalar,
)
from synapseek_core.engine.jax.state import Arrays, State
from synapseek_core.engine.jax.tables import Layout, ProjectionLayout, Tables
from synapseek_core.engine.jax.updates import RuleValues, arrival_of, changed_row, effect_of_spikes, step_of_spike
from synapseek_core.engine.network import DELAY_STEPS, Group
from synapseek_core.engine.physics import decayed, settled

NEURONS = 256
"""Neurons whose traces one program advances; our choice."""


def transmit(layout: Layout, tables: Tables, state: State, arriving: jax.Array, quanta: Arrays) -> Arrays:
    """Add the transmission of all arriving spikes, as if no neuron spiked in this block."""
    projections = tuple(p for of_group in layout.followed.values() for p in of_group)
    given = {
        "at": steps_of(arriving),
        **_given(tables, state, projections),
        "static": rows.static_weights(tables, projections),
    }
    given["stored"] = state.weights
    changing = {p.conductance: quanta[p.conductance] for p in projections}
    grid = memory.grid(len(state.step), [group.size for group in layout.followed])
    return quanta | memory.run(partial(_transmit, layout), "transmit", layout.compute, grid, given, changing)[0]


def change(
    layout: Layout,
    tables: Tables,
    state: State,
    arriving: jax.Array,
    spiking: jax.Array,
    quanta: Arrays,
    age: jax.Array,
) -> tuple[Arrays, Arrays]:
    """Change all rows at which spikes arrive and return the weights and the corrected quanta."""
    given = {"age": age[None], **_given(tables, state, layout.plastic)}
    given |= {"at": steps_of(arriving), "post_at": steps_of(spiking)}
    changing = (state.weights, {p.conductance: quanta[p.conductance] for p in layout.plastic})
    grid = memory.grid(len(state.step), [p.pre.size for p in layout.plastic])
    weights, corrected = memory.run(partial(_change, layout), "change", layout.compute, grid, given, changing)[0]
    return weights, quanta | corrected


def traces(
    layout: Layout, tables: Tables, state: State, arriving: jax.Array, spiking: jax.Array, age: jax.Array
) -> tuple[Arrays, Arrays]:
    """Return Q after the arrivals of the block, and pending sums and traces after its spikes."""
    given = {"age": age[None], **_given(tables, state, layout.plastic)}
    given = {name: given[name] for name in ("age", "trial", "learns", "rules", "rate", "maximum")}
    given |= {"at": steps_of(arriving), "post_at": steps_of(spiking)}
    grid = memory.grid(len(state.step), [size for p in layout.plastic for size in (p.pre.size, p.post.size)], NEURONS)
    changing = (state.presynaptic, state.postsynaptic)
    return memory.run(partial(_traces, layout), "traces", layout.compute, grid, given, changing)[0]


def _traces(layout: Layout, given: dict[str, Any], changing: Any, _: Any) -> None:
    presynaptic, postsynaptic = changing
    slot, first, age = memory.slot(), memory.tile() * NEURONS, scalar(given["age"], 0)
    trial, unit = scalar(given["trial"], slot), lanes(first, NEURONS)
    for p in layout.plastic:
        rule, there = _rule(layout, given, p.name, slot, trial), unit < p.pre.size
        step = _step(given["at"], slot, p.pre.start + first, there)
        # Q changes where a spike arrives only: the rest of it is not touched.
        arrived = there & (step < DELAY_STEPS)
        before = column(presynaptic[p.name], slot, first, 0, arrived)
        after = before + jnp.exp(-(age + step) * rule.pre_exponent)
        put_column(presynaptic[p.name], slot, first, 0, after, arrived)
        ledger, there = postsynaptic[p.name], unit < p.post.size
        step = _step(given["post_at"], slot, p.post.start + first, there)
        pending = tuple(column(ledger, slot, first, k, there) for k in range(ledger.shape[2]))
        table = effect_of_spikes(layout, pending, step, age, rule)
        decays = [jnp.exp(DELAY_STEPS * exponent) for exponent in rule.post_exponents]
        decaying = [decayed(x, decay) for x, decay in zip(table.traces_after, decays, strict=True)]
        for k, values in enumerate((table.total_after, table.scaled_after, *decaying)):
            put_column(ledger, slot, first, k, values, there)


def _given(tables: Tables, state: State, projections: tuple[ProjectionLayout, ...]) -> dict[str, Any]:
    """Return the arrays that both kernels read."""
    plastic = [p.name for p in projections if p.plastic]
    return {
        "trial": state.jobs.trial,
        "learns": state.learns,
        "quantum": {p.conductance: tables.quantum[p.conductance] for p in projections},
        "targets": {p.name: tables.synapses[p.name].targets for p in projections},
        "rules": {name: state.jobs.rules[name] for name in plastic},
        "rate": {name: tables.plastic[name].learning_rate for name in plastic},
        "maximum": {name: tables.plastic[name].maximum_weight for name in plastic},
        "trace": {name: state.presynaptic[name] for name in plastic},
        "ledger": {name: state.postsynaptic[name] for name in plastic},
    }


def _transmit(layout: Layout, given: dict[str, Any], quanta: Any, _: Any) -> None:
    slot = memory.slot()
    trial = scalar(given["trial"], slot)

    def one(projections: tuple[ProjectionLayout, ...], unit: jax.Array) -> None:
        step = scalar(given["at"], slot, projections[0].pre.start + unit).astype(jnp.int32)
        for p in projections:
            quantum = scalar(given["quantum"][p.conductance], trial)
            for first, inside in columns(given["targets"][p.name].shape[2]):
                targets, there = rows.targets(given["targets"][p.name], trial, unit, first, inside)
                if p.plastic:
                    ledger = given["ledger"][p.name]
                    total, scaled = (entries(ledger, slot, targets, k, there) for k in (0, 1))
                    stored = piece(given["stored"][p.name], (slot, unit), first, there)
                    before = scalar(given["trace"][p.name], slot, unit, 0)
                    weight = settled(stored, total, before, scaled, scalar(given["maximum"][p.name], trial))
                else:
                    weight = rows.static_weight(given["static"][p.name], trial, unit, first, there)
                values = quantised(weight, quantum)
                add_at(quanta[p.conductance], (step, slot), p.post.start + targets, values, there, layout.compute)

    for group, projections in layout.followed.items():
        _for_each_arrival(given["at"], slot, group, partial(one, projections))


def counts(layout: Layout, spiking: jax.Array) -> jax.Array:
    """Return the number of spikes (step, slot, population) among spikes (step, slot, neuron)."""
    at, steps = steps_of(spiking), jnp.arange(DELAY_STEPS, dtype=jnp.int8)[:, None, None]
    return jnp.stack(
        [jnp.sum(at[:, g.start : g.stop] == steps, axis=2, dtype=jnp.int32) for g in layout.populations], axis=-1
    )


def steps_of(spiking: jax.Array) -> jax.Array:
    """Return the step (slot, neuron) of the only spike of each neuron in a block, `DELAY_STEPS` if there is none."""
    return step_of_spike(spiking, jnp.int8)


def _step(at: Any, slot: jax.Array, first: jax.Array, there: jax.Array) -> jax.Array:
    return piece(at, (slot,), first, there, DELAY_STEPS).astype(jnp.int32)


def _for_each_arrival(at: Any, slot: jax.Array, group: Group, handle: Any) -> None:
    """Call handle(unit) for each unit of a group with a spike in the block; at: (slot, neuron) its step."""

    def spiking(first: jax.Array, mask: jax.Array) -> jax.Array:
        return _step(at, slot, group.start + first, mask) < DELAY_STEPS

    memory.for_each_spike(spiking, group.size, handle)


def _rule(layout: Layout, given: dict[str, Any], name: str, slot: jax.Array, trial: jax.Array) -> RuleValues:
    rules = given["rules"][name]
    return RuleValues(
        rate=scalar(given["rate"][name], trial) * scalar(given["learns"], slot),
        maximum=scalar(given["maximum"][name], trial),
        parameters={key: scalar(rules.parameters, slot, k) for k, key in enumerate(layout.parameters)},
        pre_exponent=scalar(rules.pre_exponent, slot, 0),
        post_exponents=tuple(scalar(rules.post_exponent, slot, k) for k in range(len(layout.postsynaptic_traces))),
    )


def _change(layout: Layout, given: dict[str, Any], changing: Any, _: Any) -> None:
    weights, quanta = changing
    age = scalar(given["age"], 0)

    slot = memory.slot()
    trial = scalar(given["trial"], slot)

    def one(plastic: tuple[ProjectionLayout, ...], unit: jax.Array) -> None:
        step = scalar(given["at"], slot, plastic[0].pre.start + unit).astype(jnp.int32)
        for p in plastic:
            rule = _rule(layout, given, p.name, slot, trial)
            arrival = arrival_of(step, scalar(given["trace"][p.name], slot, unit, 0), age, rule)
            quantum, ledger = scalar(given["quantum"][p.conductance], trial), given["ledger"][p.name]
            for first, inside in columns(weights[p.name].shape[2]):
                targets, there = rows.targets(given["targets"][p.name], trial, unit, first, inside)
                pending = tuple(entries(ledger, slot, targets, k, there) for k in range(ledger.shape[2]))
                at = entries(given["post_at"], slot, p.post.start + targets, None, there).astype(jnp.int32)
                table = effect_of_spikes(layout, pending, at, age, rule)
                stored = piece(weights[p.name], (slot, unit), first, there)
                row = changed_row(layout, stored, table, arrival, rule)
                put_piece(weights[p.name], (slot, unit), first, row.stored, there)
                late = quantised(row.weight, quantum) - quantised(row.assumed, quantum)
                place = p.post.start + targets
                add_at(quanta[p.conductance], (step, slot), place, late, there & row.late, layout.compute)

    for group, projections in layout.followed.items():
        plastic = tuple(p for p in projections if p.plastic)
        if plastic:
            _for_each_arrival(given["at"], slot, group, partial(one, plastic))
