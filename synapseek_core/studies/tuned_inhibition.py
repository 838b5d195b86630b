"""Tuned inhibition (Confavreux et al., NeurIPS 2020; set-up of Vogels et al., Science 2011)."""

from __future__ import annotations

from synapseek_core.interfaces.settings import (
    DegeneracySettings,
    EvaluationSettings,
    GeneralisationSettings,
    PriorSettings,
)
from synapseek_core.interfaces.study import StudyDefinition
from synapseek_core.quantities import C20, C23, V11
from synapseek_core.search.settings.evolution import CMAESSettings, SteinVariationalSettings
from synapseek_core.tasks import registry
from synapseek_core.tasks.recurrent import spiking
from synapseek_core.tasks.tuned.settings import TunedInhibitionStudy

SOURCES = {"prior.bounds": C23, "reference": V11}

TUNED_INHIBITION = StudyDefinition(
    TunedInhibitionStudy(
        # alpha = -2 r_target tau gamma; gamma and kappa of 2, not 1, only double the learning rate.
        reference={
            "vogels_2011": {
                "tau_pre": 0.020,
                "tau_post": 0.020,
                "alpha": -0.8,
                "beta": 0.0,
                "gamma": 2.0,
                "kappa": 2.0,
            }
        },
        prior=PriorSettings(bounds=spiking.PAIR_RULE_BOUNDS),
        search={
            "cma_es": CMAESSettings(
                start={**spiking.PAIR_RULE_BOUNDS},
                step_size=1.0,
                population_size=10,
                boundary_penalty=10.0,
                generations=40,
                trials=2,
                restarts=20,
                chunk=40,
            ),
            "stein_variational": SteinVariationalSettings(
                start={**spiking.PAIR_RULE_BOUNDS},
                step_size=1.0,
                population_size=6,
                particles=10,
                repulsion=0.5,
                boundary_penalty=10.0,
                generations=40,
                trials=2,
                restarts=1,
                chunk=40,
            ),
        },
        evaluation=EvaluationSettings(trials=20),
        generalisation=GeneralisationSettings(
            conditions={
                "weak_input": {"input": {"modulation": 50.0}},
                "strong_input": {"input": {"modulation": 120.0}},
                "broad_tuning": {"network": {"tuning": {"exponent": 1.5}}},
                "no_tuning": {"network": {"tuning": {"peak": 0.0, "floor": 0.6}}},
            },
            trials=20,
        ),
        # The best rules lose 0.1 to the irregularity of spikes; an error of 10 % in the rate costs as much again.
        degeneracy=DegeneracySettings(displacements=(0.25, 0.5, 1.0), draws=0, solved_loss=0.2),
    ),
    registry.TUNED_INHIBITION,
    ("tuned_inhibition", "mean_field_manifold"),
    references=f"{C20}; {V11}",
    sources=SOURCES,
    degeneracy=("manifold_cloud",),
)
