"""A network as it is saved between two chunks of time, and continued later.

The saved state is independent of backend and form: settled weights, and traces as they are at that moment. On the
backend that saved a state, under the same rule, a network continues as if it had never stopped, bit for bit. The other
backend, and the other form, take the state too; there the last digits differ from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32

from synapseek_core.engine.network import DELAY_STEPS, Network, Trial
from synapseek_core.errors import ConfigurationError

Traces = Mapping[str, Mapping[str, Float32[np.ndarray, " unit"]]]
"""Plastic projection -> trace -> its value at every unit of one side, counted from the start of its group."""


@dataclass(frozen=True, eq=False)
class NetworkState:
    """One rule in one trial, at the end of a chunk.

    Attributes:
        steps: time steps since the network's first start, those before earlier states included.
        neurons: state variable -> (neuron,) value: potentials in V, conductances in leak conductances.
        weights: plastic projection -> (synapse,) weight in leak conductances, in the order of `Projection.targets`.
        connectivity: plastic projection -> `Projection.connectivity` of the synapses that have these weights.
        presynaptic: traces of the presynaptic units, without unit.
        postsynaptic: traces of the postsynaptic neurons, without unit.
        under_way: (delay, neuron) whether a spike of the neuron arrives so many time steps after the first next one.
        filtered_rate: of the monitored population, in Hz.
        rate_rounding: what rounding has added to `filtered_rate` too much, in Hz; 0 of a backend that keeps it in
            double precision.
    """

    steps: int
    neurons: Mapping[str, Float32[np.ndarray, " neuron"]]
    weights: Mapping[str, Float32[np.ndarray, " synapse"]]
    connectivity: Mapping[str, int]
    presynaptic: Traces
    postsynaptic: Traces
    under_way: Bool[np.ndarray, "delay neuron"]
    filtered_rate: float
    rate_rounding: float = 0.0

    def check_fits(self, network: Network, trial: Trial) -> None:
        """Refuse to continue in a trial of another network.

        Raises:
            ConfigurationError: what of the state is not the network's, that other units are connected, or weights
                above the trial's maximum.
        """
        family, plastic = network.family, trial.plastic
        expected = {
            "neurons": (dict.fromkeys(network.neuron.initial_state, (network.n_neurons,)), _shapes(self.neurons)),
            "spikes under way": ((DELAY_STEPS, network.n_neurons), self.under_way.shape),
            "connectivity": ({p.name: p.connectivity for p in plastic}, dict(self.connectivity)),
            "weights": ({p.name: p.targets.shape for p in plastic}, _shapes(self.weights)),
            "presynaptic traces": (
                {p.name: dict.fromkeys(family.presynaptic_traces, (p.pre.size,)) for p in plastic},
                {name: _shapes(traces) for name, traces in self.presynaptic.items()},
            ),
            "postsynaptic traces": (
                {p.name: dict.fromkeys(family.postsynaptic_traces, (p.post.size,)) for p in plastic},
                {name: _shapes(traces) for name, traces in self.postsynaptic.items()},
            ),
        }
        for what, (wanted, found) in expected.items():
            if wanted != found:
                raise ConfigurationError(f"a saved network of other {what} cannot continue: {found}; expected {wanted}")
        for p in plastic:
            p.check_plastic(self.weights[p.name])


def _shapes(arrays: Mapping[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    """Return name -> shape."""
    return {name: values.shape for name, values in arrays.items()}
