"""Stability of a recurrent network by a pair rule on one synapse type."""

from __future__ import annotations

from typing import Any

from synapseek_core.interfaces.settings import GeneralisationSettings, PriorSettings
from synapseek_core.interfaces.study import PublishedExperiment, StudyDefinition
from synapseek_core.quantities import C23, C25
from synapseek_core.search.settings.evolution import CMAESSettings
from synapseek_core.studies import synapse_types
from synapseek_core.tasks import registry
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.stability.settings import StabilityStudy

SOURCES: dict[str, str] = {"search.cma_es.start": C25, "prior.bounds": C23, "published_run": C25}

# In-degrees are those of the published network: 160 E, 40 I and 250 inputs a neuron. Training is a fifth as long,
# so the learning rate is five times as high: a rule moves the weights as far.
PREVIEW: dict[str, Any] = {
    "network": {"excitatory": 800, "inhibitory": 200, "connection_probability": 0.2, "learning_rate": 0.05},
    "protocol": {"training_time": {"low": 6.0, "high": 9.0}, "scoring_time": 3.0},
    "prior": {"samples": 32},
    # A wider start than the published one: a preview has 24 generations, not 400. More rules and fewer trials than
    # published leave fewer searches in a local optimum (alpha > 0, beta < 0). Time constants that drift below the
    # prior's would leave mean-field theory, hence the boundary.
    "search": {
        "cma_es": {
            "step_size": 0.3,
            "population_size": 16,
            "generations": 24,
            "trials": 4,
            "restarts": 3,
            "chunk": 8,
            "boundary_penalty": 10.0,
        }
    },
    "evaluation": {"trials": 6},
    "generalisation": {"trials": 4},
    "degeneracy": {"solved_loss": 0.2},
}


def _study(synapse_type: str, published_run: str | None = None) -> StudyDefinition:
    """Return the stability study in which one synapse type is plastic."""
    return StudyDefinition(
        StabilityStudy(
            published_run=published_run,
            plasticity=spiking.SpikingPlasticity(synapse_types=(synapse_type,)),
            network=spiking.NetworkSettings(
                weight=synapse_types.initial_weights(synapse_types.STABILITY, (synapse_type,))
            ),
            prior=PriorSettings(bounds=spiking.PAIR_RULE_BOUNDS),
            search={"cma_es": CMAESSettings(start=spiking.NO_PLASTICITY)},
            generalisation=GeneralisationSettings(
                conditions={"stability": {}, "familiarity": {"base": f"familiarity_{synapse_type}"}}
            ),
        ),
        registry.STABILITY,
        ("learning_curves", "activity", "spike_timing_window", "degeneracy"),
        PREVIEW,
        C25,
        SOURCES,
        ("mean_field_rate", "rule_function"),
        published_experiment=PublishedExperiment(
            "constant input; 5 s scored after 30 to 45 s; 10 Hz wanted; stopped below 0.1 Hz and above 100 Hz",
            synapse_types.fitted(synapse_types.STABILITY, (synapse_type,)),
        ),
    )


STABILITY_EE = _study("EE", "2309171319_bg_TIF_EE_6pPol")
STABILITY_EI = _study("EI")
STABILITY_IE = _study("IE", "2212091405_bg_TIF_IE_6pPol")
STABILITY_II = _study("II")
