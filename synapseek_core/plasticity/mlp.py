"""The MLP rule: a small neural network with fixed hidden layers and learned read-outs.

    u = (2 x_pre, 2 x_post, w, 15 V, 15 E, 15 I),   h = sigmoid(H2 sigmoid(H1 u))
    at a presynaptic spike   dw = eta (w_pre . h + b_pre),   x_pre: presynaptic_trace_2, x_post: postsynaptic_trace_1
    at a postsynaptic spike  dw = eta (w_post . h + b_post),   x_pre: presynaptic_trace_1, x_post: postsynaptic_trace_2

The time constants of the traces are 10, 100, 10 and 100 ms (presynaptic 1 and 2, postsynaptic 1 and 2) in the
settings file of the published inference (NeurIPS 2023; `rule_cst_part`, in the order in which the program reads them),
and 10, 10, 100 and 100 ms in the notebook that ran the published search (PLoS Comput Biol 2025), whose study sets
`plasticity.trace_time_constants`.
V, E, I: low-passed voltage, excitatory and inhibitory current in V. H1 (50 units) and H2 (4 units) are random, without
biases, and the same for all rules. An update takes 6 x 50 + 50 x 4 + 4 products and 54 exponentials.
Source: Confavreux et al., NeurIPS 2023 and PLoS Comput Biol 21(4) e1012910, 2025 (program `T4wvceciMLPConnection`).
"""

from __future__ import annotations

from importlib.resources import as_file, files

import xarray as xr

from synapseek_core.arithmetic import sigmoid_layer, weighted_sum
from synapseek_core.plasticity.family import Parameter, PlasticityFamily
from synapseek_core.plasticity.polynomial import REST

READ_WITH_THE_CODE = ("../data/mlp_hidden_layers.nc",)


def _hidden_layers() -> tuple[tuple[tuple[float, ...], ...], ...]:
    """Return the weights of both layers, in rows of units."""
    with as_file(files("synapseek_core") / "data" / "mlp_hidden_layers.nc") as path, xr.open_dataset(path) as opened:
        layers = [opened[f"hidden_layer_{k}"].values.tolist() for k in (1, 2)]
    return tuple(tuple(tuple(row) for row in layer) for layer in layers)


HIDDEN_1, HIDDEN_2 = _hidden_layers()


def hidden(presynaptic_trace, postsynaptic_trace, weight, voltage, excitatory_current, inhibitory_current):
    """Return the activity of the second hidden layer, which both read-outs share."""
    factors = (
        2 * presynaptic_trace,
        2 * postsynaptic_trace,
        weight,
        15 * voltage,
        15 * excitatory_current,
        15 * inhibitory_current,
    )
    return sigmoid_layer(HIDDEN_2, sigmoid_layer(HIDDEN_1, factors))


def on_pre(
    presynaptic_trace_2,
    postsynaptic_trace_1,
    weight,
    voltage,
    excitatory_current,
    inhibitory_current,
    eta,
    w_pre_0,
    w_pre_1,
    w_pre_2,
    w_pre_3,
    b_pre,
):
    """Return the weight change at a presynaptic arrival."""
    units = hidden(presynaptic_trace_2, postsynaptic_trace_1, weight, voltage, excitatory_current, inhibitory_current)
    return eta * (weighted_sum((w_pre_0, w_pre_1, w_pre_2, w_pre_3), units) + b_pre)


def on_post(
    presynaptic_trace_1,
    postsynaptic_trace_2,
    weight,
    voltage,
    excitatory_current,
    inhibitory_current,
    eta,
    w_post_0,
    w_post_1,
    w_post_2,
    w_post_3,
    b_post,
):
    """Return the weight change at a postsynaptic spike."""
    units = hidden(presynaptic_trace_1, postsynaptic_trace_2, weight, voltage, excitatory_current, inhibitory_current)
    return eta * (weighted_sum((w_post_0, w_post_1, w_post_2, w_post_3), units) + b_post)


def _read_out(side: str) -> tuple[Parameter, ...]:
    at = f"at a {side}synaptic spike"
    weights = [Parameter(f"w_{side}_{k}", "1", f"read-out weight of hidden unit {k} {at}") for k in range(4)]
    return (*weights, Parameter(f"b_{side}", "1", f"bias of the read-out {at}"))


MLP = PlasticityFamily(
    name="mlp",
    source="Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025",
    parameters=(Parameter("eta", "1", "learning rate"), *_read_out("pre"), *_read_out("post")),
    presynaptic_traces={"presynaptic_trace_1": 0.010, "presynaptic_trace_2": 0.100},
    postsynaptic_traces={"postsynaptic_trace_1": 0.010, "postsynaptic_trace_2": 0.100},
    on_pre=on_pre,
    on_post=on_post,
    postsynaptic_state=REST,
    # 4.3 core seconds per biological second of the published network at 17 Hz (E) and 8 Hz (I).
    effort=6.0,
)
