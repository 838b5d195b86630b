"""The networks that the engine is timed on."""

from __future__ import annotations

import numpy as np

from synapseek_core.engine.connectivity import projection, random_pairs
from synapseek_core.engine.inputs import PoissonSource
from synapseek_core.engine.network import Group, Network, Plasticity, RateBounds, Trial
from synapseek_core.neurons import TIME_STEP, IFSettings
from synapseek_core.plasticity import FAMILIES, PlasticityFamily
from synapseek_core.seeds import Trials

SYNAPSE_TYPES = ("EE", "EI", "IE", "II")
# w_IE is what the rule below arrives at, so that rates are stationary, at about 9 Hz, from the start.
INITIAL_WEIGHT = {"EE": 0.1, "EI": 0.1, "IE": 0.94, "II": 1.0}
# The hand-made rule of the reference runs: inhibition onto E follows Vogels et al. 2011 at 8 Hz, the others stand still
# but for being computed. tau_pre, tau_post (s), alpha, beta, gamma, kappa.
THETA = np.array(
    [
        [0.02, 0.02, 0.0, 0.0, 0.0, 0.0],
        [0.02, 0.02, 0.0, 0.0, 0.0, 0.0],
        [0.02, 0.02, -0.32, 0.0, 1.0, 1.0],
        [0.02, 0.02, 0.0, 0.0, 0.0, 0.0],
    ],
    np.float32,
)


def four_types(
    excitatory: int = 4096,
    inhibitory: int = 1024,
    probability: float = 0.1,
    seconds: float = 10.0,
    input_rate: float = 10.0,
    family: PlasticityFamily = FAMILIES["pair"],
    number: int = 0,
) -> tuple[Network, Trial]:
    """IF neurons, four plastic synapse types, 5000 Poisson inputs (Confavreux et al. 2023): one network, one trial."""
    neurons = excitatory + inhibitory
    groups = {"E": Group("E", 0, excitatory), "I": Group("I", excitatory, neurons)}
    everyone, source = Group("neurons", 0, neurons), Group("input", neurons, neurons + 5000)
    network = Network(
        IFSettings().build(),
        (groups["E"], groups["I"]),
        source.size,
        family,
        SYNAPSE_TYPES,
        RateBounds("E", 1.0, -1.0, 1e6),
    )
    trials = Trials(0, ("benchmark",), number + 1)
    generator = trials.generator(number, "connectivity")
    projections = []
    for name in SYNAPSE_TYPES:
        pre, post = groups[name[0]], groups[name[1]]
        pairs = random_pairs(pre, post, probability, generator)
        transmitter = "ampa" if name[0] == "E" else "gaba"
        plasticity = Plasticity(0.01, 20.0)
        projections.append(projection(name, pre, post, transmitter, pairs, INITIAL_WEIGHT[name], plasticity))
    pairs = random_pairs(source, everyone, 0.05, generator)
    projections.append(projection("input", source, everyone, "ampa", pairs, 0.075))
    spikes = PoissonSource(source.size, input_rate, trials, number)
    return network, Trial(tuple(projections), spikes, round(seconds / TIME_STEP))
