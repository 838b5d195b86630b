"""The triplet rule: pairs, and triplets of two spikes of one side and one of the other.

    at a presynaptic spike   dw = -o1 (A2_minus + A3_minus r2)
    at a postsynaptic spike  dw =  r1 (A2_plus  + A3_plus  o2)

r1, r2: presynaptic traces with time constants tau_plus and tau_x; o1, o2: postsynaptic ones with tau_minus and tau_y. A
spike does not see its own increment. All spikes interact.
Source: Pfister and Gerstner, J Neurosci 26:9673, 2006, equations 3 and 4.
"""

from synapseek_core.plasticity.family import Parameter, PlasticityFamily


def on_pre(o1, r2, a2_minus, a3_minus):
    """Return the weight change over eta at a presynaptic arrival."""
    return -o1 * (a2_minus + a3_minus * r2)


def on_post(r1, o2, a2_plus, a3_plus):
    """Return the weight change over eta at a postsynaptic spike."""
    return r1 * (a2_plus + a3_plus * o2)


TRIPLET = PlasticityFamily(
    name="triplet",
    source="Pfister and Gerstner, J Neurosci 26:9673, 2006",
    parameters=(
        Parameter("tau_plus", "s", "time constant of the presynaptic trace of pairs", "log"),
        Parameter("tau_x", "s", "time constant of the presynaptic trace of triplets", "log"),
        Parameter("tau_minus", "s", "time constant of the postsynaptic trace of pairs", "log"),
        Parameter("tau_y", "s", "time constant of the postsynaptic trace of triplets", "log"),
        Parameter("a2_plus", "1", "potentiation by a pair"),
        Parameter("a3_plus", "1", "potentiation by a triplet of two postsynaptic spikes and a presynaptic one"),
        Parameter("a2_minus", "1", "depression by a pair"),
        Parameter("a3_minus", "1", "depression by a triplet of two presynaptic spikes and a postsynaptic one"),
    ),
    presynaptic_traces={"r1": "tau_plus", "r2": "tau_x"},
    postsynaptic_traces={"o1": "tau_minus", "o2": "tau_y"},
    on_pre=on_pre,
    on_post=on_post,
)
