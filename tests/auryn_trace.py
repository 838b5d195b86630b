"""The networks of Auryn's traces, built with the project's engine: four neurons, scripted inputs, all plastic."""

from pathlib import Path

import numpy as np
import xarray as xr

from synapseek_core.engine.connectivity import all_to_all, projection
from synapseek_core.engine.inputs import ScriptedSource
from synapseek_core.engine.network import Group, Network, Plasticity, RateBounds, Trial
from synapseek_core.engine.records import Recording
from synapseek_core.neurons.if_nmda import IFSettings
from synapseek_core.neurons.tif import TIFSettings
from synapseek_core.plasticity.registry import SPIKING_FAMILIES

STEPS = 5000
NEURONS, EXCITATORY, INHIBITORY = Group("neurons", 0, 4), Group("exc", 4, 24), Group("inh", 24, 29)
# tau_pre, tau_post, alpha, beta, gamma, kappa of each plastic projection
THETA = np.array(
    [
        [0.010, 0.040, -0.1, 0.05, 0.6, -0.4],
        [0.030, 0.015, -0.2, 0.10, 1.0, 0.7],
        [0.020, 0.020, 0.1, -0.20, 1.0, -0.5],
    ],
    np.float32,
)


NEURON = {"tif": TIFSettings(), "if": IFSettings()}
EXCITATORY_WEIGHT = {"tif": 0.35, "if": 0.6}


def reference(neuron: str) -> xr.Dataset:
    """Auryn's trace."""
    return xr.load_dataset(Path(__file__).parent / "data" / f"auryn_trace_{neuron}.nc")


def network(neuron: str) -> Network:
    """Four neurons; the rate bounds are wide, so that nothing stops."""
    return Network(
        neuron=NEURON[neuron].build(),
        populations=(NEURONS,),
        n_sources=25,
        family=SPIKING_FAMILIES["pair"],
        plastic=("exc", "inh", "rec"),
        bounds=RateBounds("neurons", 1.0, -1.0, 1e6),
    )


def trial(neuron: str, trace: xr.Dataset) -> Trial:
    """The trial of the trace: scripted spikes and initial weights."""
    inhibitory = trace["inh_input"].values + np.array([0, EXCITATORY.size])
    emissions = np.concatenate([trace["exc_input"].values, inhibitory])
    parts = (
        ("exc", EXCITATORY, "ampa", EXCITATORY_WEIGHT[neuron], Plasticity(0.01, 1.0)),
        ("inh", INHIBITORY, "gaba", 0.3, Plasticity(0.01, 0.4)),
        ("rec", NEURONS, "ampa", 0.2, Plasticity(0.05, 1.0)),
    )
    projections = tuple(
        projection(name, pre, NEURONS, transmitter, all_to_all(pre, NEURONS), weight, plasticity)
        for name, pre, transmitter, weight, plasticity in parts
    )
    return Trial(projections, ScriptedSource(emissions), STEPS)


RECORDING = Recording(neurons=(0, 1, 2, 3), spike_rules=(0,), synapses=12)
