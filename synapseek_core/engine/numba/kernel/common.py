"""Part of both forms: spikes, static synapses, statistics. See loop.py."""

from synapseek_core.engine.numba.kernel.holes import VARIABLES, integrate_block
from synapseek_core.engine.numba.kernel.prelude import INLINE, LANES, OPTIONS, SHIFT, njit, np, select, u8
from synapseek_core.engine.physics import is_at_bound


# --- kernel ---
@njit(**OPTIONS)
def find_spikes(state, c, fired):
    """Advance all neurons by one step; the ids of those that spike go to `fired`.

    Lanes that fill up the last block are no neurons, though they may spike as neurons without input do.
    """
    n = 0
    stride = (VARIABLES + 1) * LANES
    for b in range(state.size // stride):
        # A slice, so that the compiler sees that no index is negative and vectorises the loop over the block.
        block = state[b * stride : (b + 1) * stride]
        if integrate_block(block, c) > 0:
            for lane in range(LANES):
                neuron = b * LANES + lane
                if block[VARIABLES * LANES + lane] > 0 and neuron < fired.size:
                    fired[n] = neuron
                    n += 1
    return n


@njit(**INLINE)
def place(neuron):
    """Return the position of a neuron's first state variable in the blocked state array.

    It is unsigned, so that no sign is checked.
    """
    neuron = u8(neuron)
    return (neuron >> u8(SHIFT)) * u8((VARIABLES + 1) * LANES) + (neuron & u8(LANES - 1))


@njit(**INLINE)
def deliver(state, offset, targets, weight):
    """A spike arrives at static synapses; `targets` are places."""
    for k in range(targets.size):
        state[u8(targets[k]) + u8(offset)] += weight


@njit(**INLINE)
def deliver_each(state, offset, targets, weights):
    """A spike arrives at static synapses that have weights of their own; `targets` are places."""
    for k in range(targets.size):
        state[u8(targets[k]) + u8(offset)] += weights[k]


@njit(**OPTIONS)
def weight_statistics(weights, maximum_weight):
    """Mean, standard deviation, and share at 0 or the maximum, in one pass and double precision."""
    total, squares, at_bounds = 0.0, 0.0, 0.0
    for k in range(weights.size):
        weight = np.float64(weights[k])
        total += weight
        squares += weight * weight
        # A float, so that the loop is vectorised.
        at_bounds += select(is_at_bound(weights[k], maximum_weight), 1.0, 0.0)
    mean = total / weights.size
    return mean, np.sqrt(max(squares / weights.size - mean * mean, 0.0)), at_bounds / weights.size
