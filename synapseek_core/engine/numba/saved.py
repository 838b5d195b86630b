"""Conversion of the arrays of the Numba kernel to a saved network, and back. Between two chunks weights are settled."""

from __future__ import annotations

import numpy as np

from synapseek_core.engine.network import DELAY_STEPS, Network, Trial
from synapseek_core.engine.network_state import NetworkState
from synapseek_core.engine.numba.blocks import offset, places
from synapseek_core.engine.numba.groups import NetworkArrays
from synapseek_core.engine.numba.traces import Values, postsynaptic_values, presynaptic_values


def saved(network: Network, trial: Trial, arrays: NetworkArrays, steps: int) -> NetworkState:
    """Return the network as it is now, after `steps` time steps since its first start."""
    edges = np.cumsum([0, *(len(p.targets) for p in trial.plastic)])
    under_way = np.zeros((DELAY_STEPS, network.n_neurons), np.bool_)
    for slot, count in enumerate(arrays.ring_count):
        under_way[slot, arrays.ring[slot, :count]] = True
    return NetworkState(
        steps=steps,
        neurons={name: arrays.neurons[_places(network, name)] for name in network.neuron.initial_state},
        weights={p.name: arrays.weights[edges[k] : edges[k + 1]].copy() for k, p in enumerate(trial.plastic)},
        connectivity={p.name: p.connectivity for p in trial.plastic},
        presynaptic=_copied(presynaptic_values(network, trial, arrays.traces)),
        postsynaptic=_copied(postsynaptic_values(network, trial, arrays.traces)),
        under_way=under_way,
        filtered_rate=float(arrays.rate[0]),
    )


def go_on(network: Network, trial: Trial, arrays: NetworkArrays, state: NetworkState) -> None:
    """Write a saved network, except its weights, into the arrays of one that starts."""
    for name, values in state.neurons.items():
        arrays.neurons[_places(network, name)] = values
    for side, kept in (
        (state.presynaptic, presynaptic_values(network, trial, arrays.traces)),
        (state.postsynaptic, postsynaptic_values(network, trial, arrays.traces)),
    ):
        for projection, traces in kept.items():
            for name, (array, own) in traces.items():
                array[own] = side[projection][name]
    for slot, spiking in enumerate(state.under_way):
        neurons = np.flatnonzero(spiking)
        arrays.ring[slot, : len(neurons)], arrays.ring_count[slot] = neurons, len(neurons)
    arrays.rate[0] = state.filtered_rate - state.rate_rounding


def _places(network: Network, variable: str) -> np.ndarray:
    """Return the places of a state variable of every neuron in the blocked array."""
    return places(network.neuron, np.arange(network.n_neurons)) + offset(network.neuron, variable)


def _copied(values: Values) -> dict[str, dict[str, np.ndarray]]:
    return {
        name: {trace: array[own].copy() for trace, (array, own) in own_traces.items()}
        for name, own_traces in values.items()
    }
