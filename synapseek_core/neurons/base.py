"""Common settings of all neuron models."""

from __future__ import annotations

from abc import abstractmethod

from synapseek_core.neurons.model import NeuronModel
from synapseek_core.quantities import Settings


class NeuronBase(Settings):
    """Constants of a neuron model; `model` names it."""

    model: str

    @abstractmethod
    def build(self) -> NeuronModel:
        """Return the neuron model with these constants."""
