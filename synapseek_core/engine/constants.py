"""Numbers that every backend derives from a network in the same way, to the last bit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from synapseek_core.engine.network import Network, Plasticity, Projection
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.plasticity.family import PlasticityFamily

AT_BOUND = 1e-5
"""A weight counts as at a bound within this share of the maximum weight: settling lazy weights rounds."""


class RateFilter(NamedTuple):
    """The rate checker, in time steps.

    decay: factor in a time step, rounded to single precision as in the published programs.
    increment: jump at an arriving spike of the monitored neurons start..stop-1, in Hz.
    low, high: bounds, in Hz.
    """

    decay: float
    increment: float
    low: float
    high: float
    start: int
    stop: int

    @property
    def initial(self) -> float:
        """Filtered rate at time 0, in Hz."""
        return (self.low + self.high) / 2


def rate_filter(network: Network) -> RateFilter:
    """Return the rate checker of a network."""
    bounds = network.bounds
    group = network.population(bounds.population)
    decay = float(np.float32(np.exp(-TIME_STEP / bounds.time_constant)))
    increment = 1 / (bounds.time_constant * group.size)
    return RateFilter(decay, increment, bounds.low, bounds.high, group.start, group.stop)


def trace_decays(family: PlasticityFamily, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the decay factor in a time step of every presynaptic and postsynaptic trace.

    theta is (..., parameter); each result is (..., trace), in single precision.
    """

    def decays(time_constants: np.ndarray) -> np.ndarray:
        # A time constant that is 0 in single precision is a trace that is gone at once.
        with np.errstate(divide="ignore"):
            return np.exp(-TIME_STEP / time_constants.astype(np.float64)).astype(np.float32)

    return decays(family.presynaptic_time_constants(theta)), decays(family.postsynaptic_time_constants(theta))


def plasticity_of(projection: Projection) -> Plasticity:
    """Return the plasticity of a plastic projection."""
    assert projection.plasticity is not None
    return projection.plasticity
