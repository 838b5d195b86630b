"""Figure: the loss of rules from elsewhere in all conditions in which they were evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import DOUBLE_COLUMN, LEARNED_COLOURS, SINGLE_COLUMN, Figure, words
from synapseek_core.pipeline.results import Data, analysis_of

if TYPE_CHECKING:
    from synapseek_core.interfaces.settings import StudySettings

FEW = 12
"""Number of rules up to which each is followed from condition to condition by a line."""

WIDE = 20.0
"""Largest over smallest loss from which the axis is logarithmic."""


def plot(settings: StudySettings, data: Data) -> matplotlib.figure.Figure:
    """Draw every rule as a point in each condition, a colour a rule set."""
    result = data[analysis_of("evaluations")]
    conditions = [str(name) for name in result["condition"].values]
    width = min(DOUBLE_COLUMN, SINGLE_COLUMN * max(1.0, len(conditions) / 4))
    figure, axes = plt.subplots(figsize=(width, 2.8))
    names = list(dict.fromkeys(str(name) for name in result["rule_set"].values))
    for index, name in enumerate(names):
        own = result.isel(rule=np.flatnonzero(result["rule_set"].values == name))
        shift = 0.8 * ((index + 0.5) / len(names) - 0.5)
        _rule_set(axes, own, name, LEARNED_COLOURS[index % len(LEARNED_COLOURS)], shift, 0.6 / len(names))
    for place, solved in enumerate(result["solved_loss"].values):
        label = "_" if place else "solves the task"
        axes.hlines(solved, place - 0.45, place + 0.45, color="0.5", lw=0.6, ls=":", zorder=0, label=label)
    axes.set_xticks(range(len(conditions)), [words(name) for name in conditions], rotation=30, ha="right")
    axes.set(xlim=(-0.5, len(conditions) - 0.5), ylabel="Loss")
    losses = result["loss"].values[np.isfinite(result["loss"].values)]
    if losses.min() > 0 and losses.max() > WIDE * losses.min():
        axes.set_yscale("log")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return figure


def _rule_set(axes: plt.Axes, own: xr.Dataset, name: str, colour: str, shift: float, width: float) -> None:
    """Draw the rules of one rule set side by side; crosses: some of the trials were stopped."""
    count = own.sizes["rule"]
    beside = width * ((np.arange(count) + 0.5) / count - 0.5)
    places = np.arange(own.sizes["condition"]) + shift + beside[:, None]
    loss, stopped = (own[field].transpose("rule", "condition").values for field in ("loss", "stopped"))
    if count <= FEW:
        axes.plot(places.T, loss.T, color=colour, lw=0.4, alpha=0.5)
    whole = stopped == 0
    label = f"{words(name)} ({count} rules)"
    axes.plot(places[whole], loss[whole], "o", color=colour, ms=3, mew=0, alpha=0.8, label=label)
    axes.plot(places[~whole], loss[~whole], "x", color=colour, ms=3, alpha=0.8, label="_" if whole.any() else label)


CAPTION = (
    "Rules from elsewhere (of another study, or of a table) in every condition in which they were evaluated: as the "
    "rules of this study are evaluated (as learned), and in the conditions of its generalisation. One point a rule: "
    "loss, mean over trials; cross: some of its trials were stopped before their end. Thin lines join the points of a "
    "rule where there are few. Dotted: the loss at which a rule solves the task."
)

FIGURE = Figure((analysis_of("evaluations"),), plot, CAPTION)
