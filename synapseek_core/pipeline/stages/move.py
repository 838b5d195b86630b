"""Stage move: a population of rules after a sweep of sequential Monte Carlo."""

from __future__ import annotations

from typing import Any, ClassVar

import xarray as xr

from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.contracts.inference import POPULATION
from synapseek_core.pipeline.results import Data, Need, Population, fitness_of, population_of, rules_of
from synapseek_core.pipeline.stage import DatasetStage
from synapseek_core.rule_sets.sweeps import sweep_name
from synapseek_core.runtime import Compute

POPULATION_CODE = "synapseek_core.inference.population_files"


class Move(DatasetStage[Population]):
    """Moves populations."""

    name: ClassVar[str] = "move"
    makes: ClassVar[type] = Population

    def needs(self, result: Population) -> tuple[Need, ...]:
        """Return rules and fitness of the sweep, and the population before."""
        rules = sweep_name(result.population, result.sweep)
        before = (population_of(result.population, result.sweep - 1),) if result.sweep else ()
        return (rules_of(rules), fitness_of(rules), *before)

    def contract(self, result: Population) -> Contract:
        """Return the contract of populations."""
        return POPULATION

    def settings(self, result: Population) -> dict[str, Any]:
        """Return the settings that a population depends on; the number of sweeps is none of them."""
        return self.study(result).settings.population_sections(result.population)

    def modules(self, result: Population) -> tuple[str, ...]:
        """Return the modules that move populations."""
        return (POPULATION_CODE,)

    def run(self, result: Population, data: Data, compute: Compute) -> xr.Dataset:
        """Accept moves, and choose the next level if it is time."""
        # Here: few jobs need it.
        from synapseek_core.inference.population_files import Sweep, population_after

        rules = sweep_name(result.population, result.sweep)
        own = Sweep(data[rules_of(rules)], data[fitness_of(rules)], result.sweep)
        before = data[population_of(result.population, result.sweep - 1)] if result.sweep else None
        return population_after(self.study(result).settings, result.population, own, before)
