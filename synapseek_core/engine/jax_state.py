"""What changes in a batch of networks that JAX simulates, and how it begins."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from synapseek_core.engine.jax_tables import Layout, Tables
from synapseek_core.engine.network import DELAY_STEPS
from synapseek_core.engine.records import Status

Arrays = dict[str, jax.Array]


class State(NamedTuple):
    """The state between two time steps.

    neurons: state variable -> (network, neuron).
    weights: plastic projection -> (network, presynaptic unit, synapse), filled up as its table is.
    presynaptic, postsynaptic: plastic projection -> trace -> (network, unit of its pre or post group).
    ring: (step, network, neuron) spikes that travel along the axons.
    rate, rate_error: (network,) filtered rate in Hz, and what rounding has added to it too much.
    running: (network,) whether it is still simulated.
    status, stop_step: (network,) as in `Record`.
    """

    neurons: Arrays
    weights: Arrays
    presynaptic: dict[str, Arrays]
    postsynaptic: dict[str, Arrays]
    ring: jax.Array
    rate: jax.Array
    rate_error: jax.Array
    running: jax.Array
    status: jax.Array
    stop_step: jax.Array


def initial_state(layout: Layout, tables: Tables, finite: jax.Array) -> State:
    """The state at time 0; networks whose rule is not `finite` (network,) never start."""
    networks = len(tables.steps)

    def silent(names: tuple[str, ...], units: int) -> Arrays:
        return {name: jnp.zeros((networks, units), jnp.float32) for name in names}

    def everywhere(value: float) -> jax.Array:
        return jnp.full((networks, layout.n_neurons), value, jnp.float32)

    return State(
        neurons={name: everywhere(value) for name, value in layout.initial_state},
        weights={p.name: _initial_weights(layout, tables, p.name) for p in layout.plastic},
        presynaptic={p.name: silent(layout.presynaptic_traces, p.pre.size) for p in layout.plastic},
        postsynaptic={p.name: silent(layout.postsynaptic_traces, p.post.size) for p in layout.plastic},
        ring=jnp.zeros((DELAY_STEPS, networks, layout.n_neurons), bool),
        rate=jnp.full(networks, layout.rate.initial, jnp.float32),
        rate_error=jnp.zeros(networks, jnp.float32),
        running=finite & (tables.steps > 0),
        status=jnp.where(finite, Status.ok, Status.non_finite).astype(jnp.int32),
        stop_step=jnp.where(finite, tables.steps, 0).astype(jnp.int32),
    )


def _initial_weights(layout: Layout, tables: Tables, name: str) -> jax.Array:
    synapses = tables.synapses[name]
    trials, units, width = synapses.targets.shape
    weights = jnp.broadcast_to(synapses.weight[:, None, :, None], (trials, layout.rules, units, width))
    return weights.reshape(-1, units, width)
