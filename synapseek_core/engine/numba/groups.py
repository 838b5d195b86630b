"""Groups of arrays that the Numba kernel takes besides its tables; see kernel/loop.py."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from synapseek_core.engine.constants import rate_filter
from synapseek_core.engine.forms import Form
from synapseek_core.engine.network import DELAY_STEPS, Network, Trial
from synapseek_core.engine.numba.blocks import block_size, state_size
from synapseek_core.engine.numba.kernel.prelude import LANES
from synapseek_core.engine.numba.traces import LazyTraces, Traces, silent_traces
from synapseek_core.engine.start import Start, starting_weights


class Span(NamedTuple):
    """The time span that one call simulates: `steps` time steps from `first_step` on, a multiple of the delay."""

    first_step: int
    steps: int


class NetworkArrays(NamedTuple):
    """The changing arrays of one network.

    neurons: state variables of the neurons, see blocks.py.
    weights: (synapse,) of the plastic projections, one after the other.
    traces: as the form keeps them.
    ring, ring_count: (delay, neuron) and (delay,) neurons that spiked in the last steps, and how many.
    rate: (1,) filtered rate, in Hz.
    fired: (neuron,) memory for the ids of the neurons that spike in a step.
    """

    neurons: np.ndarray
    weights: np.ndarray
    traces: Traces | LazyTraces
    ring: np.ndarray
    ring_count: np.ndarray
    rate: np.ndarray
    fired: np.ndarray


class Arrivals(NamedTuple):
    """The source spikes that arrive: (event,) step within the chunk, not decreasing, and source id."""

    step: np.ndarray
    unit: np.ndarray


class Records(NamedTuple):
    """The records of a chunk, from its start.

    bin_steps: width of a bin, in steps.
    counts, filtered: (population, bin) spikes and (bin,) filtered rate at the end of the bin.
    window_edges, window_counts: (window, 2) steps of the trial, and (window, neuron) spikes between them.
    raster_rows, raster: (neuron,) place of a neuron among the kept ones, -1 if it is not; (step, kept neuron) spikes.
    """

    bin_steps: int
    counts: np.ndarray
    filtered: np.ndarray
    window_edges: np.ndarray
    window_counts: np.ndarray
    raster_rows: np.ndarray
    raster: np.ndarray


def starting_arrays(network: Network, trial: Trial, form: Form, start: Start) -> NetworkArrays:
    """Return a network at rest, without spikes, with the weights from which it starts."""
    own = starting_weights(start, trial)
    weights = [own.get(p.name, p.synapse_weight) for p in trial.plastic]
    return NetworkArrays(
        neurons=_at_rest(network),
        weights=np.concatenate([np.empty(0, np.float32), *weights]),
        traces=silent_traces(network, trial, form),
        ring=np.zeros((DELAY_STEPS, network.n_neurons), np.int64),
        ring_count=np.zeros(DELAY_STEPS, np.int64),
        rate=np.array([rate_filter(network).initial]),
        fired=np.zeros(network.n_neurons, np.int64),
    )


def _at_rest(network: Network) -> np.ndarray:
    initial = [*network.neuron.initial_state.values(), 0.0]
    blocks = state_size(network.neuron, network.n_neurons) // block_size(network.neuron)
    return np.tile(np.repeat(np.array(initial, np.float32), LANES), blocks)
