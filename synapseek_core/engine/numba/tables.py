"""Constant inputs of the Numba kernel: connectivity as flat arrays, and the numbers of a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from synapseek_core.engine.constants import plasticity_of, rate_filter, trace_decays
from synapseek_core.engine.forms import Form
from synapseek_core.engine.network import CHUNK_STEPS, Network, Trial
from synapseek_core.engine.numba.blocks import offset, places
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.plasticity.family import PlasticityFamily

PRESYNAPTIC_INTERVAL, POSTSYNAPTIC_INTERVAL = 5.0, 80.0
"""Time constants between two settlements of the lazy form, at most. The scale of presynaptic traces amplifies rounding,
here by e^5; that of postsynaptic traces must only stay finite."""


class Tables(NamedTuple):
    """The arrays that the kernel reads and never writes. Plastic projections come first; p counts projections.

    A row holds the synapses of one presynaptic unit of one projection: positions row_start[row]..row_start[row + 1] of
    `targets`, which are places of neurons in the state array (see blocks.py), but ids of neurons where the exact form
    changes the weights. A column lists the positions of the synapses onto one neuron in one plastic projection; the
    lazy form has none. Static synapses have the weight of their row, or one of their own: then own_start[p] is where
    those of projection p begin in `own_weight`, else -1. `bounds` is the rate checker: decay, increment per spike, low,
    high, first and last + 1 neuron monitored. `constants` are those of the neuron model.
    """

    pre_start: np.ndarray
    pre_stop: np.ndarray
    post_start: np.ndarray
    post_stop: np.ndarray
    row_offset: np.ndarray
    row_start: np.ndarray
    targets: np.ndarray
    row_weight: np.ndarray
    own_start: np.ndarray
    own_weight: np.ndarray
    conductance: np.ndarray
    column_offset: np.ndarray
    column_start: np.ndarray
    incoming: np.ndarray
    incoming_source: np.ndarray
    population_start: np.ndarray
    population_stop: np.ndarray
    theta: np.ndarray
    learning_rate: np.ndarray
    maximum_weight: np.ndarray
    pre_decay: np.ndarray
    post_decay: np.ndarray
    interval: np.ndarray
    bounds: np.ndarray
    constants: tuple[np.float32, ...]


def tables_of(network: Network, trial: Trial, form: Form) -> Tables:
    """Return the tables of a trial, with the rule's part still empty."""
    projections, plastic = trial.projections, trial.plastic
    neuron = network.neuron
    targets = np.concatenate(
        [p.targets if form == "exact" and p.plasticity else places(neuron, p.targets) for p in projections]
    )
    sizes = [len(p.targets) for p in projections]
    first_synapse = np.concatenate([[0], np.cumsum(sizes)])
    rows = np.concatenate([p.row_start[:-1] + first for p, first in zip(projections, first_synapse, strict=False)])
    columns = [p.incoming for p in plastic] if form == "exact" else []
    own = [p.weight if p.per_synapse and p.plasticity is None else np.empty(0, np.float32) for p in projections]
    own_start = np.cumsum([0, *(len(weights) for weights in own)])[:-1]
    return Tables(
        pre_start=np.array([p.pre.start for p in projections]),
        pre_stop=np.array([p.pre.stop for p in projections]),
        post_start=np.array([p.post.start for p in projections]),
        post_stop=np.array([p.post.stop for p in projections]),
        row_offset=np.concatenate([[0], np.cumsum([p.pre.size for p in projections])])[:-1],
        row_start=np.append(rows, first_synapse[-1]),
        # Two bytes where they do: the time loop streams through this array.
        targets=targets.astype(np.uint16 if targets.max(initial=0) < 1 << 16 else np.uint32),
        row_weight=np.concatenate(
            [np.zeros(p.pre.size, np.float32) if p.per_synapse else p.weight for p in projections]
        ),
        own_start=np.where([len(weights) > 0 for weights in own], own_start, -1),
        own_weight=np.concatenate(own),
        conductance=np.array([offset(neuron, f"g_{p.transmitter}") for p in projections]),
        column_offset=np.cumsum([0, *(p.post.size for p in plastic)])[:-1],
        column_start=_chain([start for start, _ in columns]),
        incoming=_flat([order + first for (_, order), first in zip(columns, first_synapse, strict=False)]),
        incoming_source=_flat([p.sources[order] for p, (_, order) in zip(plastic, columns, strict=False)]),
        population_start=np.array([group.start for group in network.populations]),
        population_stop=np.array([group.stop for group in network.populations]),
        theta=np.empty((0, 0), np.float32),
        learning_rate=np.array([plasticity_of(p).learning_rate for p in plastic], np.float32),
        maximum_weight=np.array([plasticity_of(p).maximum_weight for p in plastic], np.float32),
        pre_decay=np.empty(0, np.float32),
        post_decay=np.empty(0, np.float32),
        interval=np.empty(0, np.int64),
        bounds=np.array(rate_filter(network)),
        constants=tuple(np.float32(value) for value in network.neuron.constants.values()),
    )


def without_learning(tables: Tables) -> Tables:
    """Return the tables of a chunk in which no weight changes."""
    return tables._replace(learning_rate=np.zeros_like(tables.learning_rate))


def _flat(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.empty(0), *parts]).astype(np.uint32)


def _chain(starts: Sequence[np.ndarray]) -> np.ndarray:
    """Join tables of list starts into one: the last entry of each is the first of the next."""
    joined = [np.zeros(1, np.int64)]
    for start in starts:
        joined.append(start[1:] + joined[-1][-1])
    return np.concatenate(joined)


def with_rule(network: Network, tables: Tables, theta: np.ndarray) -> Tables:
    """Return the tables of a trial with the numbers of one rule, theta (plastic projection, parameter)."""
    pre_decay, post_decay = trace_decays(network.family, theta)
    return tables._replace(
        theta=theta.astype(np.float32),
        pre_decay=pre_decay.ravel(),
        post_decay=post_decay.ravel(),
        interval=settlement_interval(network.family, theta),
    )


def settlement_interval(family: PlasticityFamily, theta: np.ndarray) -> np.ndarray:
    """Return the time steps (plastic projection,) between two settlements of the lazy form.

    A chunk is cut into equal intervals; at its end all weights are settled.

    Args:
        theta: (plastic projection, parameter) of one rule.
    """
    theta = theta.astype(np.float64)
    longest = (
        PRESYNAPTIC_INTERVAL * family.presynaptic_time_constants(theta),
        POSTSYNAPTIC_INTERVAL * family.postsynaptic_time_constants(theta),
    )
    steps = np.min(np.concatenate(longest, axis=-1) / TIME_STEP, axis=-1, initial=CHUNK_STEPS)
    # Time constants are in single precision. One that is not positive has no interval; NaN gives none either.
    intervals = np.ceil(CHUNK_STEPS / np.fmax(np.rint(steps), 1.0))
    return np.ceil(CHUNK_STEPS / intervals).astype(np.int64)
