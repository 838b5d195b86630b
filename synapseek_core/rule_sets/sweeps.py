"""Rules of the sweeps of a population of sequential Monte Carlo, and those of its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.interfaces.study import EVALUATION
from synapseek_core.pipeline.results import (
    Data,
    FitnessOf,
    Need,
    PopulationOf,
    analysis_of,
    fitness_of,
    population_of,
    rules_of,
)
from synapseek_core.registries import module_of
from synapseek_core.rule_sets.mean_field import MEAN_FIELD
from synapseek_core.rule_sets.rule_set import RuleSet, numbered, rules
from synapseek_core.seeds import generator

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

FIRST_RULES, MOVES = "inference.first_rules:first_rules", "inference.sweeps:move_rules"
FEATURES = "inference.features:rule_features"
"""Places of what only these rule sets need."""


def sweep_name(population: str, sweep: int) -> str:
    """Return the name of the rule set of a sweep; 0 is that of the first rules."""
    return f"{population}_{sweep}"


def sweeps_of(settings: StudySettings) -> dict[str, tuple[str, int]]:
    """Return population and number of every sweep by the name of its rule set, in order."""
    found = settings.populations.items()
    return {sweep_name(name, sweep): (name, sweep) for name, own in found for sweep in range(own.sweeps + 1)}


def fitness_of_sweep(settings: StudySettings, population: str, sweep: int) -> FitnessOf:
    """Return the need of the fitness of a sweep, in the condition in which its population is simulated."""
    condition = settings.populations[population].condition or EVALUATION
    return fitness_of(sweep_name(population, sweep), condition)


def end_of(settings: StudySettings, population: str) -> PopulationOf:
    """Return the need of a population after its last sweep."""
    return population_of(population, settings.populations[population].sweeps)


def rules_of_sweep(settings: StudySettings, name: str, sweep: int) -> RuleSet:
    """Return the rule set of a sweep of a population: its first rules, or the moves that are simulated.

    Of `size` moves those are left out that are refused before, and all once the population is finished.
    """
    own = settings.populations[name]
    if sweep == 0 and own.begins_with is not None:
        return _of_other(settings, name, own.begins_with)
    theory: tuple[Need, ...] = (analysis_of(MEAN_FIELD),) if own.of_theory else ()
    earlier = range(sweep if own.missed is not None else 0)
    learned_from = [(rules_of(sweep_name(name, k)), fitness_of_sweep(settings, name, k)) for k in earlier]

    def count(settings: StudySettings) -> int:
        return _size(settings, name)

    def depends(settings: FamiliesStudy) -> dict[str, Any]:
        return settings.population_sections(name)

    def first(settings: FamiliesStudy, data: Data) -> xr.Dataset:
        # Here, as below: few jobs need it.
        from synapseek_core.inference.first_rules import first_rules

        found = first_rules(settings, name, data[theory[0]] if theory else None)
        table = numbered(settings, found["theta"].values, sweep_name(name, sweep))
        return table.assign({key: found[key] for key in ("predicted_rate", "log_density")})

    def moves(settings: FamiliesStudy, data: Data) -> xr.Dataset:
        from synapseek_core.inference.sweeps import move_rules

        before = [(data[one], data[other]) for one, other in learned_from]
        file = data[population_of(name, sweep - 1)]
        found = move_rules(settings, name, sweep, file, data[theory[0]] if theory else None, before)
        numbers = found["particle"].values
        table = numbered(settings, found["theta"].values, sweep_name(name, sweep), numbers)
        return table.assign({key: found[key] for key in found if key != "theta"})

    if sweep == 0:
        return RuleSet(first, count, needs=theory, depends=depends, modules=(module_of(FIRST_RULES),))
    needs = (population_of(name, sweep - 1), *theory, *(need for pair in learned_from for need in pair))
    return RuleSet(moves, count, needs=needs, depends=depends, modules=(module_of(MOVES), module_of(FEATURES)))


def _size(settings: StudySettings, name: str) -> int:
    """Return the largest number of rules of a population; one that begins with another has no more than that."""
    own = settings.populations[name]
    return own.size if own.begins_with is None else min(own.size, _size(settings, own.begins_with))


def _of_other(settings: StudySettings, name: str, other: str) -> RuleSet:
    """Return the first rules of a population that begins with another: distinct ones, in an order drawn at random."""
    end = end_of(settings, other)

    def count(settings: StudySettings) -> int:
        return _size(settings, name)

    def sample(settings: StudySettings, data: Data) -> xr.Dataset:
        theta = distinct_rules(settings, data[end])["theta"].values
        order = generator(settings.seed, "first_rules", name).permutation(len(theta))[: count(settings)]
        table = numbered(settings, theta[order], sweep_name(name, 0))
        return table.assign(log_density=("rule", np.zeros(len(order))))

    return RuleSet(sample, count, needs=(end,), depends=lambda settings: {"size": count(settings)})


def rules_of_population(settings: StudySettings, name: str) -> RuleSet:
    """Return the rule set of the distinct rules of a population after its last sweep, those with the lowest loss first.

    They meet the trials that they met.
    """
    end = end_of(settings, name)

    def sample(settings: StudySettings, data: Data) -> xr.Dataset:
        return distinct_rules(settings, data[end])

    return RuleSet(sample, lambda settings: _size(settings, name), needs=(end,))


def distinct_rules(settings: StudySettings, population: xr.Dataset) -> xr.Dataset:
    """Return the distinct rules of a population (contract `population`) as a rules dataset, the lowest loss first."""
    first = np.unique(population["source"].values, return_index=True)[1]
    best = first[np.argsort(population["loss"].values[first], kind="stable")]
    chosen = population.isel(particle=best)
    names = [str(name) for name in chosen["source_rule"].values]
    return rules(settings.rule_space, chosen["theta"].values, names, first_trial=chosen["first_trial"].values)
