"""The rules with the lowest loss of the last round of inference."""

from __future__ import annotations

import numpy as np
import xarray as xr

from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data, fitness_of, rules_of
from synapseek_core.rule_sets.rule_set import RuleSet, rules

EXAMPLES = "examples"


def examples_of_population(population: RuleSet) -> RuleSet:
    """Return the rule set of the best rules of a population, which are the first of its rules."""

    def count(settings: StudySettings) -> int:
        return min(settings.example_rules, population.count(settings))

    def sample(settings: StudySettings, data: Data) -> xr.Dataset:
        best = population.sample(settings, data).isel(rule=slice(0, count(settings)))
        return best.assign(keep_spikes=("rule", np.ones(best.sizes["rule"], np.int8)))

    return RuleSet(
        sample, count, count, population.needs, depends=lambda settings: {"examples": settings.example_rules}
    )


def examples(last: str, available: int) -> RuleSet:
    """Return the rule set of the best rules of a rule set, which has so many; they meet the trials that they met."""

    def count(settings: StudySettings) -> int:
        return min(settings.example_rules, available)

    def sample(settings: StudySettings, data: Data) -> xr.Dataset:
        table, fitness = data[rules_of(last)], data[fitness_of(last)]
        best = table.isel(rule=np.argsort(fitness["loss"].values, kind="stable")[: count(settings)])
        names = [str(name) for name in best["rule"].values]
        first = best["first_trial"].values
        return rules(settings.rule_space, best["theta"].values, names, [True] * len(names), first)

    return RuleSet(
        sample,
        count,
        count,
        (rules_of(last), fitness_of(last)),
        depends=lambda settings: {"examples": settings.example_rules},
    )
