"""Settings of a neuron model; `model` in config.yaml chooses among the classes of `NEURON_MODELS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from synapseek_core.neurons.base import NeuronBase
from synapseek_core.neurons.registry import NEURON_MODELS
from synapseek_core.registries import union

if TYPE_CHECKING:
    NeuronSettings = NeuronBase
else:
    NeuronSettings = Annotated[union(NEURON_MODELS), Field(discriminator="model")]
    """Settings of one of the neuron models."""


def default_neuron() -> NeuronBase:
    """Return the settings of the TIF neuron, that of most studies."""
    return NEURON_MODELS["tif"](model="tif")
