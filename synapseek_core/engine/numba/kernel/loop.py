"""The time loop, last part of every kernel.

Order of a time step, as in Auryn: membranes and spikes; arriving spikes add the old weight to a conductance and
change it; postsynaptic spikes change it; traces jump, then decay; the rate is checked.
"""

from synapseek_core.engine.numba.kernel.common import deliver, find_spikes
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
        else:
            deliver(state, tables.conductance[p], tables.targets[first:last], tables.row_weight[row])


@njit(**OPTIONS)
def run_steps(
    first_step,
    n_steps,
    bin_steps,
    tables,
    state,
    weights,
    traces,
    ring,
    ring_count,
    rate,
    bounds,
    c,
    arrival_step,
    arrival_unit,
    fired,
    counts,
    filtered,
    window_edges,
    window_counts,
    raster_rows,
    raster,
):
    """Advance one network; returns (steps done, status), fewer than `n_steps` if the rate left its bounds.

    rate: (1,) filtered rate; bounds: (decay, increment per spike, low, high, first and last neuron monitored).
    counts (population, bin), filtered (bin,) and raster (step, kept neuron) are written from their start;
    window_counts (window, neuron) counts the spikes between the window_edges (window, 2), in steps.
    """
    flush_denormals()
    delay = ring_count.size
    n_neurons = fired.size
    event = 0
    steps, status = n_steps, 0
    monitored_start, monitored_stop = int(bounds[4]), int(bounds[5])
    for s in range(n_steps):
        slot = (first_step + s) % delay
        n_fired = find_spikes(state, c, fired)
        # Counts are passed, not slices: making a slice costs as much as ten synapses.
        begin_step(fired, n_fired, tables, traces)
        monitored = 0
        for k in range(ring_count[slot]):
            unit = ring[slot, k]
            arrive(unit, tables, state, weights, traces)
            monitored += monitored_start <= unit < monitored_stop
        first_event = event
        while event < arrival_step.size and arrival_step[event] == s:
            arrive(n_neurons + arrival_unit[event], tables, state, weights, traces)
            event += 1
        postsynaptic_spikes(fired, n_fired, tables, state, weights, traces)
        for k in range(ring_count[slot]):
            jump_presynaptic(ring[slot, k], tables, traces)
        for k in range(first_event, event):
            jump_presynaptic(n_neurons + arrival_unit[k], tables, traces)
        end_step(fired, n_fired, tables, weights, traces, s)
        ring_count[slot] = n_fired
        for k in range(n_fired):
            neuron = fired[k]
            ring[slot, k] = neuron
            for population in range(counts.shape[0]):
                inside = tables.population_start[population] <= neuron < tables.population_stop[population]
                counts[population, s // bin_steps] += inside
            for window in range(window_counts.shape[0]):
                inside = window_edges[window, 0] <= first_step + s < window_edges[window, 1]
                window_counts[window, neuron] += inside
            if raster.shape[0] > 0 and raster_rows[neuron] >= 0:
                raster[s, raster_rows[neuron]] = True
        rate[0] = rate[0] * bounds[0] + monitored * bounds[1]
        status = int(status_of_rate(rate[0], bounds[2], bounds[3]))
        if status:
            steps = s
            break
        if (s + 1) % bin_steps == 0:
            filtered[s // bin_steps] = rate[0]
    settle(tables, weights, traces)
    return steps, status
