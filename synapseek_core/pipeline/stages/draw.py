"""Stage draw: one figure of a study, from NetCDF files alone."""

from __future__ import annotations

from typing import Any, ClassVar

import matplotlib.figure

from synapseek_core.figures.registry import FIGURES
from synapseek_core.pipeline import reach
from synapseek_core.pipeline.results import Data, Drawn, Need
from synapseek_core.pipeline.stage import FigureStage


class Draw(FigureStage[Drawn]):
    """Draws figures of a study."""

    name: ClassVar[str] = "draw"
    makes: ClassVar[type] = Drawn

    def needs(self, result: Drawn) -> tuple[Need, ...]:
        """Return what the figure is drawn from."""
        return FIGURES[result.figure].needs

    def settings(self, result: Drawn) -> dict[str, Any]:
        """Return the settings of the task, which a figure may show."""
        return self.study(result).settings.scored()

    def modules(self, result: Drawn) -> tuple[str, ...]:
        """Return the modules that draw the figure."""
        return (FIGURES.module(result.figure), *reach.of_rules(self.study(result).settings))

    def figure(self, result: Drawn) -> str:
        """Return the name of the figure."""
        return result.figure

    def draw(self, result: Drawn, data: Data) -> matplotlib.figure.Figure:
        """Draw the figure."""
        return FIGURES[result.figure].draw(self.study(result).settings, data)
