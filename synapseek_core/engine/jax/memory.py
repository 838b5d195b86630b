"""Number of networks that fit on a device at once."""

from __future__ import annotations

import os
from collections.abc import Sequence

import jax

from synapseek_core.engine.forms import Form
from synapseek_core.engine.jax.arrays import BEYOND
from synapseek_core.engine.jax.tables import table_width
from synapseek_core.engine.network import DELAY_STEPS, Network, Trial
from synapseek_core.engine.records import Recording

SHARE = 0.6
"""Share of the free memory that the slots may take: the rest is for temporary arrays and inputs."""


def most_slots(device: jax.Device, network: Network, trials: Sequence[Trial], recording: Recording, form: Form) -> int:
    """Return the number of networks whose arrays fit into the device's memory and can be indexed in 32 bits."""
    columns = list(zip(*(trial.plastic for trial in trials), strict=True))
    rows = [same[0].pre.size for same in columns]
    weights = [size * table_width(same) for size, same in zip(rows, columns, strict=True)]
    state = len(network.neuron.initial_state) + 4 * DELAY_STEPS
    synapses = sum(weights) + sum(8 * same[0].post.size for same in columns)
    fitting = SHARE * free_memory(device) / (4 * (synapses + state * network.n_neurons))
    # The lazy form indexes rows, the exact form single weights.
    indexed = max([*(rows if form == "lazy" else weights), DELAY_STEPS * network.n_neurons])
    return max(1, int(min(fitting, BEYOND // indexed - 2)))


def free_memory(device: jax.Device) -> float:
    """Return the free memory of a device, in bytes; devices that are the CPU share that of the machine."""
    statistics = device.memory_stats()
    if statistics and "bytes_limit" in statistics:
        return float(statistics["bytes_limit"] - statistics.get("bytes_in_use", 0))
    pages = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return float(pages / len(jax.local_devices()))


def ran_out_of_memory(error: Exception) -> bool:
    """Return whether a device's error says that its memory is exhausted."""
    return "RESOURCE_EXHAUSTED" in str(error) or "out of memory" in str(error).lower()
