"""Part of the lazy form: a weight is touched only when a presynaptic spike arrives. See loop.py.

For rules whose change at a postsynaptic spike is affine in the presynaptic trace x and does not read the weight,
c0 + c1 x. Between two arrivals from j at s < t, the spikes of i at t_k change w_ij by

    eta sum_k [c0 + c1 x_j(s) exp(-(t_k - s) / tau_pre)]  =  (A(t) - A(s)) + Q_j (E(t) - E(s))

with A_i = eta sum c0, E_i = eta sum c1 exp(-(t_k - t_ref) / tau_pre), and Q_j the trace of j after its last arrival,
scaled to t_ref. So u = w - A - Q E is stored, and w = u + A + Q E read at the next arrival. All traces are kept scaled
to t_ref, so that nothing decays step by step. Since the scale grows exponentially, a projection is referred to a new
t_ref every `interval` steps. Clipping waits for arrivals too: exact where c0 and c1 have the same sign.

Traces: `pre` (projection, unit) holds Q; `ledger` (projection, place x LEDGER) holds for each postsynaptic neuron
A, E, eta c1 if it spikes in this step, and its scaled traces; `pre_scale` (projection,) and `post_scale`
(projection x trace,) are exp(-(t - t_ref) / tau). `total` and `scaled` (place,) are memory for A and E side by side.
Neurons go by their places in the state array, here as in `targets`: one address serves for all.
"""

from synapseek_core.engine.numba.kernel.common import place
from synapseek_core.engine.numba.kernel.holes import (
    POSTSYNAPTIC_TRACES,
    lazy_postsynaptic_change,
    lazy_presynaptic_change,
    parameter_tuple,
    scale_tuple,
)
from synapseek_core.engine.numba.kernel.prelude import INLINE, OPTIONS, f4, njit, u8
from synapseek_core.engine.physics import changed, decayed, jumped, settled, unsettled

# --- kernel ---
LEDGER = 3 + POSTSYNAPTIC_TRACES


@njit(**INLINE)
def begin_step(fired, n_fired, tables, traces):
    """Note which neurons spike now: their spike must not see the presynaptic arrivals of this step."""
    for spike in range(n_fired):
        j = fired[spike]
        for p in range(tables.theta.shape[0]):
            if tables.post_start[p] <= j < tables.post_stop[p]:
                at = place(j) * u8(LEDGER)
                own = traces.ledger[p, at : at + u8(LEDGER)]
                theta, scale = parameter_tuple(tables.theta[p]), scale_tuple(traces.post_scale, p)
                c0 = lazy_postsynaptic_change(f4(0), own, scale, theta)
                own[2] = tables.learning_rate[p] * (lazy_postsynaptic_change(f4(1), own, scale, theta) - c0)


@njit(**INLINE)
def deliver_plastic(p, i, targets, weights, tables, state, traces):
    """A spike of presynaptic unit i arrives at plastic synapses: transmit the weight, then change it."""
    theta, rate, maximum_weight = parameter_tuple(tables.theta[p]), tables.learning_rate[p], tables.maximum_weight[p]
    ledger, scale, pre_scale = traces.ledger[p], scale_tuple(traces.post_scale, p), traces.pre_scale[p]
    offset = u8(tables.conductance[p])
    before = traces.pre[p, i]
    after = jumped(before, f4(1), pre_scale)
    for k in range(targets.size):
        j = u8(targets[k])
        at = j * u8(LEDGER)
        total, scaled = ledger[at], ledger[at + u8(1)]
        weight = settled(weights[k], total, before, scaled, maximum_weight)
        state[j + offset] += weight
        change = lazy_presynaptic_change(weight, before * pre_scale, ledger, at, scale, theta)
        new = changed(weight, rate, change, maximum_weight)
        weights[k] = unsettled(new, total, after, scaled, ledger[at + u8(2)])
    traces.pre[p, i] = after


@njit(**INLINE)
def postsynaptic_spikes(fired, n_fired, tables, state, weights, traces):
    """The changes at these spikes go to the ledgers of their neurons; then their traces jump."""
    for spike in range(n_fired):
        j = fired[spike]
        for p in range(tables.theta.shape[0]):
            if tables.post_start[p] <= j < tables.post_stop[p]:
                at = place(j) * u8(LEDGER)
                own = traces.ledger[p, at : at + u8(LEDGER)]
                theta, scale = parameter_tuple(tables.theta[p]), scale_tuple(traces.post_scale, p)
                own[0] += tables.learning_rate[p] * lazy_postsynaptic_change(f4(0), own, scale, theta)
                own[1] += own[2] * traces.pre_scale[p]
                own[2] = f4(0)
                for k in range(POSTSYNAPTIC_TRACES):
                    own[3 + k] = jumped(own[3 + k], f4(1), scale[k])


@njit(**INLINE)
def jump_presynaptic(unit, tables, traces):
    """Done at the arrival."""


@njit(**INLINE)
def end_step(fired, n_fired, tables, weights, traces, s):
    """Time passes for all traces at once."""
    for p in range(traces.pre_scale.size):
        traces.pre_scale[p] = decayed(traces.pre_scale[p], tables.pre_decay[p])
    for k in range(traces.post_scale.size):
        traces.post_scale[k] = decayed(traces.post_scale[k], tables.post_decay[k])
    for p in range(tables.theta.shape[0]):
        if (s + 1) % tables.interval[p] == 0:
            settle(p, tables, weights, traces)


@njit(**OPTIONS)
def settle_row(weights, targets, total, scaled, trace, maximum_weight):
    """Bring one row of weights up to date."""
    for k in range(targets.size):
        j = u8(targets[k])
        weights[k] = settled(weights[k], total[j], trace, scaled[j], maximum_weight)


@njit(**OPTIONS)
def settle(p, tables, weights, traces):
    """Bring the weights of projection p up to date and refer its traces and ledgers to the present."""
    ledger, pre, total, scaled = traces.ledger[p], traces.pre[p], traces.total, traces.scaled
    for j in range(tables.post_start[p], tables.post_stop[p]):
        at = place(j) * u8(LEDGER)
        total[place(j)], scaled[place(j)] = ledger[at], ledger[at + u8(1)]
        ledger[at], ledger[at + u8(1)] = f4(0), f4(0)
        for k in range(POSTSYNAPTIC_TRACES):
            ledger[at + u8(3 + k)] *= traces.post_scale[p * POSTSYNAPTIC_TRACES + k]
    for i in range(tables.pre_stop[p] - tables.pre_start[p]):
        row = tables.row_offset[p] + i
        first, last = tables.row_start[row], tables.row_start[row + 1]
        settle_row(weights[first:last], tables.targets[first:last], total, scaled, pre[i], tables.maximum_weight[p])
        pre[i] *= traces.pre_scale[p]
    traces.pre_scale[p] = f4(1)
    for k in range(POSTSYNAPTIC_TRACES):
        traces.post_scale[p * POSTSYNAPTIC_TRACES + k] = f4(1)
