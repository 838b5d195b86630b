"""Figure: the loss and the parameters of the search distribution's mean over generations, each run a line."""

from __future__ import annotations

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
)
from synapseek_core.figures.losses import losses
from synapseek_core.files.published_runs import published_run
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data, SearchHistory
from synapseek_core.search.history import join_runs


def plot(settings: StudySettings, data: Data) -> matplotlib.figure.Figure:
    """Draw the loss on the left, and one small panel for each parameter on the right."""
    runs = join_runs(data[SearchHistory()])
    published = published_run(settings.published_run) if settings.published_run else None
    names = [str(name) for name in runs[0]["coordinate"].values]
    rows = -(-len(names) // 3)
    figure = plt.figure(figsize=(DOUBLE_COLUMN, 1.25 * max(rows, 2)))
    left, right = np.asarray(figure.subfigures(1, 2, width_ratios=(1, 1.35)))
    loss_axes = left.subplots()
    losses(loss_axes, runs, published, settings)
    loss_axes.set(xlabel="Generation", ylabel="Loss of the distribution's mean")
    loss_axes.legend(loc="upper right")
    panel_label(loss_axes, "a")
    many = rows > 4
    if many:
        loss_axes.set_box_aspect(1.2)
        loss_axes.set_anchor("N")
    panels = np.atleast_1d(right.subplots(rows, 3, sharex=True)).ravel()
    for axes, name, label in zip(panels, names, parameter_labels(names), strict=False):
        _parameter(axes, name, runs, published)
        axes.set_title(label, pad=2, fontsize=5.5 if many else None)
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    panel_label(panels[0], "b")
    right.supxlabel("Generation", fontsize=7)
    return figure


def _parameter(axes: plt.Axes, name: str, runs: list[xr.Dataset], published: xr.Dataset | None) -> None:
    last = int(runs[0]["generation_boundary"][-1])
    if published is not None:
        path = published["distribution_mean"].isel(generation_boundary=slice(0, last + 1))
        axes.plot(path["generation_boundary"], path.sel(coordinate=name), color=PUBLISHED_COLOUR, zorder=1)
    for index, run in enumerate(runs):
        path = run["distribution_mean"].sel(coordinate=name)
        colour = LEARNED_COLOURS[index % len(LEARNED_COLOURS)]
        axes.plot(path["generation_boundary"], path, color=colour, lw=0.8)


CAPTION = (
    "Learning curves. **a** Loss of the search distribution's mean in each generation, scored on trials "
    "of its own; one line a run, grey: the published run; dotted: the loss below which a rule counts "
    "as a solution. **b** Parameters of the mean (time constants as the natural logarithm of seconds)."
)

FIGURE = Figure((SearchHistory(),), plot, CAPTION)
