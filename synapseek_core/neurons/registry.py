"""Neuron models by name. A new one is a file beside tif.py and the entry of its settings here."""

from synapseek_core.neurons.base import NeuronBase
from synapseek_core.registries import Registry

NEURON_MODELS: Registry[type[NeuronBase]] = Registry(
    {
        "tif": "neurons.tif:TIFSettings",
        "if": "neurons.if_nmda:IFSettings",
        "cvaif": "neurons.cvaif:CVAIFSettings",
    }
)
