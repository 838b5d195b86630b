"""PCA network: rules on feedforward and lateral weights must make outputs span the leading principal components.

    y = W x - M y,   loss: subspace or ordered, see `synapseek_core.linear.loss`

Reference pair: Oja's rule on W with an anti-Hebbian rule on M, dM_ij = eta y_i y_j, which decorrelates the outputs.
Source: Confavreux et al., NeurIPS 2020; Foldiak, IJCNN 1989; ordered: Rubner and Tavan, Europhys Lett 10:693, 1989.
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
from synapseek_core.quantities import C20, uniform
from synapseek_core.search.settings.gradient import GradientSettings
from synapseek_core.tasks import registry
from synapseek_core.tasks.linear.settings import (
    DataSettings,
    RateNetworkSettings,
    RatePlasticity,
    RateProtocol,
    RateStudy,
)

START: dict[str, Any] = {"feedforward": (-0.03, 0.03), "lateral": (-0.03, 0.03)}

LONGER: dict[str, Any] = {"steps": 2000}
DIMENSIONS = (5, 10, 20, 50)

DESCENT = GradientSettings(
    start=START,
    l1_penalty=0.004,
    generations=400,
    trials=16,
    restarts=10,
    chunk=400,
    learning_rate=0.03,
    halving=100.0,
    clipping=0.1,
)

PCA_NETWORK = StudyDefinition(
    RateStudy(
        plasticity=RatePlasticity(synapse_types=("feedforward", "lateral")),
        reference={
            "oja_anti_hebbian": {
                "feedforward": 0.0,
                "feedforward.theta_110": 1.0,
                "feedforward.theta_021": -1.0,
                "lateral": 0.0,
                "lateral.theta_110": 1.0,
            }
        },
        prior=PriorSettings(bounds={"feedforward": (-1.0, 1.0), "lateral": (-1.0, 1.0)}, samples=50),
        search={
            "gradient": DESCENT,
            # Without the penalty: does the loss alone choose the pair?
            "unpenalised": DESCENT.model_copy(update={"l1_penalty": 0.0, "restarts": 3}),
        },
        network=RateNetworkSettings(outputs=3, learning_rate=0.1, learning_rate_halving=50.0),
        data=DataSettings(spectrum="floor", decay=uniform(0.05, 0.2), variance=uniform(0.5, 1.5)),
        protocol=RateProtocol(loss="subspace"),
        evaluation=EvaluationSettings(trials=20, batch_size=250),
        generalisation=GeneralisationSettings(
            trials=20,
            conditions={
                **{f"{n} inputs": {"network": {"inputs": n}, "protocol": LONGER} for n in DIMENSIONS},
                "geometric spectrum": {"data": {"spectrum": "geometric", "decay": 0.5}, "protocol": LONGER},
                "ordered": {"network": {"lateral": "hierarchical"}, "protocol": LONGER | {"loss": "ordered"}},
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
