"""The modules that a stage reaches by names of the settings: backends, rule families, neurons, tasks, metrics."""

from __future__ import annotations

from collections.abc import Iterator

from synapseek_core.engine.registry import BACKENDS
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.interfaces.study import Condition
from synapseek_core.measures.registry import METRICS
from synapseek_core.neurons.base import NeuronBase
from synapseek_core.neurons.registry import NEURON_MODELS
from synapseek_core.registries import Registry, module_of
from synapseek_core.runtime import Backend


def of_rules(settings: StudySettings) -> tuple[str, ...]:
    """Return the modules of the family of a study's rules."""
    plasticity = settings.plasticity
    families = plasticity.families
    return (families.module(plasticity.family),) if isinstance(families, Registry) else ()


def of_simulation(condition: Condition, backend: Backend) -> tuple[str, ...]:
    """Return the modules that simulate rules in a condition."""
    settings = condition.settings
    return (
        module_of(condition.places.simulator),
        type(settings).__module__,
        *of_rules(settings),
        *_of_network(settings),
        *(_of_backend(backend) if _neuron(settings) else ()),
    )


def of_score(condition: Condition) -> tuple[str, ...]:
    """Return the modules that score activity in a condition."""
    return (module_of(condition.places.score), type(condition.settings).__module__)


def of_task(condition: Condition, backend: Backend) -> tuple[str, ...]:
    """Return the modules that simulate and score, and that give a search more than scores."""
    return (*of_simulation(condition, backend), *of_score(condition), module_of(condition.places.task))


def _neuron(settings: StudySettings) -> NeuronBase | None:
    return getattr(getattr(settings, "network", None), "neuron", None)


def _of_network(settings: StudySettings) -> Iterator[str]:
    if neuron := _neuron(settings):
        yield NEURON_MODELS.module(neuron.model)
    yield from map(METRICS.module, getattr(getattr(settings, "recording", None), "metrics", ()))


def _of_backend(backend: Backend) -> tuple[str, ...]:
    names = tuple(BACKENDS) if backend == "auto" else (backend,)
    return tuple(map(BACKENDS.module, names))
