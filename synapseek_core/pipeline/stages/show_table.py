"""Stages published_figure and published_page: the published table as a figure, and as a page."""

from __future__ import annotations

from typing import Any, ClassVar

import matplotlib.figure

from synapseek_core.interfaces.study import Scale
from synapseek_core.pipeline.results import PUBLISHED_TABLE, Data, Need, PublishedFigure, PublishedPage, TableOf
from synapseek_core.pipeline.stage import FigureStage, Stage
from synapseek_core.published import figure, page


class PublishedDraw(FigureStage[PublishedFigure]):
    """Draws the learning curves of the published table."""

    name: ClassVar[str] = "published_figure"
    makes: ClassVar[type] = PublishedFigure

    def describes(self, result: PublishedFigure) -> tuple[str, Scale, str]:
        """Return the name of the table and its scale."""
        return PUBLISHED_TABLE, "published", ""

    def needs(self, result: PublishedFigure) -> tuple[Need, ...]:
        """Return the table."""
        return (TableOf(),)

    def settings(self, result: PublishedFigure) -> dict[str, Any]:
        """Return no settings: all is in the table."""
        return {}

    def modules(self, result: PublishedFigure) -> tuple[str, ...]:
        """Return the module that draws."""
        return (figure.__name__,)

    def figure(self, result: PublishedFigure) -> str:
        """Return the name of the figure."""
        return "learning_curves"

    def draw(self, result: PublishedFigure, data: Data) -> matplotlib.figure.Figure:
        """Draw the learning curves."""
        return figure.draw(data[TableOf()])


class Page(Stage[PublishedPage]):
    """Shows the published table as a page."""

    name: ClassVar[str] = "published_page"
    makes: ClassVar[type] = PublishedPage

    def needs(self, result: PublishedPage) -> tuple[Need, ...]:
        """Return the table."""
        return (TableOf(),)

    def settings(self, result: PublishedPage) -> dict[str, Any]:
        """Return no settings: all is in the table."""
        return {}

    def modules(self, result: PublishedPage) -> tuple[str, ...]:
        """Return the module that writes the page."""
        return (page.__name__,)
