"""The form of a neuron model: state variables, constants, and one membrane step, written once for every backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

TIME_STEP = 1e-4
"""Integration time step of every spiking network, in s (all studies)."""


def decay(time_constant: float) -> float:
    """Return the factor exp(-dt / tau) of an exponential decay in one time step; tau in s."""
    return float(np.exp(-TIME_STEP / time_constant))


@dataclass(frozen=True)
class NeuronModel:
    """A point neuron with conductance synapses; conductances are in units of the leak conductance.

    Attributes:
        name: name in the configuration.
        source: where its equations come from.
        initial_state: state variable -> initial value, in the order of `advance`; it holds `v` (V) and one
            conductance a transmitter, `g_<transmitter>`.
        constants: the numbers that `advance` needs, by name.
        advance: one time step. Its arguments are state variables and constants by name; it returns the new state in
            the order of `initial_state`, then whether the neuron spikes.
        dead_time: shortest time between two spikes of a neuron, in s, whatever its input.
    """

    name: str
    source: str
    initial_state: Mapping[str, float]
    constants: Mapping[str, float]
    advance: Callable[..., tuple]
    dead_time: float = 0.0

    def variable(self, name: str) -> int:
        """Return the position of a state variable."""
        return list(self.initial_state).index(name)
