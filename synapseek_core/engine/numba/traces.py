"""Spike traces as the two forms of the Numba kernel keep them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from synapseek_core.engine.forms import Form
from synapseek_core.engine.network import Network, Trial
from synapseek_core.engine.numba.blocks import places, state_size
from synapseek_core.engine.numba.kernel.prelude import ROW_LANES

LEDGER = 3
"""Entries of a neuron in the ledger of the lazy form before its traces; see kernel/lazy.py."""

Values = dict[str, dict[str, tuple[np.ndarray, slice | np.ndarray]]]
"""Plastic projection -> trace -> the array that contains its values, and where in it every unit has its own."""


class Traces(NamedTuple):
    """Spike traces of the exact form, (plastic projection x trace of the family, unit), of either side.

    With them come lanes (factor, lane) for what the rule reads and returns of `ROW_LANES` synapses.
    """

    pre: np.ndarray
    post: np.ndarray
    lanes: np.ndarray


class LazyTraces(NamedTuple):
    """Spike traces and pending weight changes of the lazy form; see kernel/lazy.py."""

    pre: np.ndarray
    ledger: np.ndarray
    pre_scale: np.ndarray
    post_scale: np.ndarray
    total: np.ndarray
    scaled: np.ndarray


def silent_traces(network: Network, trial: Trial, form: Form) -> Traces | LazyTraces:
    """Return the traces of units that have not spiked."""
    family, plastic = network.family, trial.plastic
    pre_traces = len(plastic) * len(family.presynaptic_traces)
    post_traces = len(plastic) * len(family.postsynaptic_traces)
    pre = np.zeros((pre_traces, max((p.pre.size for p in plastic), default=0)), np.float32)
    if form == "exact":
        post = np.zeros((post_traces, network.n_neurons), np.float32)
        return Traces(pre, post, np.zeros((1 + len(family.factors)) * ROW_LANES, np.float32))
    entries, size = LEDGER + len(family.postsynaptic_traces), state_size(network.neuron, network.n_neurons)
    return LazyTraces(
        pre,
        np.zeros((pre_traces, size * entries), np.float32),
        np.ones(pre_traces, np.float32),
        np.ones(post_traces, np.float32),
        *np.zeros((2, size), np.float32),
    )


def presynaptic_values(network: Network, trial: Trial, traces: Traces | LazyTraces) -> Values:
    """Return where the presynaptic traces are when the weights are settled."""
    names = list(network.family.presynaptic_traces)
    return {
        p.name: {name: (traces.pre[number * len(names) + k], slice(p.pre.size)) for k, name in enumerate(names)}
        for number, p in enumerate(trial.plastic)
    }


def postsynaptic_values(network: Network, trial: Trial, traces: Traces | LazyTraces) -> Values:
    """Return where the postsynaptic traces are when the weights are settled."""
    names = list(network.family.postsynaptic_traces)
    values: Values = {}
    for number, p in enumerate(trial.plastic):
        if isinstance(traces, LazyTraces):
            ledger = traces.ledger[number].reshape(len(traces.total), -1)
            own = places(network.neuron, np.arange(p.post.start, p.post.stop))
            values[p.name] = {name: (ledger[:, LEDGER + k], own) for k, name in enumerate(names)}
        else:
            rows, group = traces.post[number * len(names) :], slice(p.post.start, p.post.stop)
            values[p.name] = {name: (rows[k], group) for k, name in enumerate(names)}
    return values
