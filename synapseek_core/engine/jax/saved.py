"""Conversion of a slot of the JAX backend to a saved network, and back. Between two chunks its weights are settled."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from synapseek_core.engine.jax.state import LEDGER, Arrays, State
from synapseek_core.engine.jax.tables import Layout, in_rows, places_of
from synapseek_core.engine.network import Trial
from synapseek_core.engine.network_state import NetworkState, Traces
from synapseek_core.engine.start import Start, starting_weights


class SlotNetwork(NamedTuple):
    """The part of `State` that belongs to the network of one slot, without the slot axis; None or left out: absent."""

    weights: Arrays
    neurons: Arrays | None = None
    presynaptic: Arrays | None = None
    postsynaptic: Arrays | None = None
    ring: jax.Array | None = None
    rate: jax.Array | None = None
    rate_error: jax.Array | None = None


@jax.jit
def of_slot(state: State, slot: jax.Array) -> SlotNetwork:
    """Return the network of one slot."""
    parts = {name: getattr(state, name) for name in SlotNetwork._fields if name != "ring"}
    return SlotNetwork(**jax.tree.map(lambda x: x[slot], parts), ring=state.ring[:, slot])


@partial(jax.jit, donate_argnums=0)
def into_slot(state: State, slot: jax.Array, given: SlotNetwork) -> State:
    """Return the state with a network, or the given part of one, in one slot. The state's arrays are consumed."""
    parts: dict[str, Any] = {}
    for name, new in given._asdict().items():
        old = getattr(state, name)
        if name == "ring" and new is not None:
            parts[name] = old.at[:, slot].set(new)
        elif isinstance(new, dict):
            parts[name] = old | {key: old[key].at[slot].set(values) for key, values in new.items()}
        elif new is not None:
            parts[name] = old.at[slot].set(new)
    return state._replace(**parts)


def saved(layout: Layout, trial: Trial, start: Start, slot: SlotNetwork) -> NetworkState:
    """Return the network of a slot at the end of its trial, which started from `start`."""
    network = jax.device_get(slot)
    ledger = LEDGER[layout.form]
    return NetworkState(
        steps=trial.steps + (start.steps if isinstance(start, NetworkState) else 0),
        neurons={name: np.array(values) for name, values in network.neurons.items()},
        weights={
            p.name: network.weights[p.name].ravel()[places_of(p, network.weights[p.name].shape[1])]
            for p in trial.plastic
        },
        connectivity={p.name: p.connectivity for p in trial.plastic},
        presynaptic=_by_trace(network.presynaptic, layout.presynaptic_traces, 0),
        postsynaptic=_by_trace(network.postsynaptic, layout.postsynaptic_traces, ledger),
        under_way=np.array(network.ring),
        filtered_rate=float(network.rate),
        rate_rounding=float(network.rate_error),
    )


def _by_trace(arrays: Arrays, names: tuple[str, ...], first: int) -> Traces:
    """Return projection -> trace -> (unit,) from projection -> (unit, column), whose traces begin at a column."""
    return {
        projection: {name: np.array(values[:, first + k]) for k, name in enumerate(names)}
        for projection, values in arrays.items()
    }


def given_by(layout: Layout, state: State, trial: Trial, start: Start) -> SlotNetwork:
    """Return the part of a network that a start gives; the other arrays of the slot are those of one that starts."""
    plastic = {p.name: p for p in trial.plastic}
    weights = {
        name: jnp.asarray(in_rows(plastic[name], values, state.weights[name].shape[2]))
        for name, values in starting_weights(start, trial).items()
    }
    if not isinstance(start, NetworkState):
        return SlotNetwork(weights)
    rate = np.float32(start.filtered_rate)
    return SlotNetwork(
        weights=weights,
        neurons={name: jnp.asarray(values, jnp.float32) for name, values in start.neurons.items()},
        presynaptic=_columns(state.presynaptic, start.presynaptic, layout.presynaptic_traces, 0),
        postsynaptic=_columns(state.postsynaptic, start.postsynaptic, layout.postsynaptic_traces, LEDGER[layout.form]),
        ring=jnp.asarray(start.under_way),
        rate=jnp.asarray(rate),
        # Of a rate that was kept in double precision, what it loses now.
        rate_error=jnp.float32(float(rate) - start.filtered_rate + start.rate_rounding),
    )


def _columns(slots: Arrays, traces: Traces, names: tuple[str, ...], first: int) -> Arrays:
    """Return projection -> (unit, column) as in the slots: traces from a column on, zeros (nothing pending) before."""
    filled = {}
    for projection, of_projection in traces.items():
        columns = np.zeros(slots[projection].shape[1:], np.float32)
        for k, name in enumerate(names):
            columns[:, first + k] = of_projection[name]
        filled[projection] = jnp.asarray(columns)
    return filled
