"""Part of the exact form for elaborate rules: the synapses of a row or column change in groups of ROW_LANES.

What the rule reads of each synapse is copied next to each other into `lanes`, so that the compiler vectorises the rule
over synapses. See exact.py.
"""

from synapseek_core.engine.numba.kernel.common import place
from synapseek_core.engine.numba.kernel.exact import traces_of
from synapseek_core.engine.numba.kernel.holes import (
    gather_postsynaptic,
    gather_presynaptic,
    parameter_tuple,
    postsynaptic_changes,
    presynaptic_changes,
)
from synapseek_core.engine.numba.kernel.prelude import INLINE, ROW_LANES, njit, u8
from synapseek_core.engine.physics import changed


# --- kernel ---
@njit(**INLINE)
def deliver_plastic(p, i, targets, weights, tables, state, traces):
    """A spike of presynaptic unit i arrives at plastic synapses: transmit the old weight, then change it."""
    pre, post = traces_of(p, traces)
    theta, rate, maximum_weight = parameter_tuple(tables.theta[p]), tables.learning_rate[p], tables.maximum_weight[p]
    offset, lanes = tables.conductance[p], traces.lanes
    for first in range(0, targets.size, ROW_LANES):
        count = min(ROW_LANES, targets.size - first)
        for k in range(count):
            weight, j = weights[first + k], targets[first + k]
            gather_presynaptic(lanes, k, weight, pre, i, post, j, state)
            state[place(j) + u8(offset)] += weight
        presynaptic_changes(lanes, pre, i, post, targets[first], state, theta)
        for k in range(count):
            weights[first + k] = changed(weights[first + k], rate, lanes[k], maximum_weight)


@njit(**INLINE)
def column_changes(p, j, synapses, sources, tables, state, weights, traces):
    """The plastic synapses of projection p onto neuron j change at its spike."""
    pre, post = traces_of(p, traces)
    theta, rate, maximum_weight = parameter_tuple(tables.theta[p]), tables.learning_rate[p], tables.maximum_weight[p]
    lanes = traces.lanes
    for first in range(0, synapses.size, ROW_LANES):
        count = min(ROW_LANES, synapses.size - first)
        for k in range(count):
            gather_postsynaptic(lanes, k, weights[synapses[first + k]], pre, sources[first + k], post, j, state)
        postsynaptic_changes(lanes, pre, sources[first], post, j, state, theta)
        for k in range(count):
            synapse = synapses[first + k]
            weights[synapse] = changed(weights[synapse], rate, lanes[k], maximum_weight)
