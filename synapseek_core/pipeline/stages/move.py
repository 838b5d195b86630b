"""Stage move: a population of rules after a sweep of sequential Monte Carlo."""

from __future__ import annotations

from typing import Any, ClassVar

import xarray as xr

from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.contracts.inference import POPULATION
from synapseek_core.pipeline.results import Data, Need, Population, population_of, rules_of
from synapseek_core.pipeline.stage import DatasetStage
from synapseek_core.rule_sets.sweeps import end_of, fitness_of_sweep, sweep_name
from synapseek_core.runtime import Compute

POPULATION_CODE = "synapseek_core.inference.population_files"


class Move(DatasetStage[Population]):
    """Moves populations."""

    name: ClassVar[str] = "move"
    makes: ClassVar[type] = Population

    def needs(self, result: Population) -> tuple[Need, ...]:
        """Return rules and fitness of the sweep, and the population before."""
        return (*self._simulated(result), *self._before(result))

    def _simulated(self, result: Population) -> tuple[Need, Need]:
        settings, name = self.study(result).settings, result.population
        return rules_of(sweep_name(name, result.sweep)), fitness_of_sweep(settings, name, result.sweep)

    def _before(self, result: Population) -> tuple[Need, ...]:
        """Return the population before the sweep; of the first rules that which they come from, if they do."""
        settings, name = self.study(result).settings, result.population
        other = settings.populations[name].begins_with
        if result.sweep:
            return (population_of(name, result.sweep - 1),)
        return () if other is None else (end_of(settings, other),)

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

        rules, fitness = (data[need] for need in self._simulated(result))
        own = Sweep(rules, fitness, result.sweep)
        before = next((data[need] for need in self._before(result)), None)
        return population_after(self.study(result).settings, result.population, own, before)
