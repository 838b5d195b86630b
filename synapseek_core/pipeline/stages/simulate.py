"""Stage simulate: a batch of rules in the networks of a condition's trials."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import xarray as xr

from synapseek_core.files.contracts.contract import Contract
from synapseek_core.interfaces.costs import Cost
from synapseek_core.interfaces.study import Condition
from synapseek_core.pipeline import reach
from synapseek_core.pipeline.batches import batches
from synapseek_core.pipeline.results import Activity, Data, Need, fitness_of, rules_of
from synapseek_core.pipeline.stage import DatasetStage
from synapseek_core.pipeline.work.simulate import simulate_batch
from synapseek_core.rule_sets.catalogue import rule_set_of
from synapseek_core.runtime import Compute


class Simulate(DatasetStage[Activity]):
    """Simulates rules; the only stage by which rules are evaluated."""

    name: ClassVar[str] = "simulate"
    makes: ClassVar[type] = Activity

    def _condition(self, result: Activity) -> Condition:
        return self.study(result).conditions[result.condition]

    def needs(self, result: Activity) -> tuple[Need, ...]:
        """Return the rules, and the fitness from which frozen types take their weights."""
        frozen_at = self._condition(result).frozen_at
        weights = () if frozen_at is None else (fitness_of(result.rules, frozen_at),)
        return (rules_of(result.rules), *weights)

    def contract(self, result: Activity) -> Contract:
        """Return the contract of the task's activity."""
        return self._condition(result).task.activity_contract

    def settings(self, result: Activity) -> dict[str, Any]:
        """Return the settings that the simulation depends on."""
        condition = self._condition(result)
        return condition.task.settings.simulated() | {
            "trials": {"stream": list(condition.trials.stream), "count": condition.trials.count},
            "keeps_all": condition.keeps_all,
        }

    def part(self, result: Activity) -> list[int]:
        """Return the positions of the rules of the batch, as they are planned."""
        positions = batches(self.study(result), result.rules, self.studies)[result.batch]
        return [positions.start, positions.stop]

    def modules(self, result: Activity) -> tuple[str, ...]:
        """Return the modules that simulate."""
        return (simulate_batch.__module__, *reach.of_simulation(self._condition(result), self.backend))

    def cost(self, result: Activity) -> Cost:
        """Return the cost of a batch; rules that are kept as a whole are taken as spread evenly over the batches."""
        study, condition = self.study(result), self._condition(result)
        rule_set = rule_set_of(study, result.rules, self.studies)
        rules = len(batches(study, result.rules, self.studies)[result.batch])
        kept = math.ceil(rules * rule_set.kept(study.settings) / rule_set.count(study.settings))
        kept = rules if condition.keeps_all else kept
        return condition.task.simulator.cost(rules, condition.trials.count, kept)

    def device(self, result: Activity, compute: Compute) -> str:
        """Return what simulates."""
        return self._condition(result).task.simulator.device(compute)

    def run(self, result: Activity, data: Data, compute: Compute) -> xr.Dataset:
        """Simulate the rules of the batch."""
        condition, study = self._condition(result), self.study(result)
        rules = data[rules_of(result.rules)]
        study.settings.rule_space.check([str(name) for name in rules["parameter"].values], f"rules {result.rules}")
        batch = rules.isel(rule=list(batches(study, result.rules, self.studies)[result.batch].within(rules)))
        frozen_at = data[fitness_of(result.rules, condition.frozen_at)] if condition.frozen_at else None
        return simulate_batch(condition, batch, frozen_at, compute)
