"""Families of rules on several synapse types at once."""

from __future__ import annotations

from typing import Any

from synapseek_core.interfaces.inference import InferenceSettings, PopulationSettings, RoundSettings
from synapseek_core.interfaces.settings import PriorSettings
from synapseek_core.interfaces.study import StudyDefinition
from synapseek_core.neurons.cvaif import CVAIFSettings
from synapseek_core.neurons.if_nmda import IFSettings
from synapseek_core.quantities import C23, Bounds, fixed, uniform
from synapseek_core.tasks import registry
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.families.settings import (
    PLAUSIBLE,
    FamiliesEvaluation,
    FamiliesProtocol,
    FamiliesStudy,
)

ROUNDS = {
    "round_1": RoundSettings(target=("stable_activity",)),
    "round_2": RoundSettings(filter=("stable_activity",), target=("stable_activity", "stable_weights")),
    "round_3": RoundSettings(filter=("stable_activity",), target=tuple(PLAUSIBLE)),
}
"""Constraints are added round by round, as published: the rate, then the weights, then the rest."""


SOURCES: dict[str, str] = {
    f"{section}.{key}": C23
    for section, keys in {
        "plasticity": ("family", "synapse_types"),
        "network": ("excitatory", "inhibitory", "connection_probability", "learning_rate"),
        "network.weight": ("EE", "EI", "IE", "II"),
        "network.maximum_weight": ("EE", "EI", "IE", "II"),
        "network.neuron": ("tau_voltage", "tau_excitatory", "tau_inhibitory"),
        "input": ("rate", "weight"),
        "protocol": ("highest_rate",),
        "evaluation": ("trials",),
    }.items()
    for key in keys
}

# Published in-degrees, a third of the training at three times the learning rate, and as much of the window.
PREVIEW: dict[str, Any] = {
    "network": {"excitatory": 800, "inhibitory": 200, "connection_probability": 0.5, "learning_rate": 0.03},
    "protocol": {"training_time": 20.0, "scoring_time": 4.0},
    "prior": {"samples": 300},
    "inference": {"rounds": {name: {"samples": 150} for name in ROUNDS}, "populations": {"plausible": {"size": 240}}},
    "examples": {"training_time": 400.0},
    "evaluation": {"batch_size": 50},
}

# Half of the training at twice the learning rate, which is the rules' own: at more, single updates of a perceptron
# would move weights too far.
PREVIEW_MLP: dict[str, Any] = {
    "network": {"excitatory": 800, "inhibitory": 200, "connection_probability": 0.5, "learning_rate": 2.0},
    "protocol": {"training_time": 30.0, "scoring_time": 5.0},
    "prior": {"samples": 120},
    "inference": {"rounds": {name: {"samples": 60} for name in ROUNDS}, "populations": {"plausible": {"size": 120}}},
    "examples": {"rules": 4, "training_time": 300.0},
}


def _study(
    preview: dict[str, Any],
    neuron: IFSettings | CVAIFSettings,
    learning_rate: float,
    plasticity: spiking.SpikingPlasticity,
    bounds: dict[str, Bounds],
    protocol: FamiliesProtocol,
) -> StudyDefinition:
    """Return the study of families of these rules on such neurons."""
    return StudyDefinition(
        FamiliesStudy(
            plasticity=plasticity,
            network=spiking.NetworkSettings(
                neuron=neuron,
                excitatory=4096,
                inhibitory=1024,
                connection_probability=0.1,
                weight=spiking.WeightSettings(EE=fixed(0.1), EI=fixed(0.1), IE=fixed(1.0), II=fixed(1.0)),
                maximum_weight=spiking.MaximumWeightSettings(
                    EE=fixed(20.0), EI=fixed(20.0), IE=fixed(20.0), II=fixed(20.0)
                ),
                learning_rate=learning_rate,
            ),
            input=spiking.RandomInputSettings(rate=uniform(5.0, 15.0), weight=0.075),
            prior=PriorSettings(bounds=bounds, samples=400),
            inference=InferenceSettings(rounds=ROUNDS, populations={"plausible": PopulationSettings()}),
            evaluation=FamiliesEvaluation(trials=1, batch_size=20),
            protocol=protocol,
        ),
        registry.FAMILIES,
        ("plausibility", "marginals", "free_directions", "structure", "calibration", "examples", "endurance"),
        preview,
        C23,
        SOURCES,
    )


FAMILIES_POLYNOMIAL = _study(
    PREVIEW,
    IFSettings(),
    0.01,
    spiking.SpikingPlasticity(synapse_types=spiking.SYNAPSE_TYPES),
    spiking.PAIR_RULE_BOUNDS,
    FamiliesProtocol(),
)
# The low-pass filters of the published runs had time constants of 1 s.
FAMILIES_MLP = _study(
    PREVIEW_MLP,
    CVAIFSettings(tau_voltage=1.0, tau_excitatory=1.0, tau_inhibitory=1.0),
    1.0,
    spiking.SpikingPlasticity(family="mlp", synapse_types=("EE", "IE")),
    {"EE": (-1.0, 1.0), "IE": (-1.0, 1.0), "eta": (0.0, 1.0)},
    FamiliesProtocol(highest_rate=50.0),
)
