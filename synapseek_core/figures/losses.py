"""Panels with the loss of searches over generations."""

from __future__ import annotations

import matplotlib.pyplot as plt
import xarray as xr

from synapseek_core.figures.figure import (
    LEARNED_COLOURS,
    PUBLISHED_COLOUR,
    search_label,
)
from synapseek_core.interfaces.settings import StudySettings


def losses(axes: plt.Axes, runs: list[xr.Dataset], published: xr.Dataset | None, settings: StudySettings) -> None:
    """Draw the loss over generations, each run as a line, with the published run and the solved loss.

    The published run is grey and ends at the same generation; the solved loss is dotted.

    Args:
        runs: whole histories, see `join_runs`.
        published: contract `published_run`.
    """
    last = int(runs[0]["generation"][-1])
    if published is not None:
        shown = published["loss_of_mean"].isel(generation=slice(0, last + 1))
        axes.plot(shown["generation"], shown, color=PUBLISHED_COLOUR, label="published run", zorder=1)
    for index, run in enumerate(runs):
        colour = LEARNED_COLOURS[index % len(LEARNED_COLOURS)]
        search = str(run["search"].values)
        label = f"{search_label(search)} {int(run['restart'])}"
        for k, loss in enumerate(run["loss_of_mean"].transpose("distribution", ...)):
            axes.plot(run["generation"], loss, color=colour, label=None if k else label)
    axes.axhline(settings.degeneracy.solved_loss, color="0.6", lw=0.6, ls=":", zorder=0)
    axes.set_yscale("log")
