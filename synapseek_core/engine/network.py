"""The form of a spiking network, before and within a trial, independent of the backend that simulates it.

Units are the neurons 0..n_neurons-1 followed by the spike sources n_neurons..n_units-1 (Poisson inputs, scripted
spikes). Spikes of every unit travel along projections; a projection may be plastic.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int32, Int64

from synapseek_core.errors import ConfigurationError
from synapseek_core.neurons.model import NeuronModel
from synapseek_core.plasticity.family import PlasticityFamily

DELAY_STEPS = 8
"""Axonal delay of every spike, in time steps (0.8 ms): Auryn's, used in all published studies."""

CHUNK_STEPS = 1000
"""Time steps (0.1 s) between two looks at a network: weights are sampled and non-finite state is found then."""


@dataclass(frozen=True)
class Group:
    """A contiguous range of units, for example the excitatory neurons."""

    name: str
    start: int
    stop: int

    @property
    def size(self) -> int:
        """Number of units."""
        return self.stop - self.start


@dataclass(frozen=True)
class Plasticity:
    """Learning rate eta and upper bound of the weights of a plastic projection (the lower bound is 0)."""

    learning_rate: float
    maximum_weight: float


@dataclass(frozen=True)
class Projection:
    """Synapses from one group to another, as rows of a presynaptic unit.

    Attributes:
        name: for example `IE` (from I to E) or `input`.
        pre, post: groups.
        transmitter: which conductance of the target an arriving spike adds to.
        row_start: (pre.size + 1,) position of each presynaptic unit's first synapse.
        targets: (synapses,) postsynaptic neuron ids, increasing within a row.
        weight: (pre.size,) weight of the unit's synapses, or (synapses,) of each one, in leak conductances; the initial
            one if plastic.
        plasticity: None for static synapses.
        per_synapse: whether `weight` is one a synapse.

    Raises:
        ValueError: `weight` is of another length.
    """

    name: str
    pre: Group
    post: Group
    transmitter: str
    row_start: Int64[np.ndarray, " pre_plus_1"]
    targets: Int32[np.ndarray, " synapses"]
    weight: Float32[np.ndarray, " weights"]
    plasticity: Plasticity | None = None
    per_synapse: bool = False

    def __post_init__(self) -> None:
        expected, what = (len(self.targets), "synapse") if self.per_synapse else (self.pre.size, "presynaptic unit")
        if len(self.weight) != expected:
            raise ValueError(f"projection {self.name!r}: {len(self.weight)} weights; one a {what} would be {expected}")

    @property
    def synapse_weight(self) -> Float32[np.ndarray, " synapses"]:
        """Weight of every synapse."""
        return self.weight if self.per_synapse else self.weight[self.sources]

    @cached_property
    def sources(self) -> Int32[np.ndarray, " synapses"]:
        """Presynaptic unit of each synapse, counted from the start of `pre`."""
        return np.repeat(np.arange(self.pre.size, dtype=np.int32), np.diff(self.row_start))

    @cached_property
    def incoming(self) -> tuple[Int64[np.ndarray, " post_plus_1"], Int64[np.ndarray, " synapses"]]:
        """Synapses by postsynaptic neuron: (first position of each neuron's list, synapse ids in list order)."""
        order = np.argsort(self.targets, kind="stable")
        counts = np.bincount(self.targets - self.post.start, minlength=self.post.size)
        return np.concatenate([[0], np.cumsum(counts)]), order

    def check_plastic(self, weights: np.ndarray) -> None:
        """Refuse weights that plastic synapses cannot have, NaN among them.

        Raises:
            ConfigurationError: not one weight a synapse, or one below 0 or above the maximum.
        """
        maximum = np.float32(self.plasticity.maximum_weight if self.plasticity else 0)
        if weights.shape != self.targets.shape:
            raise ConfigurationError(f"{self.name}: weights of shape {weights.shape}; expected {self.targets.shape}")
        if np.any((weights < 0) | (weights > maximum)):
            lowest, highest = np.nanmin(weights), np.nanmax(weights)
            raise ConfigurationError(f"{self.name}: weights from {lowest:g} to {highest:g}; allowed: 0 to {maximum:g}")

    @cached_property
    def connectivity(self) -> int:
        """Checksum (CRC-32) of the connections: saved weights fit these synapses only."""
        return zlib.crc32(self.targets.tobytes(), zlib.crc32(self.row_start.tobytes()))


@runtime_checkable
class SpikeSource(Protocol):
    """Spikes of the source units, made chunk by chunk so that memory does not grow with duration."""

    def arrivals(self, chunk: int) -> tuple[Int32[np.ndarray, " events"], Int32[np.ndarray, " events"]]:
        """Return steps (within the chunk, not decreasing) and source ids of the spikes arriving in one chunk.

        A source spikes at most once in a step.
        """
        ...


@dataclass(frozen=True)
class Trial:
    """One draw of connectivity, input and nuisance parameters; shared by all rules.

    Attributes:
        projections: plastic ones first, in the order of the network's `plastic` names. All trials of a simulation
            have the same ones (names, groups, transmitters, plastic or not); only their synapses and numbers differ.
        spikes: the source units' spikes.
        steps: duration in time steps.
        windows: (first, last + 1) time steps of the windows in which the spikes of every neuron are counted. All
            trials of a simulation have as many.
        frozen: (first, last + 1) time steps in which no weight changes, multiples of CHUNK_STEPS. All trials of a
            simulation have as many.

    Raises:
        ValueError: plasticity would be switched within a chunk.
    """

    projections: tuple[Projection, ...]
    spikes: SpikeSource
    steps: int
    windows: tuple[tuple[int, int], ...] = ()
    frozen: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if any(step % CHUNK_STEPS for interval in self.frozen for step in interval):
            raise ValueError(f"plasticity can be switched every {CHUNK_STEPS} time steps only, not at {self.frozen}")

    def is_frozen(self, chunk: int) -> bool:
        """Return whether no weight changes in that chunk."""
        return any(first <= chunk * CHUNK_STEPS < last for first, last in self.frozen)

    @property
    def plastic(self) -> tuple[Projection, ...]:
        """The plastic projections."""
        return tuple(p for p in self.projections if p.plasticity is not None)

    @property
    def chunks(self) -> int:
        """Number of chunks, the last one possibly shorter."""
        return -(-self.steps // CHUNK_STEPS)


@dataclass(frozen=True)
class RateBounds:
    """The rate checker: filtered rate r of a population, and the bounds within which a trial goes on.

    r decays with `time_constant` (s) and jumps by 1 / (time_constant * size) at each arriving spike of the population
    (unit Hz); it starts midway between the bounds, as in the published programs.
    """

    population: str
    time_constant: float
    low: float
    high: float


@dataclass(frozen=True)
class Network:
    """The parts of a network that all trials of a study share.

    Attributes:
        neuron: the membrane model of all neurons.
        populations: groups of neurons; together they cover 0..n_neurons-1 in order.
        n_sources: number of source units.
        family: plasticity rule family of the plastic projections.
        plastic: names of the plastic projections.
        bounds: rate checker.
    """

    neuron: NeuronModel
    populations: tuple[Group, ...]
    n_sources: int
    family: PlasticityFamily
    plastic: tuple[str, ...]
    bounds: RateBounds

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return self.populations[-1].stop

    def population(self, name: str) -> Group:
        """Return the population of that name."""
        return next(group for group in self.populations if group.name == name)
