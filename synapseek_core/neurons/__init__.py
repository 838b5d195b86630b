"""Neuron models. A new model is one file beside tif.py; its settings class joins the union `NeuronSettings`."""

from synapseek_core.neurons.model import TIME_STEP, NeuronModel
from synapseek_core.neurons.tif import TIFSettings

NeuronSettings = TIFSettings

__all__ = ["TIME_STEP", "NeuronModel", "NeuronSettings", "TIFSettings"]
