"""Rules of the sweeps of a population of sequential Monte Carlo, and those of its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from synapseek_core.interfaces.inference import PopulationSettings
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data, Need, analysis_of, fitness_of, population_of, rules_of
from synapseek_core.registries import module_of
from synapseek_core.rule_sets.mean_field import MEAN_FIELD
from synapseek_core.rule_sets.rule_set import RuleSet, numbered, rules

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


def rules_of_sweep(name: str, own: PopulationSettings, sweep: int) -> RuleSet:
    """Return the rule set of a sweep of a population: its first rules, or the moves that are simulated.

    Of `size` moves those are left out that are refused before, and all once the population is finished.
    """
    theory: tuple[Need, ...] = (analysis_of(MEAN_FIELD),) if own.theory else ()
    earlier = [sweep_name(name, k) for k in range(sweep)] if own.missed is not None else []
    learned_from = tuple(need(one) for one in earlier for need in (rules_of, fitness_of))

    def count(settings: StudySettings) -> int:
        return own.size

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

        file, before = data[population_of(name, sweep - 1)], [(data[rules_of(k)], data[fitness_of(k)]) for k in earlier]
        found = move_rules(settings, name, sweep, file, data[theory[0]] if theory else None, before)
        numbers = found["particle"].values
        table = numbered(settings, found["theta"].values, sweep_name(name, sweep), numbers)
        return table.assign({key: found[key] for key in found if key != "theta"})

    if sweep == 0:
        return RuleSet(first, count, needs=theory, depends=depends, modules=(module_of(FIRST_RULES),))
    needs = (population_of(name, sweep - 1), *theory, *learned_from)
    return RuleSet(moves, count, needs=needs, depends=depends, modules=(module_of(MOVES), module_of(FEATURES)))


def rules_of_population(name: str, own: PopulationSettings) -> RuleSet:
    """Return the rule set of the distinct rules of a population after its last sweep, those with the lowest loss first.

    They meet the trials that they met.
    """
    end = population_of(name, own.sweeps)

    def sample(settings: StudySettings, data: Data) -> xr.Dataset:
        return distinct_rules(settings, data[end])

    return RuleSet(sample, lambda settings: own.size, needs=(end,))


def distinct_rules(settings: StudySettings, population: xr.Dataset) -> xr.Dataset:
    """Return the distinct rules of a population (contract `population`) as a rules dataset, the lowest loss first."""
    first = np.unique(population["source"].values, return_index=True)[1]
    best = first[np.argsort(population["loss"].values[first], kind="stable")]
    chosen = population.isel(particle=best)
    names = [str(name) for name in chosen["source_rule"].values]
    return rules(settings.rule_space, chosen["theta"].values, names, first_trial=chosen["first_trial"].values)
