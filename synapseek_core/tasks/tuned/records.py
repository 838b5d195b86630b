"""Results of the tuned-inhibition task derived from its records: rates of single neurons, tuning of their weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from synapseek_core.engine.records import Record
from synapseek_core.tasks.tuned.network import TunedNetwork

Records = Sequence[Sequence[Record]]
"""[rule][trial], with the spikes of all neurons and the weights of all inhibitory synapses."""


def kept(record: Record, synapses: int, keep_spikes: bool) -> Record:
    """Return the record with evenly spaced samples of its weights, and spikes only if wanted."""
    count = record.weight_sample.shape[2]
    chosen = np.linspace(0, count - 1, min(synapses, count)).astype(int)
    spikes = record.spikes if keep_spikes else record.spikes[:0]
    return dataclasses.replace(record, weight_sample=record.weight_sample[:, :, chosen], spikes=spikes)


def neuron_rates(records: Records, neurons: int, bins: int, bin_steps: int, width: float) -> dict[str, Any]:
    """Return the rate of each neuron in every bin; `width` is that of a bin in s."""

    def counts(record: Record) -> np.ndarray:
        step, neuron = record.spikes.T
        place = neuron * bins + step // bin_steps
        return np.bincount(place, minlength=neurons * bins).reshape(neurons, bins)

    rate = np.array([[counts(record) for record in row] for row in records]) / width
    attributes = {"units": "Hz", "long_name": "rate of the neuron in the bin"}
    return {"neuron_rate": (("rule", "trial", "neuron", "rate_time"), rate.astype(np.float32), attributes)}


def tuning_table(networks: Sequence[TunedNetwork], records: Records) -> dict[str, Any]:
    """Return the mean weights of the inputs of each signal over the trial, and the tuning correlation at its end.

    That correlation is between inhibitory and excitatory tuning.

    Args:
        networks: of the trials.
    """
    excitatory = np.array([network.tuning(network.excitatory_weights()) for network in networks], np.float32)
    last = np.array([record.weight_sample.shape[1] - 1 for record in records[0]])
    inhibitory = np.array([_inhibitory_tuning(networks, row, max(last) + 1) for row in records])
    final = inhibitory[:, np.arange(len(networks)), last]
    correlation = tuning_correlation(final, excitatory).mean(-1)
    weight = "mean weight of the {} inputs of a signal, mean over neurons"
    variables = {
        "excitatory_tuning": (("trial",), excitatory.mean(1), weight.format("excitatory")),
        "inhibitory_tuning": (("rule", "trial", "weight_time"), inhibitory.mean(3), weight.format("inhibitory")),
        "signal_distance": ((), networks[0].signal_distance, "signal, counted from the neuron's preferred one"),
    }
    table: dict[str, Any] = {
        name: ((*dims, "signal_distance"), values, {"units": "1", "long_name": text})
        for name, (dims, values, text) in variables.items()
    }
    text = "correlation of a neuron's final inhibitory and excitatory tuning, mean over neurons"
    table["tuning_correlation"] = (("rule", "trial"), correlation, {"units": "1", "long_name": text})
    return table


def _inhibitory_tuning(networks: Sequence[TunedNetwork], row: Sequence[Record], samples: int) -> np.ndarray:
    """Return the tuning (trial, weight_time, neuron, signal_distance) under one rule; NaN after the end of a trial."""
    neurons = networks[0].network.neurons
    padded = np.full((len(row), samples, neurons, networks[0].inputs.signals), np.nan, np.float32)
    for trial, (network, record) in enumerate(zip(networks, row, strict=True)):
        weights = record.weight_sample[0].reshape(len(record.weight_sample[0]), -1, neurons)
        padded[trial, : len(weights)] = network.tuning(np.swapaxes(weights, 1, 2))
    return padded


def tuning_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the Pearson correlation (...) over the last axis; 0 where either argument is constant."""
    first, second = (x - x.mean(-1, keepdims=True) for x in (first, second))
    scale = np.sqrt((first**2).sum(-1) * (second**2).sum(-1))
    return np.divide((first * second).sum(-1), scale, out=np.zeros(scale.shape), where=scale != 0)
