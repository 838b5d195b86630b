"""What the JAX backend reads and never writes: the layout its code is compiled for, and the tables of the trials.

A batch is a list of networks, the rules of the first trial, then those of the second, and so on: network
= trial * rules + rule. Tables of connectivity have a leading trial axis, since the rules of a trial share them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from synapseek_core.engine.constants import RateFilter, plasticity_of, rate_filter, trace_decays
from synapseek_core.engine.network import Group, Network, Projection, Trial
from synapseek_core.engine.records import Recording

BEYOND = 2**30
"""Fills tables up: an index that is out of bounds in every array, even after the place of a network is added."""


class ProjectionLayout(NamedTuple):
    """A projection without its synapses; `conductance` is the state variable that an arriving spike adds to."""

    name: str
    pre: Group
    post: Group
    conductance: str
    plastic: bool


class Layout(NamedTuple):
    """All that code is compiled for; equal layouts share it. Fields are as in `Network` and what it consists of."""

    advance: Callable[..., tuple]
    initial_state: tuple[tuple[str, float], ...]
    constants: tuple[tuple[str, float], ...]
    on_pre: Callable[..., Any]
    on_post: Callable[..., Any]
    presynaptic_traces: tuple[str, ...]
    postsynaptic_traces: tuple[str, ...]
    parameters: tuple[str, ...]
    populations: tuple[Group, ...]
    projections: tuple[ProjectionLayout, ...]
    rate: RateFilter
    rules: int
    bin_steps: int

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return self.populations[-1].stop

    @property
    def plastic(self) -> tuple[ProjectionLayout, ...]:
        """The plastic projections."""
        return tuple(p for p in self.projections if p.plastic)

    @property
    def driving(self) -> tuple[ProjectionLayout, ...]:
        """The static projections from sources: what they transmit is the same for all rules of a trial."""
        return tuple(p for p in self.projections if self.from_sources(p.pre) and not p.plastic)

    def from_sources(self, group: Group) -> bool:
        """Whether the units of a group are spike sources, not neurons."""
        return group.start >= self.n_neurons


def call(function: Callable[..., Any], factors: Mapping[str, Any]) -> Any:
    """Call a function of a rule or of a neuron model with the factors that it names."""
    return function(**{name: factors[name] for name in inspect.signature(function).parameters})


class SynapseTable(NamedTuple):
    """Synapses of a projection.

    targets: (trial, presynaptic unit, synapse) postsynaptic neuron, counted from the start of its group.
    weight: (trial, presynaptic unit) in leak conductances; the initial one if plastic.
    """

    targets: jax.Array
    weight: jax.Array


class PlasticTable(NamedTuple):
    """What more a plastic projection has, and the rules on it. A place counts through (presynaptic unit, synapse).

    incoming: (trial, postsynaptic neuron, synapse) places of the synapses onto a neuron.
    synapses: (trial,) number of synapses.
    sampled: (trial, sampled synapse) places of those whose weights are recorded.
    learning_rate, maximum_weight: (trial,).
    parameters: (network, parameter) the rule.
    pre_decay, post_decay: (network, trace) decay factors in a time step.
    """

    incoming: jax.Array
    synapses: jax.Array
    sampled: jax.Array
    learning_rate: jax.Array
    maximum_weight: jax.Array
    parameters: jax.Array
    pre_decay: jax.Array
    post_decay: jax.Array


class Tables(NamedTuple):
    """Arrays of a batch.

    synapses, plastic: projection -> table.
    steps: (network,) duration in time steps.
    raster_networks, raster_neurons: networks and neurons whose spikes are recorded.
    """

    synapses: dict[str, SynapseTable]
    plastic: dict[str, PlasticTable]
    steps: jax.Array
    raster_networks: jax.Array
    raster_neurons: jax.Array


def round_up(size: int) -> int:
    """The next array size of a ladder of eight an octave.

    Trials draw somewhat different connectivity and input; on the ladder they mostly share compiled code.
    """
    step = 2 ** max(0, int(size).bit_length() - 4)
    return max(1, -(-size // step) * step)


def layout_of(network: Network, trial: Trial, rules: int, recording: Recording) -> Layout:
    """The layout of a batch of trials like this one.

    Raises:
        ValueError: a projection starts from neurons and from spike sources.
    """
    neuron, family = network.neuron, network.family
    for p in trial.projections:
        if p.pre.start < network.n_neurons < p.pre.stop:
            raise ValueError(f"projection {p.name!r} starts from neurons and from spike sources")
    return Layout(
        advance=neuron.advance,
        initial_state=tuple(neuron.initial_state.items()),
        constants=tuple(neuron.constants.items()),
        on_pre=family.on_pre,
        on_post=family.on_post,
        presynaptic_traces=tuple(family.presynaptic_traces),
        postsynaptic_traces=tuple(family.postsynaptic_traces),
        parameters=family.parameter_names,
        populations=network.populations,
        projections=tuple(
            ProjectionLayout(p.name, p.pre, p.post, f"g_{p.transmitter}", p.plasticity is not None)
            for p in trial.projections
        ),
        rate=rate_filter(network),
        rules=rules,
        bin_steps=recording.bin_steps,
    )


def tables_of(network: Network, trials: Sequence[Trial], theta: np.ndarray, recording: Recording) -> Tables:
    """The tables of a batch; theta is (rule, plastic projection, parameter)."""
    projections = {same[0].name: same for same in zip(*(trial.projections for trial in trials), strict=True)}
    synapses = {name: _synapse_table(same) for name, same in projections.items()}
    plastic = {
        p.name: _plastic_table(network, projections[p.name], theta[:, k], recording)
        for k, p in enumerate(trials[0].plastic)
    }
    kept = [t * len(theta) + rule for t in range(len(trials)) for rule in recording.spike_rules]
    return Tables(
        synapses=synapses,
        plastic=plastic,
        steps=jnp.array([trial.steps for trial in trials for _ in theta], jnp.int32),
        raster_networks=jnp.array(kept if recording.neurons else [], jnp.int32),
        raster_neurons=jnp.array(recording.neurons, jnp.int32),
    )


def table_width(projections: Sequence[Projection]) -> int:
    """Length of the rows of the table of one projection in several trials."""
    return round_up(max(np.diff(p.row_start).max(initial=0) for p in projections))


def networks_at_once(network: Network, trials: Sequence[Trial], recording: Recording) -> int:
    """Number of networks whose arrays can all be indexed in 32 bits: the place of a network and `BEYOND` included."""
    columns = zip(*(trial.plastic for trial in trials), strict=True)
    weights = [same[0].pre.size * table_width(same) for same in columns]
    return max(1, BEYOND // max([*weights, recording.bin_steps * network.n_neurons]) - 2)


def _synapse_table(projections: Sequence[Projection]) -> SynapseTable:
    width = table_width(projections)
    rows = [_padded(p.row_start, p.targets - p.post.start, width) for p in projections]
    return SynapseTable(jnp.asarray(np.stack(rows)), jnp.asarray(np.stack([p.weight for p in projections])))


def _plastic_table(
    network: Network, projections: Sequence[Projection], theta: np.ndarray, recording: Recording
) -> PlasticTable:
    """The table of one projection in all trials; theta is (rule, parameter)."""
    columns = [p.incoming for p in projections]
    height = round_up(max(np.diff(start).max(initial=0) for start, _ in columns))
    places = [_places(p, table_width(projections)) for p in projections]
    incoming = [_padded(start, at[order], height) for (start, order), at in zip(columns, places, strict=True)]
    sampled = [at[recording.synapse_ids(p)] for p, at in zip(projections, places, strict=True)]
    pre_decay, post_decay = trace_decays(network.family, theta)
    return PlasticTable(
        incoming=jnp.asarray(np.stack(incoming)),
        synapses=jnp.array([len(p.targets) for p in projections], jnp.float32),
        sampled=jnp.asarray(np.stack(sampled)),
        learning_rate=jnp.array([plasticity_of(p).learning_rate for p in projections], jnp.float32),
        maximum_weight=jnp.array([plasticity_of(p).maximum_weight for p in projections], jnp.float32),
        parameters=jnp.tile(theta.astype(np.float32), (len(projections), 1)),
        pre_decay=jnp.tile(pre_decay, (len(projections), 1)),
        post_decay=jnp.tile(post_decay, (len(projections), 1)),
    )


def _places(projection: Projection, width: int) -> np.ndarray:
    """Place of every synapse in a table whose rows have that width."""
    within_row = np.arange(len(projection.targets)) - projection.row_start[projection.sources]
    return (projection.sources * width + within_row).astype(np.int32)


def _padded(start: np.ndarray, values: np.ndarray, width: int) -> np.ndarray:
    """Lists of different lengths, given one after the other, as rows of one width."""
    rows = np.full((len(start) - 1, width), BEYOND, np.int32)
    rows[np.arange(width) < np.diff(start)[:, None]] = values
    return rows
