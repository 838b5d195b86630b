"""Figure: each parameter of the rules that meet the target of their round, beside the prior."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import DOUBLE_COLUMN, SYNAPSE_COLOURS, Figure, parameter_label
from synapseek_core.pipeline.results import Data, analysis_of

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

BINS = 8
MOST_COLUMNS = 11


def plot(settings: FamiliesStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw a row for each synapse type (more for many parameters), a panel for each parameter.

    Shown are the last two rounds with rules that meet their target.
    """
    result, space = data[analysis_of("families")], settings.rule_space
    low, high = settings.prior_box.low, settings.prior_box.high
    types, count = space.synapse_types, len(space.family.parameters)
    columns = min(count, MOST_COLUMNS)
    rows = -(-count // columns)
    figure, axes = plt.subplots(
        rows * len(types), columns, figsize=(DOUBLE_COLUMN, 0.5 + 0.85 * rows * len(types)), squeeze=False
    )
    rounds = [name for name, n in zip(result["round"].values, result["wanted_rules"].values, strict=True) if n > 1]
    for panel in axes.ravel():
        panel.set_axis_off()
    for index, name in enumerate(space.names):
        kind, place = divmod(index, count)
        panel = axes[kind * rows + place // columns, place % columns]
        panel.set_axis_on()
        panel.set_title(parameter_label(name), fontsize=7, pad=2)
        if place == 0:
            panel.set_ylabel(types[kind], rotation=0, ha="right", va="center", fontweight="bold")
        _marginal(panel, result, rounds, index, (float(low[index]), float(high[index])), SYNAPSE_COLOURS[types[kind]])
    return figure


def _marginal(
    axes: plt.Axes, result: xr.Dataset, rounds: list[Any], index: int, bounds: tuple[float, float], colour: str
) -> None:
    """Draw histograms of the last round, full, and of the one before, pale, over the uniform prior."""
    axes.set_yticks([])
    if bounds[0] == bounds[1]:
        axes.text(0.5, 0.5, "fixed", ha="center", va="center", transform=axes.transAxes, fontsize=5)
        return
    axes.axhline(1, color="0.6", lw=0.6, ls=":")
    for name, filled in zip(reversed(rounds[1:]), (True, False), strict=False):
        chosen = (result["origin"].values == name) & (result["wanted"].values == 1)
        counts, edges = np.histogram(result["theta"].values[chosen, index], BINS, bounds)
        axes.stairs(counts / counts.mean(), edges, color=colour, fill=filled, alpha=0.5 if filled else 1.0, lw=0.8)
    axes.set(xlim=bounds, ylim=(0, None), xticks=bounds)
    axes.set_xticks(bounds, [f"{bound:g}" for bound in bounds], fontsize=5)
    first, last = axes.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")


CAPTION = (
    "Parameters of the rules that meet the target of their round of inference, relative to the prior (dotted), a row "
    "a synapse type: filled, the last round; line, the round before. Time constants in s."
)

FIGURE = Figure((analysis_of("families"),), plot, CAPTION)
