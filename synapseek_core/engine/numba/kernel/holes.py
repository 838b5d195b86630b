"""The holes of the kernel: numbers and functions that its parts use and do not hold.

specialise.py fills them for one neuron model, one rule family and one form: with code that it writes, or with another
part. It checks that each has a filling of the same arguments. p counts plastic projections, i presynaptic units, j
postsynaptic neurons, k the synapses of a row or column; `theta` is the tuple of the rule's parameters.
"""

VARIABLES = 0
"""Number of state variables of a neuron."""

PRESYNAPTIC_TRACES = POSTSYNAPTIC_TRACES = 0
"""Number of traces of the rule, of either side."""


def integrate_block(block, c):
    """Advance the neurons of a block (variable and flag, lane) by one step with constants c; return how many spike."""


def parameter_tuple(theta):
    """Return an array of parameters as a tuple, which the compiler keeps in registers."""


def scale_tuple(scale, p):
    """Return the scales of the postsynaptic traces of projection p as a tuple."""


# The rule in the exact form, one synapse after the other: exact_each.py uses these.


def presynaptic_change(weight, pre, i, post, j, state, theta):
    """Return the weight change, over the learning rate, at an arrival; pre and post are traces (trace, unit)."""


def postsynaptic_change(weight, pre, i, post, j, state, theta):
    """Return the same at a postsynaptic spike."""


# The rule in the exact form, ROW_LANES synapses at once: exact_lanes.py uses these.


def gather_presynaptic(lanes, lane, weight, pre, i, post, j, state):
    """Copy what the rule reads of a synapse at an arrival into a lane."""


def presynaptic_changes(lanes, pre, i, post, j, state, theta):
    """Replace the first row of the lanes by the weight changes, over the learning rate, at an arrival."""


def gather_postsynaptic(lanes, lane, weight, pre, i, post, j, state):
    """Copy what the rule reads of a synapse at a postsynaptic spike into a lane."""


def postsynaptic_changes(lanes, pre, i, post, j, state, theta):
    """Replace the first row of the lanes by the weight changes, over the learning rate, at a postsynaptic spike."""


# The rule in the lazy form: lazy.py uses these.


def lazy_presynaptic_change(weight, trace, ledger, at, scale, theta):
    """Return the weight change at an arrival onto the neuron whose entries of the ledger begin at `at`."""


def lazy_postsynaptic_change(trace, own, scale, theta):
    """Return the weight change at a postsynaptic spike of the neuron whose entries of the ledger are `own`."""


# What exact_each.py or exact_lanes.py fills: exact.py uses it.


def column_changes(p, j, synapses, sources, tables, state, weights, traces):
    """Change the synapses of projection p onto neuron j, which spikes."""


# What exact.py or lazy.py fills: loop.py uses these.


def begin_step(fired, n_fired, tables, traces):
    """Prepare a step in which the first n_fired neurons of `fired` spike."""


def deliver_plastic(p, i, targets, weights, tables, state, traces):
    """Let a spike of unit i arrive along projection p: transmit the old weights, then change them."""


def postsynaptic_spikes(fired, n_fired, tables, state, weights, traces):
    """Change the weights of the synapses onto the neurons that spike."""


def jump_presynaptic(unit, tables, traces):
    """Let the presynaptic traces of a unit jump, after all changes of the step."""


def end_step(fired, n_fired, tables, weights, traces, s):
    """Let the traces of the neurons that spike jump, then all decay; s counts the steps of the call."""


def settle(p, tables, weights, traces):
    """Bring the weights of projection p up to date."""
