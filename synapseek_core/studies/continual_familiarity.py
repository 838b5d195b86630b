"""The studies of continual familiarity detection: HebbFF free and forced, its capacity, and what it is compared with.

Source: Tyulmankov, Yang and Abbott, Neuron 110:544, 2022. Published runs saw one stream an update, at a learning rate
of 0.001 in the weights themselves. Their curriculum looked at every tenth stream and went on when at most 2 of 1000
patterns in five such streams in a row were called wrong. In a million updates that happens by chance to a network of
accuracy 0.984 too, so that how far a curriculum gets depends on how many streams it looks at. Here an update has many
streams, and many are looked at after each generation, with the same criterion.
"""

from __future__ import annotations

from typing import Any

from synapseek_core.interfaces.search import CurriculumSettings
from synapseek_core.interfaces.settings import (
    DegeneracySettings,
    EvaluationSettings,
    GeneralisationSettings,
    PriorSettings,
    SearchSettings,
)
from synapseek_core.interfaces.study import StudyDefinition
from synapseek_core.quantities import CHOICE, T22, Bounds
from synapseek_core.search.settings.evolution import CMAESSettings, SeparableCMAESSettings
from synapseek_core.search.settings.gradient import GradientSettings
from synapseek_core.tasks import registry
from synapseek_core.tasks.streams.settings import (
    ContinualFamiliarityStudy,
    NetworkPlasticity,
    StreamNetworkSettings,
)

ROOT_3 = 3**0.5
"""A uniform distribution on [-sqrt(3), sqrt(3)] has variance 1, as the published starts of weights and biases."""

START: dict[str, float | Bounds] = {"feedforward": (-ROOT_3, ROOT_3), "lambda": 0.99, "eta_d": -5.0}
BOUNDS: dict[str, Bounds] = {"feedforward": (-1e3, 1e3), "lambda": (1e-6, 1 - 1e-6), "eta_d": (-1e3, 1e3)}

INTERVALS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
CONDITIONS: dict[str, dict[str, Any]] = {
    **{f"R = {interval}": {"stream": {"interval": interval}} for interval in INTERVALS},
    **{f"{round(100 * noise)} % noise": {"stream": {"noise": noise}} for noise in (0.05, 0.1, 0.2)},
    **{f"correlation {value:g}": {"stream": {"correlation": value}} for value in (0.1, 0.3)},
    "many repeats": {"stream": {"multiple_repeats": True}},
}

DESCENT = GradientSettings(
    start=START,
    learning_rate=0.1,
    halving=None,
    clipping=10.0,
    updates=50,
    generations=200,
    trials=32,
    restarts=10,
    chunk=40,
)

LONG: dict[str, Any] = {"generations": 1000, "chunk": 100, "trials": 16, "restarts": 1}
SHORT: dict[str, Any] = {"generations": 60, "chunk": 60, "trials": 16, "restarts": 2}


SOURCES: dict[str, str] = {
    "prior.bounds": CHOICE,
    "search.curriculum.generations": CHOICE,
    "search.curriculum.curriculum.start": T22,
    **{f"search.{name}.start": T22 for name in ("gradient", "curriculum", "evolution")},
}

PREVIEW: dict[str, Any] = {
    "network": {"inputs": 25, "units": 25},
    "search": {"gradient": SHORT, "curriculum": SHORT},
    "evaluation": {"trials": 10},
    "generalisation": {"trials": 5},
}

PREVIEW_WITH_EVOLUTION: dict[str, Any] = {
    **PREVIEW,
    "search": {
        **PREVIEW["search"],
        "evolution": {"generations": 600, "chunk": 200, "restarts": 1},
    },
}

PREVIEW_OF_CAPACITY: dict[str, Any] = {"search": {"curriculum": {"generations": 120, "chunk": 120}}}

SOURCES_OF_MODEL: dict[str, str] = {"prior.bounds": CHOICE}

PREVIEW_OF_MODEL: dict[str, Any] = {
    "network": {"inputs": 25, "units": 25},
    "evaluation": {"trials": 10},
    "generalisation": {"trials": 5},
}


def _study(
    preview: dict[str, Any],
    plasticity: NetworkPlasticity,
    search: dict[str, SearchSettings],
    figures: tuple[str, ...],
    bounds: dict[str, Bounds] = BOUNDS,
    sources: dict[str, str] = SOURCES,
    **sections: Any,
) -> StudyDefinition:
    settings = ContinualFamiliarityStudy(
        plasticity=plasticity,
        prior=PriorSettings(bounds=bounds, samples=0),
        search=search,
        evaluation=EvaluationSettings(trials=20),
        generalisation=GeneralisationSettings(conditions=CONDITIONS, trials=10),
        # An accuracy of about 0.97.
        degeneracy=DegeneracySettings(draws=0, solved_loss=0.1),
        **sections,
    )
    return StudyDefinition(
        settings, registry.CONTINUAL_FAMILIARITY, figures, preview, T22, sources, ("learned_networks",)
    )


def _descents(**start: float | Bounds) -> dict[str, SearchSettings]:
    """Return gradient descents at one repeat interval, and with the curriculum."""
    one = DESCENT.model_copy(update={"start": START | start})
    rising = CurriculumSettings(start=2, trials=32)
    return {"gradient": one, "curriculum": one.model_copy(update={"curriculum": rising, "generations": 400})}


FIGURES = ("curriculum", "repeat_intervals", "plastic_network")

CONTINUAL_FAMILIARITY = _study(
    PREVIEW_WITH_EVOLUTION,
    NetworkPlasticity(),
    {
        **_descents(),
        "evolution": SeparableCMAESSettings(
            start=START, step_size=0.3, population_size=32, generations=4000, trials=16, restarts=3, chunk=200
        ),
    },
    FIGURES,
)
CONTINUAL_FAMILIARITY_HEBBIAN = _study(
    PREVIEW,
    NetworkPlasticity(sign="hebbian"),
    _descents(eta_d=5.0),
    FIGURES,
    BOUNDS | {"eta_d": (1e-6, 1e3)},
)
CONTINUAL_FAMILIARITY_ANTI_HEBBIAN = _study(
    PREVIEW,
    NetworkPlasticity(sign="anti_hebbian"),
    _descents(),
    FIGURES,
    BOUNDS | {"eta_d": (-1e3, -1e-6)},
)
CONTINUAL_FAMILIARITY_CAPACITY = _study(
    PREVIEW_OF_CAPACITY,
    NetworkPlasticity(readout="uniform"),
    {"curriculum": DESCENT.model_copy(update={"curriculum": CurriculumSettings(trials=64), **LONG})},
    ("curriculum",),
    network=StreamNetworkSettings(inputs=25, units=2),
)
CONTINUAL_FAMILIARITY_LSTM = _study(
    PREVIEW,
    NetworkPlasticity(family="lstm"),
    {
        name: search.model_copy(update={"start": {"feedforward": (-1.0, 1.0)}, "learning_rate": 0.03})
        for name, search in _descents().items()
    },
    ("curriculum", "repeat_intervals"),
    {"feedforward": (-1e3, 1e3)},
)
CONTINUAL_FAMILIARITY_BOGACZ_BROWN = _study(
    PREVIEW_OF_MODEL,
    NetworkPlasticity(family="bogacz_brown"),
    {
        "cma_es": CMAESSettings(
            start={"eta": 0.5, "threshold": 0.7, "slope": 10.0},
            step_size=0.3,
            population_size=12,
            generations=40,
            trials=16,
            restarts=3,
            chunk=40,
        )
    },
    ("learning_curves", "repeat_intervals", "degeneracy"),
    {"eta": (1e-3, 1e2), "threshold": (-10.0, 10.0), "slope": (1e-2, 1e3)},
    SOURCES_OF_MODEL,
)
