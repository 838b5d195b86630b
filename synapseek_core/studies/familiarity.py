"""Familiarity detection by pair rules on one or two synapse types of a recurrent network.

All published runs of September and October 2023, of one and of two plastic types, have one protocol: one familiar
pattern, the novel one tested first, plasticity going on in the tests, cuts of 20 and 10 Hz, stopped at 100 Hz. It is
read off the settings files, the analysis notebook (N_patterns 1) and the programs; where these differ (the released
program of one type freezes weights in the tests, that of two types begins with the familiar pattern, "to put back"), it
is the one with which final rules have their published losses. `familiarity_IE_2022` is the older protocol of the
released settings file and program: two familiar patterns, plasticity off in the tests. A run of December 2022 has its
losses with it.
"""

from __future__ import annotations

from typing import Any

from synapseek_core.interfaces.settings import DegeneracySettings, GeneralisationSettings, PriorSettings
from synapseek_core.interfaces.study import PublishedExperiment, StudyDefinition
from synapseek_core.quantities import C25
from synapseek_core.search.settings.evolution import CMAESSettings
from synapseek_core.studies.synapse_types import FAMILIARITY, fitted, initial_weights
from synapseek_core.tasks import registry
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.recurrent.familiarity.settings import FamiliarityProtocol, FamiliarityStudy
from synapseek_core.tasks.recurrent.patterns import PatternInputSettings

SOURCES: dict[str, str] = {"search.cma_es.start": C25, "published_run": C25}

# As in the preview of the stability studies: published in-degrees, a quarter of the training at five times the
# learning rate. Weights go on changing in the tests, five times as fast: in 2.5 s the novel pattern is as good as
# learned (the published rule answers to it with 20 Hz). So tests and breaks are shortened as much as the training, and
# with them the filter of the rate, or what is scored is mostly its onset. The published rule then has a loss of 0.03, a
# network that fires at 20 Hz whatever it sees one of 1/18; with the published filter it is the other way round.
PREVIEW: dict[str, Any] = {
    "network": {"excitatory": 800, "inhibitory": 200, "connection_probability": 0.2, "learning_rate": 0.05},
    "protocol": {
        "training_time": {"low": 8.0, "high": 9.0},
        "break_time": {"low": 0.3, "high": 0.6},
        "test_time": 1.2,
        "rate_time_constant": 0.2,
    },
    "prior": {"samples": 16},
    "search": {
        "cma_es": {
            "step_size": 0.3,
            "population_size": 16,
            "generations": 16,
            "trials": 3,
            "restarts": 2,
            "chunk": 8,
            "boundary_penalty": 10.0,
        }
    },
    "evaluation": {"trials": 6},
    "generalisation": {"trials": 4},
    "degeneracy": {"displacements": (0.2, 0.8), "draws": 2, "solved_loss": 0.05},
}

# The published rules of two types differ from no plasticity by hundredths; with wide steps familiarity_EE_IE ends where
# networks fire at 18 Hz whatever they see, with these it answers to the familiar pattern alone.
PREVIEW_OF_PAIRS = {**PREVIEW, "search": {"cma_es": {**PREVIEW["search"]["cma_es"], "step_size": 0.05}}}

PROTOCOL = (
    "one familiar pattern; the novel one is tested first; plasticity goes on in the tests; cuts of 20 and 10 Hz; "
    "stopped at 100 Hz"
)
PROTOCOL_2022 = (
    "the same, but two familiar patterns, of which the last one is tested, and no plasticity from the first break on"
)


def _study(
    synapse_types: tuple[str, ...],
    published_run: str | None = None,
    said: str = PROTOCOL,
    superseded: bool = False,
    **changes: Any,
) -> StudyDefinition:
    """Return the familiarity study in which these synapse types are plastic."""
    weights = initial_weights(FAMILIARITY, synapse_types)
    # A pair of types is tested for stability in a network like its own.
    stability = {"base": f"stability_{synapse_types[-1]}", "network": {"weight": weights.model_dump()}}
    return StudyDefinition(
        FamiliarityStudy(
            published_run=published_run,
            plasticity=spiking.SpikingPlasticity(synapse_types=synapse_types),
            network=spiking.NetworkSettings(weight=weights),
            prior=PriorSettings(bounds=spiking.PAIR_RULE_BOUNDS),
            search={"cma_es": CMAESSettings(start=spiking.NO_PLASTICITY)},
            generalisation=GeneralisationSettings(conditions={"stability": stability, "familiarity": {}}),
            # A network that fires at 20 Hz whatever it sees has a loss of 1/18.
            degeneracy=DegeneracySettings(solved_loss=0.05),
            **changes,
        ),
        registry.FAMILIARITY,
        ("learning_curves", "familiarity", "spike_timing_window", "degeneracy"),
        PREVIEW if len(synapse_types) == 1 else PREVIEW_OF_PAIRS,
        C25,
        SOURCES,
        ("familiar_rates", "rule_function"),
        published_experiment=PublishedExperiment(said, fitted(FAMILIARITY, synapse_types), superseded),
    )


FAMILIARITY_EE = _study(("EE",), "2309231749_FamDet_Lbasic_TIF_EE_6pPol")
FAMILIARITY_EI = _study(("EI",))
FAMILIARITY_IE = _study(("IE",), "2309211155_FamDet_Lbasic_TIF_IE_6pPol")
FAMILIARITY_II = _study(("II",))
FAMILIARITY_EE_EI = _study(("EE", "EI"))
FAMILIARITY_EE_IE = _study(("EE", "IE"), "2310070017_FamDet_Lbasic_TIF_EEIE_6pPol")
FAMILIARITY_EE_II = _study(("EE", "II"))
FAMILIARITY_EI_IE = _study(("EI", "IE"))
FAMILIARITY_IE_2022 = _study(
    ("IE",),
    said=PROTOCOL_2022,
    superseded=True,
    input=PatternInputSettings(familiar_patterns=2),
    protocol=FamiliarityProtocol(plastic_during_test=False),
)
