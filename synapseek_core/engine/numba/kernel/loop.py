"""The time loop, last part of every kernel.

Order of a time step, as in Auryn: membranes and spikes; arriving spikes add the old weight to a conductance and
change it; postsynaptic spikes change it; traces jump, then decay; the rate is checked.
"""

from synapseek_core.engine.numba.kernel.common import deliver, deliver_each, find_spikes
from synapseek_core.engine.numba.kernel.holes import (
    begin_step,
    deliver_plastic,
    end_step,
    jump_presynaptic,
    postsynaptic_spikes,
    settle,
)
from synapseek_core.engine.numba.kernel.prelude import INLINE, OPTIONS, flush_denormals, njit
from synapseek_core.engine.physics import status_of_rate


# --- kernel ---
@njit(**INLINE)
def arrive(unit, tables, state, weights, traces):
    """One spike of `unit` arrives at all its targets."""
    for p in range(tables.pre_start.size):
        i = unit - tables.pre_start[p]
        if i < 0 or unit >= tables.pre_stop[p]:
            continue
        row = tables.row_offset[p] + i
        first, last = tables.row_start[row], tables.row_start[row + 1]
        if p < tables.theta.shape[0]:
            deliver_plastic(p, i, tables.targets[first:last], weights[first:last], tables, state, traces)
        elif tables.own_start[p] < 0:
            deliver(state, tables.conductance[p], tables.targets[first:last], tables.row_weight[row])
        else:
            own = tables.own_start[p] + first - tables.row_start[tables.row_offset[p]]
            weights_of_row = tables.own_weight[own : own + last - first]
            deliver_each(state, tables.conductance[p], tables.targets[first:last], weights_of_row)


@njit(**INLINE)
def count_spike(neuron, s, step, tables, records):
    """Note a spike in step s of the chunk, `step` of the trial."""
    counts, edges = records.counts, records.window_edges
    for population in range(counts.shape[0]):
        inside = tables.population_start[population] <= neuron < tables.population_stop[population]
        counts[population, s // records.bin_steps] += inside
    for window in range(edges.shape[0]):
        records.window_counts[window, neuron] += edges[window, 0] <= step < edges[window, 1]
    if records.raster.shape[0] > 0 and records.raster_rows[neuron] >= 0:
        records.raster[s, records.raster_rows[neuron]] = True


@njit(**OPTIONS)
def run_steps(span, tables, network, arrivals, records):
    """Advance one network; returns (steps done, status), fewer than `span.steps` if the rate left its bounds.

    The arguments are `Span`, `Tables`, `NetworkArrays`, `Arrivals` and `Records`; see groups.py and tables.py.
    """
    flush_denormals()
    state, weights, traces, fired, rate = network.neurons, network.weights, network.traces, network.fired, network.rate
    ring, ring_count, delay, n_neurons = network.ring, network.ring_count, network.ring_count.size, network.fired.size
    event = 0
    steps, status = span.steps, 0
    bounds = tables.bounds
    monitored_start, monitored_stop = int(bounds[4]), int(bounds[5])
    for s in range(span.steps):
        slot = (span.first_step + s) % delay
        n_fired = find_spikes(state, tables.constants, fired)
        # Counts are passed, not slices: making a slice costs as much as ten synapses.
        begin_step(fired, n_fired, tables, traces)
        monitored = 0
        for k in range(ring_count[slot]):
            unit = ring[slot, k]
            arrive(unit, tables, state, weights, traces)
            monitored += monitored_start <= unit < monitored_stop
        first_event = event
        while event < arrivals.step.size and arrivals.step[event] == s:
            arrive(n_neurons + arrivals.unit[event], tables, state, weights, traces)
            event += 1
        postsynaptic_spikes(fired, n_fired, tables, state, weights, traces)
        for k in range(ring_count[slot]):
            jump_presynaptic(ring[slot, k], tables, traces)
        for k in range(first_event, event):
            jump_presynaptic(n_neurons + arrivals.unit[k], tables, traces)
        end_step(fired, n_fired, tables, weights, traces, s)
        ring_count[slot] = n_fired
        for k in range(n_fired):
            neuron = fired[k]
            ring[slot, k] = neuron
            count_spike(neuron, s, span.first_step + s, tables, records)
        rate[0] = rate[0] * bounds[0] + monitored * bounds[1]
        status = int(status_of_rate(rate[0], bounds[2], bounds[3]))
        if status:
            steps = s
            break
        if (s + 1) % records.bin_steps == 0:
            records.filtered[s // records.bin_steps] = rate[0]
    for p in range(tables.theta.shape[0]):
        if steps % tables.interval[p] != 0:
            settle(p, tables, weights, traces)
    return steps, status
