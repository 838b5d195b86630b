"""Stage analyse: from files of a study to a file."""

from __future__ import annotations

from typing import Any, ClassVar

import xarray as xr

from synapseek_core.analysis.registry import ANALYSES
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.interfaces.costs import Cost
from synapseek_core.interfaces.study import EVALUATION
from synapseek_core.pipeline import reach
from synapseek_core.pipeline.results import Analysed, Data, Need
from synapseek_core.pipeline.stage import DatasetStage
from synapseek_core.runtime import Compute


class Analyse(DatasetStage[Analysed]):
    """Analyses a study."""

    name: ClassVar[str] = "analyse"
    makes: ClassVar[type] = Analysed

    def needs(self, result: Analysed) -> tuple[Need, ...]:
        """Return what the analysis is made from."""
        return ANALYSES[result.analysis].needs(self.study(result))

    def contract(self, result: Analysed) -> Contract:
        """Return the contract of what the analysis finds."""
        return ANALYSES[result.analysis].contract

    def settings(self, result: Analysed) -> dict[str, Any]:
        """Return the settings that the analysis depends on."""
        return ANALYSES[result.analysis].settings(self.study(result))

    def modules(self, result: Analysed) -> tuple[str, ...]:
        """Return the modules of the analysis, and of the task if it simulates."""
        study = self.study(result)
        task = reach.of_task(study.conditions[EVALUATION], self.backend) if self.cost(result).networks else ()
        return (ANALYSES.module(result.analysis), *ANALYSES[result.analysis].modules(study), *task)

    def cost(self, result: Analysed) -> Cost:
        """Return what the simulations of the analysis take."""
        return ANALYSES[result.analysis].cost(self.study(result))

    def device(self, result: Analysed, compute: Compute) -> str | None:
        """Return what simulates, of an analysis that does."""
        return self.study(result).task.simulator.device(compute) if self.cost(result).networks else None

    def run(self, result: Analysed, data: Data, compute: Compute) -> xr.Dataset:
        """Run the analysis."""
        return ANALYSES[result.analysis].run(self.study(result), data, compute)
