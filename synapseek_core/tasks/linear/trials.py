"""The network and the trials of the task on linear rate networks."""

from __future__ import annotations

import numpy as np

from synapseek_core.linear.data import Batch, DataSet, draw_data_set, spectrum
from synapseek_core.linear.network import RateNetwork
from synapseek_core.seeds import Trials
from synapseek_core.tasks.linear.settings import RateStudy


def build_network(settings: RateStudy) -> RateNetwork:
    """Return the network that all trials share."""
    network = settings.network
    return RateNetwork(
        family=settings.plasticity.rule_family,
        plastic=settings.plasticity.synapse_types,
        hierarchical=network.lateral == "hierarchical",
        settling=network.settling,
        learning_rate=network.learning_rate,
        halving=network.learning_rate_halving,
        bound=network.maximum_weight,
    )


def build_trial(settings: RateStudy, trials: Trials, trial: int) -> tuple[np.ndarray, DataSet]:
    """Draw initial weights (output, input) and data set of one trial, the same for every rule."""
    draw, shape = trials.generator(trial, "nuisance"), (settings.network.outputs, settings.network.inputs)
    decay, variance = settings.data.decay.sample(draw), settings.data.variance.sample(draw)
    lengths = np.array([settings.network.initial_length.sample(draw) for _ in range(shape[0])])
    direction = trials.generator(trial, "connectivity").standard_normal(shape)
    weights = direction * (lengths / np.linalg.norm(direction, axis=1))[:, None]
    eigenvalues = variance * spectrum(settings.data.spectrum, decay, shape[1], shape[0])
    return weights, draw_data_set(eigenvalues, settings.protocol.steps, trials.generator(trial, "input"))


def build_batch(settings: RateStudy, trials: Trials) -> Batch:
    """Return all trials as arrays."""
    weights, sets = zip(*(build_trial(settings, trials, k) for k in range(trials.count)), strict=True)
    return Batch.of(weights, sets, settings.network.outputs)
