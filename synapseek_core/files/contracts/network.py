"""Contract of a saved network."""

from __future__ import annotations

from synapseek_core.files.contracts.contract import Contract, Variable

NETWORK_STATE = Contract(
    "network_state",
    "A spiking network that was saved between two chunks of time",
    {
        "elapsed_steps": Variable((), "1", "time steps of 0.1 ms since the network's first start", "int64"),
        "neuron_state": Variable(
            ("state_variable", "neuron"), "1", "state of a neuron: potentials in V, conductances in leak conductances"
        ),
        "weight": Variable(("plastic_synapse",), "1", "weight in leak conductances"),
        "synapses": Variable(("plastic_projection",), "1", "number of synapses of the projection", "int64"),
        "connectivity": Variable(
            ("plastic_projection",), "1", "checksum (CRC-32) of which units the synapses connect", "int64"
        ),
        "presynaptic": Variable(("presynaptic_trace", "presynaptic_unit"), "1", "trace of presynaptic spikes"),
        "presynaptic_units": Variable(
            ("plastic_projection",), "1", "number of presynaptic units of the projection", "int64"
        ),
        "postsynaptic": Variable(("postsynaptic_trace", "postsynaptic_unit"), "1", "trace of postsynaptic spikes"),
        "postsynaptic_units": Variable(
            ("plastic_projection",), "1", "number of postsynaptic neurons of the projection", "int64"
        ),
        "under_way": Variable(("delay_step", "neuron"), "1", "whether a spike of the neuron arrives then", "int8"),
        "filtered_rate": Variable((), "Hz", "filtered rate of the monitored population", "float64"),
        "rate_rounding": Variable((), "Hz", "what rounding has added to the filtered rate too much", "float64"),
    },
)
