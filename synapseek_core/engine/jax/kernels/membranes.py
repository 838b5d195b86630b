"""The neurons of all slots through a block of `DELAY_STEPS` time steps, in one kernel."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from synapseek_core.engine.jax import step as one_step
from synapseek_core.engine.jax.kernels import memory
from synapseek_core.engine.jax.kernels.lazy import steps_of
from synapseek_core.engine.jax.kernels.memory import lanes, piece, put_piece, scalar
from synapseek_core.engine.jax.state import Arrays
from synapseek_core.engine.jax.tables import Layout
from synapseek_core.engine.network import DELAY_STEPS

TILE = 512
"""Neurons of a program; our choice."""


def take_steps(
    layout: Layout, neurons: Arrays, quanta: Arrays, quantum: Arrays, alive: jax.Array
) -> tuple[Arrays, jax.Array, Arrays]:
    """Return the neurons after a block, their spikes (step, slot, neuron), and those that spiked as they were before.

    The last is undefined for neurons that do not spike. quanta: (step, slot, neuron). alive: (step, slot).
    """
    given = {"quanta": quanta, "quantum": quantum, "alive": alive.astype(jnp.int32)}
    spikes = jax.ShapeDtypeStruct((DELAY_STEPS, *next(iter(neurons.values())).shape), jnp.bool_)
    before = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), neurons)
    kernel = partial(_take_steps, layout)
    after, (spiking, before) = memory.run(
        kernel, "take_steps", layout.compute, _grid(layout, alive), given, neurons, (spikes, before)
    )
    return after, spiking, before


def repeat(
    layout: Layout,
    before: Arrays,
    neurons: Arrays,
    spiking: jax.Array,
    alive: jax.Array,
    quanta: Arrays,
    quantum: Arrays,
) -> Arrays:
    """Repeat the block, with corrected input, for the neurons that spiked in it."""
    given = {"quanta": quanta, "quantum": quantum, "before": before, "at": steps_of(spiking)}
    return memory.run(partial(_repeat, layout), "repeat", layout.compute, _grid(layout, alive), given, neurons)[0]


def _grid(layout: Layout, alive: jax.Array) -> tuple[int, int]:
    return memory.grid(alive.shape[1], [layout.n_neurons], TILE)


def _block(
    layout: Layout, given: dict[str, Any], neurons: Arrays, place: tuple[jax.Array, jax.Array, jax.Array]
) -> tuple[Arrays, list[jax.Array]]:
    """Return neurons after a block, and their spikes in each step; `place` is slot, first neuron, and mask."""
    slot, first, there = place
    quantum = {name: scalar(x, slot, 0) for name, x in given["quantum"].items()}
    spikes = []
    for k in range(DELAY_STEPS):
        received = {name: piece(x, (k, slot), first, there) for name, x in given["quanta"].items()}
        neurons, spiking = one_step.membranes(layout, neurons)
        neurons = one_step.receive(neurons, received, quantum)
        spikes.append(spiking)
    return neurons, spikes


def _place(layout: Layout) -> tuple[jax.Array, jax.Array, jax.Array]:
    slot, first = memory.slot(), memory.tile() * TILE
    return slot, first, lanes(first, TILE) < layout.n_neurons


def _take_steps(layout: Layout, given: dict[str, Any], neurons: Any, new: Any) -> None:
    slot, first, there = place = _place(layout)
    before = {name: piece(x, (slot,), first, there) for name, x in neurons.items()}
    after, spikes = _block(layout, given, before, place)
    spiked = jnp.zeros_like(there)
    for k, spiking in enumerate(spikes):
        own = spiking & (scalar(given["alive"], k, slot) > 0)
        put_piece(new[0], (k, slot), first, own, there)
        spiked = spiked | own
    for name, x in after.items():
        put_piece(neurons[name], (slot,), first, x, there)
        put_piece(new[1][name], (slot,), first, before[name], there & spiked)


def _repeat(layout: Layout, given: dict[str, Any], neurons: Any, _: Any) -> None:
    slot, first, inside = _place(layout)
    there = piece(given["at"], (slot,), first, inside, DELAY_STEPS) < DELAY_STEPS
    before = {name: piece(x, (slot,), first, there) for name, x in given["before"].items()}
    after, _ = _block(layout, given, before, (slot, first, there))
    for name, x in after.items():
        put_piece(neurons[name], (slot,), first, x, there)
