"""Neuron models. A new model is one file beside tif.py; its settings class joins the union `NeuronSettings`."""

from typing import Annotated

from pydantic import Field

from synapseek_core.neurons.cvaif import CVAIFSettings
from synapseek_core.neurons.if_nmda import IFSettings
from synapseek_core.neurons.model import TIME_STEP, NeuronModel
from synapseek_core.neurons.tif import TIFSettings

NeuronSettings = Annotated[TIFSettings | IFSettings | CVAIFSettings, Field(discriminator="model")]

__all__ = ["TIME_STEP", "CVAIFSettings", "IFSettings", "NeuronModel", "NeuronSettings", "TIFSettings"]
