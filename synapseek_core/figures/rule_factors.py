"""Figure: the number of parameters of a rule that matter, and the factors that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import (
    DOUBLE_COLUMN,
    LEARNED_COLOURS,
    PUBLISHED_COLOUR,
    Figure,
    panel_label,
    parameter_labels,
    rule_label,
)
from synapseek_core.pipeline.results import Data, analysis_of

if TYPE_CHECKING:
    from synapseek_core.interfaces.settings import StudySettings

SMALLEST = 1e-6
"""Squared sensitivities below this share of the largest are not shown."""


def plot(settings: StudySettings, data: Data) -> matplotlib.figure.Figure:
    """Draw the spectrum and the sensitivity of every parameter above; below, the loss without each factor."""
    result, tested = data[analysis_of("degeneracy")], data[analysis_of("generalisation")]
    figure = plt.figure(figsize=(DOUBLE_COLUMN, 4.8))
    rows = np.asarray(figure.subfigures(2, 1, height_ratios=(1.3, 1)))
    spectrum, parameters = rows[0].subplots(1, 2, width_ratios=(1, 2.2))
    losses = rows[1].subplots()
    _spectrum(spectrum, result)
    _parameters(parameters, result)
    _losses(losses, tested)
    for letter, panel in zip("abc", (spectrum, parameters, losses), strict=True):
        panel_label(panel, letter)
    return figure


def _spectrum(axes: plt.Axes, result: xr.Dataset) -> None:
    values = result["function_sensitivity"].values
    relative = values / values.max()
    index = np.arange(len(values)) + 1
    shown = relative > SMALLEST
    axes.plot(index[shown], relative[shown], "o-", color="black")
    number = float(result["effective_parameters"])
    axes.set(
        yscale="log",
        xlim=(0, len(values) + 1),
        ylim=(SMALLEST, 2),
        xlabel="Eigenvector (stiff to sloppy)",
        ylabel="Squared sensitivity",
        title=f"{number:.1f} of {len(values)} parameters",
    )


def _parameters(axes: plt.Axes, result: xr.Dataset) -> None:
    values = result["function_sensitivity_of_parameter"].values
    axes.bar(range(len(values)), values / values.max(), color="0.4", width=0.7)
    names = parameter_labels(result["coordinate"].values)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set(yscale="log", ylim=(SMALLEST, 2), title="sensitivity to each parameter")


def _losses(axes: plt.Axes, tested: xr.Dataset) -> None:
    """Draw losses of the learned rules and the last published one: every trial as a point, the mean as a bar."""
    origin = tested["origin"].values
    rows = [*np.flatnonzero(origin == "learned"), *np.flatnonzero(origin == "published")[-1:]]
    conditions = [str(name) for name in tested["condition"].values]
    for place, row in enumerate(rows):
        one = tested.isel(rule=row)
        learned = origin[row] == "learned"
        colour = LEARNED_COLOURS[place % len(LEARNED_COLOURS)] if learned else PUBLISHED_COLOUR
        x = np.arange(len(conditions)) + 0.7 * ((place + 0.5) / len(rows) - 0.5)
        label = f"learned, {rule_label(tested, one['rule'].values)}" if learned else "published"
        axes.plot(x, one["loss"], "_", color=colour, ms=9, mew=1.6, label=label)
        axes.plot(x, one["loss_of_trial"].transpose("condition", "trial"), "o", color=colour, ms=2, mew=0, alpha=0.6)
    axes.axhline(float(tested["solved_loss"][0]), color="0.6", lw=0.6, ls=":", zorder=0)
    axes.set_xticks(
        range(len(conditions)), [name.replace("_", " ").replace("without ", "without\n") for name in conditions]
    )
    axes.set(yscale="log", ylabel="Loss")
    axes.legend(loc="upper left")


CAPTION = (
    "How many parameters, and which factors, a learned rule needs. **a** Spectrum of the sensitivity of the best "
    "rule's weight changes to its parameters, over its largest value, under Poisson spikes at random weights and "
    "states; above: the participation ratio, the effective number of parameters. **b** Squared sensitivity to each "
    "parameter, over the largest, one width of the prior box being 1. **c** Loss when the rule does not see a factor, "
    "which is fixed at its typical value (points: trials; bars: means; dotted: the loss of a solution)."
)

FIGURE = Figure((analysis_of("degeneracy"), analysis_of("generalisation")), plot, CAPTION)
