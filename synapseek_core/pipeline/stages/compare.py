"""Stage compare: one figure across studies, from NetCDF files alone."""

from __future__ import annotations

from typing import Any, ClassVar

import matplotlib.figure

from synapseek_core.figures.comparison.comparison import StudyResults
from synapseek_core.figures.comparison.registry import COMPARISONS
from synapseek_core.interfaces.study import Scale, Study
from synapseek_core.pipeline import reach
from synapseek_core.pipeline.results import Compared, Data, Need
from synapseek_core.pipeline.stage import FigureStage


class Compare(FigureStage[Compared]):
    """Draws figures across studies."""

    name: ClassVar[str] = "compare"
    makes: ClassVar[type] = Compared

    def compared(self, result: Compared) -> list[Study]:
        """Return the studies that the figure shows."""
        return COMPARISONS[result.comparison].studies(self.studies.values())

    def describes(self, result: Compared) -> tuple[str, Scale, str]:
        """Return the names of the compared studies, and preview as their scale if one of them is one."""
        studies = self.compared(result)
        scale: Scale = "preview" if any(study.scale == "preview" for study in studies) else "published"
        return ", ".join(study.name for study in studies), scale, ""

    def needs(self, result: Compared) -> tuple[Need, ...]:
        """Return what the figure is drawn from, study by study."""
        needs = COMPARISONS[result.comparison].needs
        return tuple(need.of(study.name) for study in self.compared(result) for need in needs)

    def settings(self, result: Compared) -> dict[str, Any]:
        """Return the settings of the compared studies that the figure may show."""
        studies = self.compared(result)
        return {study.name: study.settings.scored("published_run", "degeneracy") for study in studies}

    def modules(self, result: Compared) -> tuple[str, ...]:
        """Return the modules that draw the figure."""
        families = {module for study in self.compared(result) for module in reach.of_rules(study.settings)}
        return (COMPARISONS.module(result.comparison), *sorted(families))

    def figure(self, result: Compared) -> str:
        """Return the name of the figure."""
        return result.comparison

    def draw(self, result: Compared, data: Data) -> matplotlib.figure.Figure:
        """Draw the figure."""
        comparison = COMPARISONS[result.comparison]
        results = [
            StudyResults(study, {need: data[need.of(study.name)] for need in comparison.needs})
            for study in self.compared(result)
        ]
        return comparison.draw(results)
