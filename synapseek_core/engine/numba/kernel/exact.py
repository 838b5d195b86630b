"""Part of the exact form: every weight changes at every spike of either side. For any rule. See loop.py.

Traces: `pre` and `post` (projection x trace, unit). `deliver_plastic` and `column_changes` come from exact_each.py or
exact_lanes.py.
"""

from synapseek_core.engine.numba.kernel.holes import POSTSYNAPTIC_TRACES, PRESYNAPTIC_TRACES, column_changes
from synapseek_core.engine.numba.kernel.prelude import INLINE, f4, njit
from synapseek_core.engine.physics import decayed, jumped


# --- kernel ---
@njit(**INLINE)
def traces_of(p, traces):
    """Presynaptic (trace, unit) and postsynaptic (trace, neuron) traces of projection p."""
    pre = traces.pre[p * PRESYNAPTIC_TRACES : (p + 1) * PRESYNAPTIC_TRACES]
    return pre, traces.post[p * POSTSYNAPTIC_TRACES : (p + 1) * POSTSYNAPTIC_TRACES]


@njit(**INLINE)
def begin_step(fired, n_fired, tables, traces):
    """Nothing to prepare."""


@njit(**INLINE)
def postsynaptic_spikes(fired, n_fired, tables, state, weights, traces):
    """All plastic synapses onto the spiking neurons change."""
    for spike in range(n_fired):
        j = fired[spike]
        for p in range(tables.theta.shape[0]):
            if tables.post_start[p] <= j < tables.post_stop[p]:
                column = tables.column_offset[p] + j - tables.post_start[p]
                first, last = tables.column_start[column], tables.column_start[column + 1]
                synapses, sources = tables.incoming[first:last], tables.incoming_source[first:last]
                column_changes(p, j, synapses, sources, tables, state, weights, traces)


@njit(**INLINE)
def jump_presynaptic(unit, tables, traces):
    """The presynaptic traces of an arriving spike jump by 1."""
    for p in range(tables.theta.shape[0]):
        if tables.pre_start[p] <= unit < tables.pre_stop[p]:
            for k in range(p * PRESYNAPTIC_TRACES, (p + 1) * PRESYNAPTIC_TRACES):
                i = unit - tables.pre_start[p]
                traces.pre[k, i] = jumped(traces.pre[k, i], f4(1), f4(1))


@njit(**INLINE)
def decay_rows(rows, factors):
    """Each row of traces decays by its factor."""
    for k in range(rows.shape[0]):
        row, factor = rows[k], factors[k]
        for i in range(row.size):
            row[i] = decayed(row[i], factor)


@njit(**INLINE)
def end_step(fired, n_fired, tables, weights, traces, s):
    """The traces of spiking neurons jump by 1, then all decay."""
    for spike in range(n_fired):
        j = fired[spike]
        for p in range(tables.theta.shape[0]):
            if tables.post_start[p] <= j < tables.post_stop[p]:
                for k in range(p * POSTSYNAPTIC_TRACES, (p + 1) * POSTSYNAPTIC_TRACES):
                    traces.post[k, j] = jumped(traces.post[k, j], f4(1), f4(1))
    decay_rows(traces.pre, tables.pre_decay)
    decay_rows(traces.post, tables.post_decay)


@njit(**INLINE)
def settle(p, tables, weights, traces):
    """The weights are always up to date."""
