"""The six-parameter pair rule: all spike-timing rules that are linear in one trace of each side.

    at a presynaptic spike   dw = eta (alpha + kappa x_post)
    at a postsynaptic spike  dw = eta (beta  + gamma x_pre)

x_pre and x_post are spike traces with time constants tau_pre and tau_post (unit jumps, all-to-all pairing).
Source: Confavreux et al., NeurIPS 2023 and PLoS Comput Biol 21(4) e1012910, 2025.
"""

from synapseek_core.plasticity.family import Parameter, PlasticityFamily


def on_pre(postsynaptic_trace, alpha, kappa):
    """Return the weight change over eta at a presynaptic arrival."""
    return alpha + kappa * postsynaptic_trace


def on_post(presynaptic_trace, beta, gamma):
    """Return the weight change over eta at a postsynaptic spike."""
    return beta + gamma * presynaptic_trace


PAIR = PlasticityFamily(
    name="pair",
    source="Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025",
    parameters=(
        Parameter("tau_pre", "s", "time constant of the presynaptic trace", "log"),
        Parameter("tau_post", "s", "time constant of the postsynaptic trace", "log"),
        Parameter("alpha", "1", "weight change at a presynaptic spike"),
        Parameter("beta", "1", "weight change at a postsynaptic spike"),
        Parameter("gamma", "1", "weight change at a postsynaptic spike per presynaptic trace"),
        Parameter("kappa", "1", "weight change at a presynaptic spike per postsynaptic trace"),
    ),
    presynaptic_traces={"presynaptic_trace": "tau_pre"},
    postsynaptic_traces={"postsynaptic_trace": "tau_post"},
    on_pre=on_pre,
    on_post=on_post,
    lazy=True,
)
