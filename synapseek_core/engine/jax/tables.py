"""Constant inputs of the JAX backend: the layout that its code is compiled for, and the tables of the trials.

A device simulates as many networks at once as it has slots. A slot holds one rule in one trial; tables of
connectivity have a leading trial axis, since the rules of a trial share them.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from synapseek_core.engine.constants import RateFilter, plasticity_of, rate_filter
from synapseek_core.engine.forms import Form
from synapseek_core.engine.jax.arrays import BEYOND, row
from synapseek_core.engine.network import Group, Network, Projection, Trial
from synapseek_core.engine.records import Recording

Compute = Literal["xla", "kernels", "interpreted"]


class ProjectionLayout(NamedTuple):
    """A projection without its synapses; `conductance` is the state variable that an arriving spike adds to."""

    name: str
    pre: Group
    post: Group
    conductance: str
    plastic: bool


class Layout(NamedTuple):
    """Everything that code is compiled for; equal layouts share it. Fields are as in `Network` and its parts.

    compute: how blocks are computed: by plain JAX alone; with kernels for GPUs; with these interpreted, which is slow,
        for tests on a CPU.
    """

    form: Form
    compute: Compute
    advance: Callable[..., tuple]
    initial_state: tuple[tuple[str, float], ...]
    constants: tuple[tuple[str, float], ...]
    on_pre: Callable[..., Any]
    on_post: Callable[..., Any]
    presynaptic_traces: tuple[str, ...]
    postsynaptic_traces: tuple[str, ...]
    postsynaptic_state: tuple[str, ...]
    held: tuple[tuple[str, float], ...]
    parameters: tuple[str, ...]
    populations: tuple[Group, ...]
    projections: tuple[ProjectionLayout, ...]
    rate: RateFilter
    bin_steps: int

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return self.populations[-1].stop

    @property
    def conductances(self) -> tuple[str, ...]:
        """State variables that spikes add to."""
        return tuple(dict.fromkeys(p.conductance for p in self.projections))

    @property
    def plastic(self) -> tuple[ProjectionLayout, ...]:
        """The plastic projections."""
        return tuple(p for p in self.projections if p.plastic)

    @property
    def driving(self) -> tuple[ProjectionLayout, ...]:
        """The static projections from sources: what they transmit is the same for all rules of a trial."""
        return tuple(p for p in self.projections if self.from_sources(p.pre) and not p.plastic)

    @property
    def followed(self) -> dict[Group, tuple[ProjectionLayout, ...]]:
        """Groups whose spikes are followed one by one in every slot, and the projections that they travel along."""
        rest = [p for p in self.projections if p not in self.driving]
        return {group: tuple(p for p in rest if p.pre == group) for group in dict.fromkeys(p.pre for p in rest)}

    def from_sources(self, group: Group) -> bool:
        """Return whether the units of a group are spike sources, not neurons."""
        return group.start >= self.n_neurons


def call(function: Callable[..., Any], factors: Mapping[str, Any]) -> Any:
    """Call a function of a rule or of a neuron model with the factors that it names."""
    return function(**{name: factors[name] for name in inspect.signature(function).parameters})


def change(layout: Layout, rule: Callable[..., Any], factors: Mapping[str, Any]) -> Any:
    """Return the weight change by one side of the rule, over the learning rate.

    Clamped factors take precedence over those of the network.
    """
    return call(rule, {**factors, **dict(layout.held)})


class SynapseTable(NamedTuple):
    """Synapses of a projection.

    targets: (trial, presynaptic unit, synapse) postsynaptic neuron, counted from the start of its group; rows are
        filled up with the largest number of the type. See `targets_of`.
    degree: (trial, presynaptic unit) number of synapses of the row.
    weight: (trial, presynaptic unit, synapse) in leak conductances, the initial one if plastic; the last axis is 1 long
        where all synapses of a unit have the same.
    """

    targets: jax.Array
    degree: jax.Array
    weight: jax.Array


class PlasticTable(NamedTuple):
    """Further tables of a plastic projection. A place counts through (presynaptic unit, synapse).

    incoming: (trial, postsynaptic neuron, synapse) places of the synapses onto a neuron; none in the lazy form.
    levels: (trial,) number of levels into which weights are divided when they are summed.
    sampled: (trial, sampled synapse) places of those whose weights are recorded.
    learning_rate, maximum_weight: (trial,).
    """

    incoming: jax.Array
    levels: jax.Array
    sampled: jax.Array
    learning_rate: jax.Array
    maximum_weight: jax.Array


class Tables(NamedTuple):
    """Arrays of the trials.

    synapses, plastic: projection -> table.
    quantum: conductance -> (trial,) unit of its increments, a power of 2, in leak conductances: the finest of which
        2^31 exceed what all synapses of any neuron can add in one step, so that sums never overflow.
    """

    synapses: dict[str, SynapseTable]
    plastic: dict[str, PlasticTable]
    quantum: dict[str, jax.Array]


def targets_of(table: SynapseTable, trial: jax.Array, unit: jax.Array) -> jax.Array:
    """Return the targets (spike, synapse) of presynaptic units, `BEYOND` where there is no synapse."""
    return indices(row(table.targets, trial, unit))


def indices(targets: jax.Array) -> jax.Array:
    """Return stored targets as indices, `BEYOND` where there is no synapse."""
    return jnp.where(targets == jnp.iinfo(targets.dtype).max, BEYOND, targets.astype(jnp.int32))


def round_up(size: int) -> int:
    """Return the next array size of a ladder of eight an octave.

    Trials draw somewhat different connectivity and input; on the ladder they mostly share compiled code.
    """
    step = 2 ** max(0, int(size).bit_length() - 4)
    return max(1, -(-size // step) * step)


def layout_of(network: Network, trial: Trial, form: Form, recording: Recording, compute: Compute = "xla") -> Layout:
    """Return the layout of trials like this one.

    Raises:
        ValueError: a projection starts from neurons and from spike sources.
    """
    neuron, family = network.neuron, network.family
    for p in trial.projections:
        if p.pre.start < network.n_neurons < p.pre.stop:
            raise ValueError(f"projection {p.name!r} starts from neurons and from spike sources")
    return Layout(
        form=form,
        compute=compute,
        advance=neuron.advance,
        initial_state=tuple(neuron.initial_state.items()),
        constants=tuple(neuron.constants.items()),
        on_pre=family.on_pre,
        on_post=family.on_post,
        presynaptic_traces=tuple(family.presynaptic_traces),
        postsynaptic_traces=tuple(family.postsynaptic_traces),
        postsynaptic_state=tuple(family.postsynaptic_state),
        held=tuple(family.held.items()),
        parameters=family.parameter_names,
        populations=network.populations,
        projections=tuple(
            ProjectionLayout(p.name, p.pre, p.post, f"g_{p.transmitter}", p.plasticity is not None)
            for p in trial.projections
        ),
        rate=rate_filter(network),
        bin_steps=recording.bin_steps,
    )


def tables_of(layout: Layout, trials: Sequence[Trial], recording: Recording) -> Tables:
    """Return the tables of trials."""
    projections = {same[0].name: same for same in zip(*(trial.projections for trial in trials), strict=True)}
    return Tables(
        synapses={name: _synapse_table(same) for name, same in projections.items()},
        plastic={p.name: _plastic_table(layout, projections[p.name], recording) for p in layout.plastic},
        quantum={name: _quantum(layout, trials, name) for name in layout.conductances},
    )


def table_width(projections: Sequence[Projection]) -> int:
    """Return the length of the rows of the table of one projection in several trials."""
    return round_up(max(np.diff(p.row_start).max(initial=0) for p in projections))


def _quantum(layout: Layout, trials: Sequence[Trial], conductance: str) -> jax.Array:
    of_trial = []
    for trial in trials:
        most = np.zeros(layout.n_neurons)
        for p, known in zip(trial.projections, layout.projections, strict=True):
            if known.conductance == conductance:
                largest = max(p.weight.max(initial=0), p.plasticity.maximum_weight if p.plasticity else 0)
                most += np.bincount(p.targets, minlength=layout.n_neurons) * largest
        # One bit to spare, for the rounding of each of the terms.
        of_trial.append(2.0 ** (math.ceil(math.log2(max(most.max(), 1e-6))) - 30))
    return jnp.array(of_trial, jnp.float32)


def _synapse_table(projections: Sequence[Projection]) -> SynapseTable:
    width = table_width(projections)
    # Two bytes where they do: the rows are streamed through.
    dtype = np.uint16 if projections[0].post.size < 2**16 else np.int32
    rows = [_padded(p.row_start, p.targets - p.post.start, width, np.iinfo(dtype).max) for p in projections]
    return SynapseTable(
        targets=jnp.asarray(np.stack(rows).astype(dtype)),
        degree=jnp.asarray(np.stack([np.diff(p.row_start) for p in projections]), jnp.int32),
        weight=jnp.asarray(_weight_rows(projections, width)),
    )


def _weight_rows(projections: Sequence[Projection], width: int) -> np.ndarray:
    """Return the weights (trial, presynaptic unit, synapse or 1) of one projection in all trials."""
    if not any(p.per_synapse for p in projections):
        return np.stack([p.weight for p in projections])[..., None]
    return np.stack([in_rows(p, p.synapse_weight, width) for p in projections])


def _plastic_table(layout: Layout, projections: Sequence[Projection], recording: Recording) -> PlasticTable:
    """Return the table of one projection in all trials."""
    places = [places_of(p, table_width(projections)) for p in projections]
    incoming = np.empty((len(projections), projections[0].post.size, 0), np.int32)
    if layout.form == "exact":
        columns = [p.incoming for p in projections]
        height = round_up(max(np.diff(start).max(initial=0) for start, _ in columns))
        lists = [_padded(start, at[order], height, BEYOND) for (start, order), at in zip(columns, places, strict=True)]
        incoming = np.stack(lists).astype(np.int32)
    sampled = [at[recording.synapse_ids(p)] for p, at in zip(projections, places, strict=True)]
    longest = [int(np.diff(p.row_start).max(initial=1)) for p in projections]
    return PlasticTable(
        incoming=jnp.asarray(incoming),
        levels=jnp.array([2 ** (30 - max(1, most).bit_length()) for most in longest], jnp.float32),
        sampled=jnp.asarray(np.stack(sampled)),
        learning_rate=jnp.array([plasticity_of(p).learning_rate for p in projections], jnp.float32),
        maximum_weight=jnp.array([plasticity_of(p).maximum_weight for p in projections], jnp.float32),
    )


def places_of(projection: Projection, width: int) -> np.ndarray:
    """Return the place of every synapse in a table whose rows have that width."""
    within_row = np.arange(len(projection.targets)) - projection.row_start[projection.sources]
    return (projection.sources * width + within_row).astype(np.int32)


def in_rows(projection: Projection, weights: np.ndarray, width: int) -> np.ndarray:
    """Return the weights (presynaptic unit, synapse) of a table whose rows have that width, filled up with 0."""
    rows = np.zeros(projection.pre.size * width, np.float32)
    rows[places_of(projection, width)] = weights
    return rows.reshape(projection.pre.size, width)


def _padded(start: np.ndarray, values: np.ndarray, width: int, filling: int) -> np.ndarray:
    """Return lists of different lengths, given one after the other, as rows of one width."""
    rows = np.full((len(start) - 1, width), filling, np.int64)
    rows[np.arange(width) < np.diff(start)[:, None]] = values
    return rows
