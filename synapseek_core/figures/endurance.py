"""Figure: the best rules of a family for a long time, and with one of their synapse types frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import DOUBLE_COLUMN, LEARNED_COLOURS, Figure, panel_label, words
from synapseek_core.measures.groups import ALL
from synapseek_core.measures.plausibility import shares_of_groups
from synapseek_core.pipeline.results import Data, analysis_of
from synapseek_core.status import Status

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy


def plot(settings: FamiliesStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw the constraints met by every rule in every condition, and the shares of rules by group."""
    result = data[analysis_of("challenges")]
    figure, axes = plt.subplots(1, 2, figsize=(DOUBLE_COLUMN, 2.9))
    _constraints_met(axes[0], result)
    _groups(axes[1], result)
    for letter, panel in zip("ab", axes, strict=True):
        panel_label(panel, letter)
    return figure


def _constraints_met(axes: plt.Axes, result: xr.Dataset) -> None:
    """Draw a matrix (rule, condition) of the share of constraints met; crosses: the network was stopped."""
    met = 1 - result["loss"].transpose("rule", "condition").values
    image = axes.imshow(met, vmin=0, vmax=1, cmap="viridis", aspect="auto")
    stopped = (result["status"] != Status.ok).any("trial").transpose("rule", "condition").values
    for row, column in np.argwhere(stopped):
        axes.text(column, row, "×", ha="center", va="center", color="white")
    axes.set_yticks(range(len(met)), [words(name) for name in result["rule"].values])
    axes.set_xticks(range(met.shape[1]), result["condition"].values, rotation=45, ha="right")
    axes.tick_params(length=0)
    bar = plt.colorbar(image, ax=axes, shrink=0.85, pad=0.03)
    bar.outline.set_linewidth(0.4)
    bar.set_label("Constraints met")


def _groups(axes: plt.Axes, result: xr.Dataset) -> None:
    """Draw a line for each group of constraints over the conditions."""
    conditions = [str(name) for name in result["condition"].values]
    shares = [shares_of_groups(result.sel(condition=name)) for name in conditions]
    for place, group in enumerate(shares[0]):
        colour = "black" if group == ALL else LEARNED_COLOURS[place % len(LEARNED_COLOURS)]
        at = np.arange(len(conditions)) + 0.14 * (place - (len(shares[0]) - 1) / 2)
        own = [one[group] for one in shares]
        axes.bar(at, [one.value for one in own], width=0.12, color=colour, label=words(group))
        axes.vlines(at, [one.low for one in own], [one.high for one in own], color="0.4", lw=0.6)
    axes.set_xticks(range(len(conditions)), conditions, rotation=45, ha="right")
    axes.set(ylim=(0, 1.02), ylabel="Share of rules")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


CAPTION = (
    "The rules of the last round that meet most constraints: as they were evaluated, in a long trial, and with one of "
    "their synapse types frozen at the mean weight with which they ended. **a** Share of the constraints that a rule "
    "meets; crosses: the network was stopped. **b** Share of these rules that meets all constraints of a group, and "
    "all; lines: Wilson intervals at 95 %."
)

FIGURE = Figure((analysis_of("challenges"),), plot, CAPTION)
