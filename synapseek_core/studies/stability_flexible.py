"""Stability with flexible rules: rules that read the weight, the voltage and the currents, on CVAIF neurons.

The task of stability.py in a denser network of neurons with NMDA, adaptation and a moving threshold, with IE synapses
under the factored polynomial or the multilayer perceptron.
Source: Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025 (programs `bg_CVAIF_IE_Pol`, `bg_CVAIF_IE_MLP`).

The polynomial is that of the program that ran, with its error: its final rule has the published loss in that form and
not in the corrected one, which is `plasticity: {family: polynomial}`. The traces of the perceptron have the time
constants of the notebook that ran the search: with them its start has the published loss of 29, with those of the
analysis notebook, which are the family's own, one of 317.
"""

from __future__ import annotations

from typing import Any

from synapseek_core.interfaces.settings import EvaluationSettings, GeneralisationSettings, PriorSettings
from synapseek_core.interfaces.study import PublishedExperiment, StudyDefinition
from synapseek_core.neurons.cvaif import CVAIFSettings
from synapseek_core.quantities import C25, Bounds, fixed, log_uniform, uniform
from synapseek_core.search.settings.evolution import CMAESSettings
from synapseek_core.tasks import registry
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.stability.settings import StabilityStudy

READ_OUT_START = {"w_{}_0": 0.501, "w_{}_1": -0.275, "w_{}_2": 0.306, "w_{}_3": 0.086, "b_{}": -0.214}
"""Both read-outs of the rule at which the published search 2304160206 starts; its eta is 0.1."""

MLP_START: dict[str, float | Bounds] = {
    "eta": 0.1,
    **{name.format(side): value for side in ("pre", "post") for name, value in READ_OUT_START.items()},
}


TYPICAL_STATE = {"weight": 0.4, "voltage": -0.055, "excitatory_current": 0.14, "inhibitory_current": 0.12}
"""Means of a CVAIF neuron at 8 Hz that gets this network's synapses at 10 Hz (E) and 12 Hz (I), and its input."""

TYPICAL_RATES = {"presynaptic": 12.0, "postsynaptic": 10.0}
"""In Hz, of IE synapses; the mean of a trace is the rate times its time constant."""


MLP_TRACES = {"presynaptic_trace_2": 0.010, "postsynaptic_trace_1": 0.100}
"""Time constants in s of the published search that differ from the family's: both presynaptic traces have 10 ms, both
postsynaptic ones 100 ms."""


def knock_outs(plasticity: spiking.SpikingPlasticity) -> dict[str, dict[str, Any]]:
    """Return conditions in which the rules do not see one factor: it is clamped at its typical value."""
    rules = plasticity.rule_family
    traces = {"presynaptic": rules.presynaptic_traces, "postsynaptic": rules.postsynaptic_traces}
    held = {name: {name: value} for name, value in TYPICAL_STATE.items()}
    for side, own in traces.items():
        held[f"{side}_trace"] = {name: TYPICAL_RATES[side] * float(tau) for name, tau in own.items()}
    return {"as_learned": {}} | {f"without_{name}": {"plasticity": {"held": values}} for name, values in held.items()}


SOURCES: dict[str, str] = {"search.cma_es.start": C25, "published_run": C25} | {
    f"{section}.{key}": C25
    for section, keys in {
        "network": ("neuron", "excitatory", "inhibitory", "connection_probability"),
        "network.weight": ("EE", "EI", "IE", "II"),
        "network.maximum_weight": ("IE",),
        "input": ("rate",),
        "evaluation": ("trials",),
        "search.cma_es": ("trials",),
    }.items()
    for key in keys
}

# Published in-degrees. Training is a third as long at twice the learning rate: with the five times of the other
# previews single updates of the MLP would move weights too far.
PREVIEW: dict[str, Any] = {
    "network": {"excitatory": 800, "inhibitory": 200, "connection_probability": 0.5, "learning_rate": 2.0},
    "protocol": {"training_time": {"low": 10.0, "high": 12.0}, "scoring_time": 3.0},
    "prior": {"samples": 16},
    "search": {
        "cma_es": {
            "population_size": 16,
            "generations": 24,
            "trials": 3,
            "restarts": 1,
            "chunk": 8,
            "boundary_penalty": 10.0,
        },
    },
    "evaluation": {"trials": 4},
    "generalisation": {"trials": 2},
    "degeneracy": {"solved_loss": 0.3, "displacements": (0.2,), "draws": 2},
}


def _study(
    plasticity: spiking.SpikingPlasticity,
    rules: str,
    published_run: str | None,
    bounds: dict[str, Any],
    search: CMAESSettings,
) -> StudyDefinition:
    """Return the stability study with one family of rules on IE synapses."""
    return StudyDefinition(
        StabilityStudy(
            published_run=published_run,
            plasticity=plasticity,
            network=spiking.NetworkSettings(
                neuron=CVAIFSettings(),
                excitatory=4096,
                inhibitory=1024,
                connection_probability=0.1,
                weight=spiking.WeightSettings(EE=fixed(0.1), EI=fixed(0.1), IE=uniform(0.0, 0.1), II=fixed(1.0)),
                maximum_weight=spiking.MaximumWeightSettings(IE=log_uniform(10.0, 20.0)),
                # The rules have a learning rate of their own.
                learning_rate=1.0,
            ),
            input=spiking.RandomInputSettings(rate=uniform(4.0, 5.0)),
            prior=PriorSettings(bounds=bounds),
            search={"cma_es": search},
            evaluation=EvaluationSettings(trials=4),
            generalisation=GeneralisationSettings(conditions=knock_outs(plasticity), trials=4),
        ),
        registry.STABILITY,
        ("learning_curves", "activity", "rule_portrait", "rule_factors", "degeneracy"),
        PREVIEW,
        C25,
        SOURCES,
        ("mean_field_rate", "rule_function"),
        published_experiment=PublishedExperiment(f"constant input; 5 s scored after 30 to 45 s; 10 Hz wanted; {rules}"),
    )


STABILITY_IE_POLYNOMIAL = _study(
    spiking.SpikingPlasticity(family="polynomial_published", synapse_types=("IE",)),
    "polynomial of the program that ran, with its error",
    None,
    {"IE": (-1.0, 1.0), "pre_scale": (-0.1, 0.1), "post_scale": (-0.1, 0.1)},
    CMAESSettings(start={"IE": 0.0}, step_size=0.01, trials=4, population_size=14),
)
STABILITY_IE_MLP = _study(
    spiking.SpikingPlasticity(family="mlp", synapse_types=("IE",), trace_time_constants=MLP_TRACES),
    "traces of 10 ms (presynaptic) and 100 ms (postsynaptic), as in the notebook that ran the search",
    "2304160206_bg_CVAIF_IE_T4wvceciMLP",
    {"IE": (-2.0, 2.0), "eta": (0.0, 1.0)},
    CMAESSettings(start=MLP_START, trials=4),
)
