"""Stage score: the fitness of rules from their activity."""

from __future__ import annotations

from typing import Any, ClassVar

import xarray as xr

from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.contracts.rules import FITNESS
from synapseek_core.interfaces.study import Condition
from synapseek_core.pipeline import reach
from synapseek_core.pipeline.results import Data, Fitness, Need, activity_of
from synapseek_core.pipeline.stage import DatasetStage
from synapseek_core.pipeline.work.score import score_batches
from synapseek_core.runtime import Compute


class Score(DatasetStage[Fitness]):
    """Scores what networks did."""

    name: ClassVar[str] = "score"
    makes: ClassVar[type] = Fitness

    def _condition(self, result: Fitness) -> Condition:
        return self.study(result).conditions[result.condition]

    def needs(self, result: Fitness) -> tuple[Need, ...]:
        """Return the activity of all batches."""
        return (activity_of(result.rules, result.condition),)

    def contract(self, result: Fitness) -> Contract:
        """Return the contract of fitness."""
        return FITNESS

    def settings(self, result: Fitness) -> dict[str, Any]:
        """Return the settings that simulation and score depend on."""
        return self._condition(result).task.settings.scored()

    def modules(self, result: Fitness) -> tuple[str, ...]:
        """Return the modules that score."""
        return (score_batches.__module__, *reach.of_score(self._condition(result)))

    def run(self, result: Fitness, data: Data, compute: Compute) -> xr.Dataset:
        """Score all batches; those without rules are left out."""
        return score_batches(self._condition(result), data[activity_of(result.rules, result.condition)])
