"""Part of the exact form for simple rules: one synapse after the other. See exact.py."""

from synapseek_core.engine.numba.kernel.common import place
from synapseek_core.engine.numba.kernel.exact import traces_of
from synapseek_core.engine.numba.kernel.holes import parameter_tuple, postsynaptic_change, presynaptic_change
from synapseek_core.engine.numba.kernel.prelude import INLINE, njit, u8
from synapseek_core.engine.physics import changed


# --- kernel ---
@njit(**INLINE)
def deliver_plastic(p, i, targets, weights, tables, state, traces):
    """A spike of presynaptic unit i arrives at plastic synapses: transmit the old weight, then change it."""
    pre, post = traces_of(p, traces)
    theta, rate, maximum_weight = parameter_tuple(tables.theta[p]), tables.learning_rate[p], tables.maximum_weight[p]
    offset = tables.conductance[p]
    for k in range(targets.size):
        weight, j = weights[k], targets[k]
        state[place(j) + u8(offset)] += weight
        change = presynaptic_change(weight, pre, i, post, j, state, theta)
        weights[k] = changed(weight, rate, change, maximum_weight)


@njit(**INLINE)
def column_changes(p, j, synapses, sources, tables, state, weights, traces):
    """The plastic synapses of projection p onto neuron j change at its spike."""
    pre, post = traces_of(p, traces)
    theta, rate, maximum_weight = parameter_tuple(tables.theta[p]), tables.learning_rate[p], tables.maximum_weight[p]
    for k in range(synapses.size):
        weight = weights[synapses[k]]
        change = postsynaptic_change(weight, pre, sources[k], post, j, state, theta)
        weights[synapses[k]] = changed(weight, rate, change, maximum_weight)
