"""Places of the neurons in the state array of the kernel, which holds them in blocks of LANES neurons.

A block is (variable and then a flag, lane), flattened; the place of a neuron is that of its first variable.
"""

from __future__ import annotations

import numpy as np

from synapseek_core.engine.numba.kernel.prelude import LANES
from synapseek_core.neurons.model import NeuronModel


def block_size(neuron: NeuronModel) -> int:
    """Return the entries of a block."""
    return (len(neuron.initial_state) + 1) * LANES


def state_size(neuron: NeuronModel, neurons: int) -> int:
    """Return the entries of the state array of so many neurons; lanes fill up the last block."""
    return -(-neurons // LANES) * block_size(neuron)


def places(neuron: NeuronModel, ids: np.ndarray) -> np.ndarray:
    """Return the places of neurons with these ids."""
    block, lane = np.divmod(ids, LANES)
    return block * block_size(neuron) + lane


def offset(neuron: NeuronModel, variable: str) -> int:
    """Return how far behind the place of a neuron a variable of it is."""
    return neuron.variable(variable) * LANES
