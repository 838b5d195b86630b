"""The time loop of the CPU backend: a template that specialise.py completes with a rule and a neuron model.

What stands above the marker is not part of the kernel. The names `integrate_block`, `presynaptic_change`,
`postsynaptic_change`, `parameter_tuple`, `flush_denormals` and the constants come from specialise.py.

Order of a time step, as in Auryn: membranes and spikes; arriving spikes add the old weight to a conductance and
change it; postsynaptic spikes change it; traces jump, then decay; the rate is checked.
"""


# --- kernel ---
@njit(**OPTIONS)
def find_spikes(state, c, fired):
    """Advance all neurons by one step; the ids of those that spike go to `fired`."""
    n = 0
    stride = (VARIABLES + 1) * LANES
    for b in range(state.size // stride):
        # A slice, so that the compiler sees that no index is negative and vectorises the loop over the block.
        block = state[b * stride : (b + 1) * stride]
        if integrate_block(block, c) > 0:
            for lane in range(LANES):
                if block[VARIABLES * LANES + lane] > 0:
                    fired[n] = b * LANES + lane
                    n += 1
    return n


@njit(**OPTIONS)
def clip(weight, maximum_weight):
    """Weight within [0, maximum_weight]; not-a-number stays, so that it is found."""
    if weight < f4(0):
        return f4(0)
    return maximum_weight if weight > maximum_weight else weight


@njit(**OPTIONS)
def deliver(state, offset, cells, weight):
    """A spike arrives at static synapses."""
    for k in range(cells.size):
        state[cells[k] + offset] += weight


@njit(**OPTIONS)
def deliver_plastic(state, offset, cells, targets, weights, pre, i, post, p, rate, maximum_weight):
    """A spike arrives at plastic synapses: transmit the old weight, then change it."""
    for k in range(cells.size):
        weight = weights[k]
        state[cells[k] + offset] += weight
        change = rate * presynaptic_change(weight, pre, i, post, targets[k], p)
        weights[k] = clip(weight + change, maximum_weight)


@njit(**OPTIONS)
def postsynaptic_spike(weights, synapses, sources, pre, post, j, p, rate, maximum_weight):
    """The plastic synapses onto neuron j change at its spike."""
    for k in range(synapses.size):
        weight = weights[synapses[k]]
        change = rate * postsynaptic_change(weight, pre, sources[k], post, j, p)
        weights[synapses[k]] = clip(weight + change, maximum_weight)


@njit(**OPTIONS)
def arrive(unit, tables, state, weights, traces):
    """One spike of `unit` arrives at all its targets."""
    for p in range(tables.pre_start.size):
        i = unit - tables.pre_start[p]
        if i < 0 or unit >= tables.pre_stop[p]:
            continue
        row = tables.row_offset[p] + i
        first, last = tables.row_start[row], tables.row_start[row + 1]
        if p < tables.theta.shape[0]:
            deliver_plastic(
                state,
                tables.conductance[p],
                tables.cells[first:last],
                tables.targets[first:last],
                weights[first:last],
                traces.pre[p * PRESYNAPTIC_TRACES : (p + 1) * PRESYNAPTIC_TRACES],
                i,
                traces.post[p * POSTSYNAPTIC_TRACES : (p + 1) * POSTSYNAPTIC_TRACES],
                parameter_tuple(tables.theta[p]),
                tables.learning_rate[p],
                tables.maximum_weight[p],
            )
        else:
            deliver(state, tables.conductance[p], tables.cells[first:last], tables.row_weight[row])


@njit(**OPTIONS)
def postsynaptic(neuron, tables, weights, traces):
    """All plastic synapses onto `neuron` change at its spike."""
    for p in range(tables.theta.shape[0]):
        if neuron < tables.post_start[p] or neuron >= tables.post_stop[p]:
            continue
        column = tables.column_offset[p] + neuron - tables.post_start[p]
        first, last = tables.column_start[column], tables.column_start[column + 1]
        postsynaptic_spike(
            weights,
            tables.incoming[first:last],
            tables.incoming_source[first:last],
            traces.pre[p * PRESYNAPTIC_TRACES : (p + 1) * PRESYNAPTIC_TRACES],
            traces.post[p * POSTSYNAPTIC_TRACES : (p + 1) * POSTSYNAPTIC_TRACES],
            neuron,
            parameter_tuple(tables.theta[p]),
            tables.learning_rate[p],
            tables.maximum_weight[p],
        )


@njit(**OPTIONS)
def jump_presynaptic(unit, tables, traces):
    """The presynaptic traces of an arriving spike jump by 1."""
    for p in range(tables.theta.shape[0]):
        if tables.pre_start[p] <= unit < tables.pre_stop[p]:
            for k in range(p * PRESYNAPTIC_TRACES, (p + 1) * PRESYNAPTIC_TRACES):
                traces.pre[k, unit - tables.pre_start[p]] += f4(1)


@njit(**OPTIONS)
def jump_postsynaptic(neuron, tables, traces):
    """The postsynaptic traces of a spiking neuron jump by 1."""
    for p in range(tables.theta.shape[0]):
        if tables.post_start[p] <= neuron < tables.post_stop[p]:
            for k in range(p * POSTSYNAPTIC_TRACES, (p + 1) * POSTSYNAPTIC_TRACES):
                traces.post[k, neuron] += f4(1)


@njit(**OPTIONS)
def decay_rows(rows, factors):
    """Each row of traces decays by its factor."""
    for k in range(rows.shape[0]):
        row, factor = rows[k], factors[k]
        for i in range(row.size):
            row[i] *= factor


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
    raster_rows,
    raster,
):
    """Advance one network; returns (steps done, status), fewer than `n_steps` if the rate left its bounds.

    rate: (1,) filtered rate; bounds: (decay, increment per spike, low, high, first and last neuron monitored).
    counts (population, bin), filtered (bin,) and raster (step, kept neuron) are written from their start.
    """
    flush_denormals()
    delay = ring_count.size
    n_neurons = fired.size
    event = 0
    monitored_start, monitored_stop = int(bounds[4]), int(bounds[5])
    for s in range(n_steps):
        slot = (first_step + s) % delay
        n_fired = find_spikes(state, c, fired)
        arrived = ring[slot, : ring_count[slot]]
        monitored = 0
        for unit in arrived:
            arrive(unit, tables, state, weights, traces)
            monitored += monitored_start <= unit < monitored_stop
        first_event = event
        while event < arrival_step.size and arrival_step[event] == s:
            arrive(n_neurons + arrival_unit[event], tables, state, weights, traces)
            event += 1
        for k in range(n_fired):
            postsynaptic(fired[k], tables, weights, traces)
        for unit in arrived:
            jump_presynaptic(unit, tables, traces)
        for k in range(first_event, event):
            jump_presynaptic(n_neurons + arrival_unit[k], tables, traces)
        for k in range(n_fired):
            jump_postsynaptic(fired[k], tables, traces)
            ring[slot, k] = fired[k]
        ring_count[slot] = n_fired
        decay_rows(traces.pre, tables.pre_decay)
        decay_rows(traces.post, tables.post_decay)
        for k in range(n_fired):
            for population in range(counts.shape[0]):
                inside = tables.population_start[population] <= fired[k] < tables.population_stop[population]
                counts[population, s // bin_steps] += inside
            if raster.shape[0] > 0 and raster_rows[fired[k]] >= 0:
                raster[s, raster_rows[fired[k]]] = True
        rate[0] = rate[0] * bounds[0] + monitored * bounds[1]
        if not bounds[2] < rate[0]:
            return s, 1
        if not rate[0] < bounds[3]:
            return s, 2
        if (s + 1) % bin_steps == 0:
            filtered[s // bin_steps] = rate[0]
    return n_steps, 0
