"""The form of a measure of network activity, and the activity that it is computed from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

SMALL_BIN, MEDIUM_BIN, LARGE_BIN = 0.001, 0.010, 0.100
"""Widths of the bins in which spikes are counted, in s (Confavreux et al., NeurIPS 2023)."""

ROUNDING = 1e-6
"""Of a bin: a spike this far below an edge is in the bin above it."""


@dataclass(frozen=True)
class SpikeTrains:
    """Spike trains of the recorded neurons of a population in a window.

    Attributes:
        times: (spike,) in s since the start of the window, in any order.
        neurons: (spike,) which neuron spiked, counted from 0.
        size: number of recorded neurons, silent ones too.
        duration: of the window, in s.
    """

    times: Float[np.ndarray, " spike"]
    neurons: Int[np.ndarray, " spike"]
    size: int
    duration: float

    def counts(self, width: float) -> Float[np.ndarray, "neuron bin"]:
        """Return the number of spikes (neuron, bin) of each neuron in each whole bin of `width` s."""
        bins, position = self._bins(width)
        inside = position < bins
        flat = self.neurons[inside] * bins + position[inside]
        return np.bincount(flat, minlength=self.size * bins).reshape(self.size, bins).astype(np.float64)

    def mean_count(self, width: float) -> Float[np.ndarray, " bin"]:
        """Return the number of spikes (bin,) in each whole bin of `width` s, mean over neurons."""
        bins, position = self._bins(width)
        return np.bincount(position[position < bins], minlength=bins) / self.size

    def _bins(self, width: float) -> tuple[int, Int[np.ndarray, " spike"]]:
        """Return the number of whole bins, and the bin of each spike."""
        return int(self.duration / width + ROUNDING), np.floor(self.times / width + ROUNDING).astype(np.int64)

    @cached_property
    def rates(self) -> Float[np.ndarray, " neuron"]:
        """Rate of each neuron in Hz."""
        return np.bincount(self.neurons, minlength=self.size) / self.duration

    @cached_property
    def intervals(self) -> tuple[Float[np.ndarray, " interval"], Int[np.ndarray, " interval"]]:
        """Interspike intervals of all neurons in s, and the neuron of each."""
        order = np.lexsort((self.times, self.neurons))
        times, neurons = self.times[order], self.neurons[order]
        same = neurons[1:] == neurons[:-1]
        return np.diff(times)[same], neurons[1:][same]


@dataclass(frozen=True)
class WeightCourse:
    """Time course of the weights of one synapse type in a window.

    Attributes:
        sample: (time, synapse) weights of sampled synapses in leak conductances, from the start of the window to its
            end.
        maximum: upper bound of the weights; the lower one is 0.
    """

    sample: Float[np.ndarray, "time synapse"]
    maximum: float


@dataclass(frozen=True)
class NetworkActivity:
    """Activity of one network in the recorded window.

    Attributes:
        excitatory, inhibitory: spike trains.
        plastic: weights of every plastic synapse type, by its name (`IE`: from inhibitory to excitatory neurons).
        final_weight: mean weight of every synapse type at the end, in leak conductances; of sampled synapses, where
            they differ.
    """

    excitatory: SpikeTrains
    inhibitory: SpikeTrains
    plastic: Mapping[str, WeightCourse]
    final_weight: Mapping[str, float]


@dataclass(frozen=True)
class Metric:
    """A measure of network activity.

    Attributes:
        label: how figures name it.
        units: UDUNITS unit.
        long_name: what is measured.
        of: (activity of one network) -> value.
    """

    label: str
    units: str
    long_name: str
    of: Callable[[NetworkActivity], float]
