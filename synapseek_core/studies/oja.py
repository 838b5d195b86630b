"""Oja: a rule must turn one linear neuron's weights into the leading principal component of its inputs.

    y = w . x,   loss = min(|w - c|^2, |w + c|^2), mean over data sets

The largest variance differs between data sets, so that a plain decay of weights cannot stand in for the term y^2 w that
keeps them at length 1. Source: Confavreux et al., NeurIPS 2020; Oja, J Math Biol 15:267, 1982.
"""

from __future__ import annotations

from typing import Any

from synapseek_core.interfaces.settings import (
    DegeneracySettings,
    EvaluationSettings,
    GeneralisationSettings,
    PriorSettings,
)
from synapseek_core.interfaces.study import StudyDefinition
from synapseek_core.quantities import C20
from synapseek_core.search.settings.evolution import CMAESSettings
from synapseek_core.search.settings.gradient import GradientSettings
from synapseek_core.tasks import registry
from synapseek_core.tasks.linear.settings import RateStudy

LONGER: dict[str, Any] = {"steps": 2000}
DIMENSIONS = (2, 5, 10, 20, 50)

START: dict[str, Any] = {"feedforward": (-0.1, 0.1)}

DESCENT = GradientSettings(
    start=START,
    l1_penalty=0.007,
    generations=800,
    trials=20,
    restarts=10,
    chunk=800,
    learning_rate=0.03,
    halving=150.0,
    clipping=0.1,
)

OJA = StudyDefinition(
    RateStudy(
        reference={"oja_1982": {"feedforward": 0.0, "theta_110": 1.0, "theta_021": -1.0}},
        prior=PriorSettings(bounds={"feedforward": (-1.0, 1.0)}, samples=50),
        search={
            "cma_es": CMAESSettings(
                start=START,
                l1_penalty=0.007,
                generations=1000,
                trials=20,
                restarts=10,
                chunk=500,
                mean_learning_rate=0.3,
                population_size=28,
            ),
            "gradient": DESCENT,
            # Without the penalty: does the loss alone choose the rule?
            "unpenalised": DESCENT.model_copy(update={"l1_penalty": 0.0, "restarts": 5}),
        },
        evaluation=EvaluationSettings(trials=20, batch_size=250),
        generalisation=GeneralisationSettings(
            trials=20,
            conditions={
                **{f"{n} inputs": {"network": {"inputs": n}, "protocol": LONGER} for n in DIMENSIONS},
                "power spectrum": {"data": {"spectrum": "power", "decay": 1.0}, "protocol": LONGER},
                "noise floor": {"data": {"spectrum": "floor", "decay": 0.3}, "protocol": LONGER},
            },
        ),
        degeneracy=DegeneracySettings(solved_loss=0.05, draws=0),
    ),
    registry.PRINCIPAL_COMPONENTS,
    ("rate_learning", "sensitivity"),
    references=C20,
    degeneracy=("curvature",),
    shows_tested=True,
)
