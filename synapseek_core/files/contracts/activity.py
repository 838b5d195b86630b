"""Contracts of the activity of networks."""

from __future__ import annotations

from synapseek_core.files.contracts.contract import STATUS, Contract, Variable

SPIKING_ACTIVITY = Contract(
    "spiking_activity",
    "Activity of spiking networks under plasticity rules",
    {
        "status": STATUS,
        "stop_time": Variable(("rule", "trial"), "s", "time at which the trial ended or was stopped"),
        "duration": Variable(("trial",), "s", "planned duration of the trial"),
        "window_start": Variable(("trial", "window"), "s", "start of the scored window"),
        "window_stop": Variable(("trial", "window"), "s", "end of the scored window"),
        "rate": Variable(("rule", "trial", "population", "rate_time"), "Hz", "population rate in the bin"),
        "filtered_rate": Variable(("rule", "trial", "rate_time"), "Hz", "exponentially filtered excitatory rate"),
        "window_rate": Variable(("rule", "trial", "population", "window"), "Hz", "mean rate in the scored window"),
        "rate_sd": Variable(
            ("rule", "trial", "population", "window"), "Hz", "standard deviation over neurons of the rate in the window"
        ),
        "weight_mean": Variable(("rule", "trial", "synapse_type", "weight_time"), "1", "mean weight"),
        "weight_sd": Variable(("rule", "trial", "synapse_type", "weight_time"), "1", "standard deviation of weights"),
        "weight_sample": Variable(
            ("rule", "trial", "synapse_type", "weight_time", "synapse"), "1", "weights of sampled synapses"
        ),
        "final_weight_mean": Variable(
            ("rule", "trial", "synapse_type"), "1", "mean weight when the trial ended or was stopped"
        ),
        "final_weight_sd": Variable(
            ("rule", "trial", "synapse_type"), "1", "standard deviation of weights when the trial ended or was stopped"
        ),
        "weight_at_bounds": Variable(("rule", "trial", "synapse_type"), "1", "share of final weights at a bound"),
        "spike_time": Variable(("spike",), "s", "time of a recorded spike since the start of the trial"),
        "spike_neuron": Variable(("spike",), "1", "neuron id of a recorded spike", "int32"),
        "spike_rule": Variable(("spike",), "1", "position of the spike's rule in `rule`", "int32"),
        "spike_trial": Variable(("spike",), "1", "trial of the spike", "int32"),
    },
    {
        "input_spike_time": Variable(("input_spike",), "s", "time at which a spike of an input arrived"),
        "input_spike_source": Variable(("input_spike",), "1", "number of the input", "int32"),
        "input_spike_trial": Variable(("input_spike",), "1", "trial of the spike", "int32"),
    },
    version=2,
)  # fmt: skip

RATE_ACTIVITY = Contract(
    "rate_activity",
    "Weights of rate networks under plasticity rules",
    {
        "status": STATUS,
        "stop_step": Variable(("rule", "trial"), "1", "inputs presented when the trial ended or was stopped", "int32"),
        "feedforward": Variable(("rule", "trial", "step", "output", "input"), "1", "feedforward weights"),
        "lateral": Variable(("rule", "trial", "step", "output", "output_other"), "1", "lateral weights"),
        "principal_component": Variable(
            ("trial", "component", "input"), "1", "leading principal components, of length 1"
        ),
        "component_variance": Variable(("trial", "component"), "1", "variance of the inputs along each component"),
    },
    version=2,
)

STREAM_ACTIVITY = Contract(
    "stream_activity",
    "Answers of networks to streams of patterns",
    {
        "status": STATUS,
        "logit": Variable(("rule", "trial", "step"), "1", "log odds, by the network, that the pattern is a repeat"),
        "repeated": Variable(("trial", "step"), "1", "whether the pattern is a repeat", "int8"),
        "hidden_new": Variable(("rule", "trial"), "1", "activity, mean over hidden units and new patterns"),
        "hidden_repeated": Variable(("rule", "trial"), "1", "activity, mean over hidden units and repeated patterns"),
        "shown_pattern": Variable(("shown_step", "input"), "1", "last patterns of the first stream", "int8"),
        "shown_hidden": Variable(("rule", "shown_step", "unit"), "1", "hidden activity while they are shown"),
    },
)
