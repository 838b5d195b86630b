"""The network that the engine is timed and checked on, and the rules of its reference runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from synapseek_core.engine.connectivity import projection, random_pairs
from synapseek_core.engine.inputs import PoissonSource
from synapseek_core.engine.network import Group, Network, Plasticity, RateBounds, Trial
from synapseek_core.neurons.if_nmda import IFSettings
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.plasticity.family import PlasticityFamily
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.seeds import Trials, generator

SYNAPSE_TYPES = ("EE", "EI", "IE", "II")
INITIAL_WEIGHT = {"EE": 0.1, "EI": 0.1, "IE": 1.0, "II": 1.0}
"""Initial weights of the published runs."""

SETTLED_WEIGHT = INITIAL_WEIGHT | {"IE": 0.92}
"""About what `THETA` arrives at, so that rates are stationary, at about 9 Hz, soon after the start."""

THETA = np.array(
    [
        [0.02, 0.02, 0.0, 0.0, 0.0, 0.0],
        [0.02, 0.02, 0.0, 0.0, 0.0, 0.0],
        [0.02, 0.02, -0.36, 0.0, 1.0, 1.0],
        [0.02, 0.02, 0.0, 0.0, 0.0, 0.0],
    ],
    np.float32,
)
"""tau_pre, tau_post (s), alpha, beta, gamma, kappa of each type: inhibition onto E follows Vogels et al. 2011 at 9 Hz,
the others stand still but for being computed."""


def reference_rules() -> xr.Dataset:
    """Return rules simulated with the original program; see the file's attributes."""
    return xr.load_dataset(Path(__file__).parents[1] / "tests" / "data" / "families_polynomial_rules.nc")


def prior_rules(count: int) -> np.ndarray:
    """Return draws (rule, synapse type, parameter) from the prior of Confavreux et al. 2023."""
    low, high = np.array([[0.01, 0.01, -2, -2, -2, -2], [0.1, 0.1, 2, 2, 2, 2]])
    draws = [generator(0, "prior", k).random((len(SYNAPSE_TYPES), len(low))) for k in range(count)]
    return (low + (high - low) * np.array(draws)).astype(np.float32)


def four_types(
    excitatory: int = 4096,
    inhibitory: int = 1024,
    probability: float = 0.1,
    seconds: float = 10.0,
    input_rate: float = 10.0,
    family: PlasticityFamily = SPIKING_FAMILIES["pair"],
    number: int = 0,
    weight: Mapping[str, float] = SETTLED_WEIGHT,
    highest_rate: float = 1e6,
    scored_from: float = 0.0,
) -> tuple[Network, Trial]:
    """Return a network and a trial: IF neurons, four plastic synapse types, 5000 Poisson inputs.

    Source: Confavreux et al. 2023.
    """
    neurons = excitatory + inhibitory
    groups = {"E": Group("E", 0, excitatory), "I": Group("I", excitatory, neurons)}
    everyone, source = Group("neurons", 0, neurons), Group("input", neurons, neurons + 5000)
    # As in the published program, the checked rate starts midway; silence does not stop a run.
    bounds = RateBounds("E", 1.0, -1.0, highest_rate)
    network = Network(IFSettings().build(), (groups["E"], groups["I"]), source.size, family, SYNAPSE_TYPES, bounds)
    trials = Trials(0, ("benchmark",), number + 1)
    connect = trials.generator(number, "connectivity")
    projections = []
    for name in SYNAPSE_TYPES:
        pre, post = groups[name[0]], groups[name[1]]
        pairs = random_pairs(pre, post, probability, connect)
        transmitter = "ampa" if name[0] == "E" else "gaba"
        projections.append(projection(name, pre, post, transmitter, pairs, weight[name], Plasticity(0.01, 20.0)))
    pairs = random_pairs(source, everyone, 0.05, connect)
    projections.append(projection("input", source, everyone, "ampa", pairs, 0.075))
    spikes = PoissonSource(source.size, input_rate, trials, number)
    steps = round(seconds / TIME_STEP)
    return network, Trial(tuple(projections), spikes, steps, ((round(scored_from / TIME_STEP), steps),))


def rates(network: Network, trial: Trial, record) -> np.ndarray:
    """Return the mean rate (population,) in Hz in the scored window."""
    first, last = trial.windows[0]
    counts = [record.window_counts[0, group.start : group.stop].mean() for group in network.populations]
    return np.array(counts) / ((last - first) * TIME_STEP)
