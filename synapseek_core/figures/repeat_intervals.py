"""Figure: learned networks on streams with other repeat intervals, noise, correlations and repeats of repeats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import DOUBLE_COLUMN, Figure, panel_label, search_colours, search_label
from synapseek_core.figures.recognition import (
    MEASURES,
    chance,
    draw_intervals,
    finish_accuracy,
    finish_rates,
    intervals,
    learned_networks,
    of_search,
)
from synapseek_core.pipeline.results import Data, analysis_of

if TYPE_CHECKING:
    from synapseek_core.tasks.streams.settings import ContinualFamiliarityStudy


def plot(settings: ContinualFamiliarityStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw accuracy, then true and false positives, against the repeat interval; accuracy in the other conditions."""
    tested = learned_networks(data[analysis_of("generalisation")])
    figure, axes = plt.subplots(1, 3, figsize=(DOUBLE_COLUMN, 2.3), width_ratios=(1, 1, 0.9))
    colours = search_colours(settings)
    for search, colour in colours.items():
        own = of_search(tested, search)
        draw_intervals(axes[0], own, settings, "accuracy", color=colour, label=search_label(search))
        for measure, style in MEASURES.items():
            draw_intervals(axes[1], own, settings, measure, color=colour, ls=style, label=None)
    finish_accuracy(axes[0], settings)
    axes[0].legend(loc="best")
    finish_rates(axes[1])
    _other_conditions(axes[2], tested, settings, colours)
    for letter, panel in zip("abc", axes, strict=True):
        panel_label(panel, letter)
    return figure


def _other_conditions(
    axes: plt.Axes, tested: xr.Dataset, settings: ContinualFamiliarityStudy, colours: Mapping[str, str]
) -> None:
    """Draw one point a network in every condition that does not differ in the repeat interval alone."""
    names = [name for name in settings.generalisation.conditions if name not in intervals(settings)]
    for index, (search, colour) in enumerate(colours.items()):
        values = of_search(tested, search)["accuracy"].sel(condition=names).mean("trial")
        places = np.arange(len(names)) + 0.2 * (index - (len(colours) - 1) / 2)
        axes.plot(np.tile(places, (values.sizes["rule"], 1)), values, "o", color=colour, ms=2.5, mew=0, alpha=0.8)
    axes.axhline(chance(settings), color="0.5", lw=0.6, ls=":", zorder=0)
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
    axes.set(ylabel="Accuracy", ylim=(0.5, 1.02), xlim=(-0.5, len(names) - 0.5))


CAPTION = (
    "Learned networks on streams that they were not learned on, by search. **a** Accuracy against the repeat interval "
    "of the test: median over networks, shaded their range; dotted: a network that calls every pattern new. **b** "
    "Share of repeats, and of new patterns, that are called repeats. **c** Accuracy of every network when elements of "
    "repeats are turned over, when patterns are correlated, and when repeats are repeated, each at the R of the study."
)

FIGURE = Figure((analysis_of("generalisation"),), plot, CAPTION)
