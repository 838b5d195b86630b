"""Formulas that the backends share, written once in plain Python arithmetic.

The JAX backend calls them on arrays. The source of those that a part of the Numba kernel imports is put into the
kernel, as that of a rule is, so numbers in them are single precision there. The membrane and the rule are shared in
the same way; they belong to `neurons` and `plasticity`.

Not shared: the filtered rate, which JAX sums in single precision with what rounding leaves over, and Numba in double
precision; traces of the lazy form in JAX, which it computes from their logarithms for a block of steps at once.
"""

from synapseek_core.arithmetic import select
from synapseek_core.engine.constants import AT_BOUND
from synapseek_core.status import Status

OK, SILENT, RUNAWAY = int(Status.ok), int(Status.silent), int(Status.runaway)


def bounded(weight, maximum_weight):
    """Return a weight within [0, maximum_weight]; not-a-number stays, so that it is found."""
    positive = select(weight < 0, 0, weight)
    return select(positive > maximum_weight, maximum_weight, positive)


def changed(weight, learning_rate, change, maximum_weight):
    """Return a weight after a change by the rule, within its bounds."""
    return bounded(weight + learning_rate * change, maximum_weight)


def settled(stored, total, trace, scaled, maximum_weight):
    """Return the weight w = u + A + Q E of the lazy form, within its bounds; see kernel/lazy.py."""
    return bounded(stored + total + trace * scaled, maximum_weight)


def unsettled(weight, total, trace, scaled, unseen):
    """Return what the lazy form stores of a weight, u = w - A - Q E, less what a spike of this step will add to Q E."""
    return weight - total - trace * scaled - unseen


def jumped(trace, spikes, scale):
    """Return a trace after 0 or 1 spikes, at which it jumps by 1; `scale` times what is stored is the trace."""
    return trace + spikes / scale


def decayed(trace, decay):
    """Return a trace, or its scale, after a time step in which it decays by a factor."""
    return trace * decay


def status_of_rate(rate, low, high):
    """Return the status of a network whose filtered rate (Hz) should be between low and high."""
    return select(rate > low, select(rate < high, OK, RUNAWAY), SILENT)


def is_at_bound(weight, maximum_weight):
    """Return whether a weight counts as at 0 or at its maximum."""
    return (weight <= AT_BOUND * maximum_weight) | (weight >= (1 - AT_BOUND) * maximum_weight)
