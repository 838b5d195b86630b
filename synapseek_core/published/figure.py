"""Figure: learning curves of published searches, our searches from their starts, our loss of their final rules."""

from __future__ import annotations

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import DOUBLE_COLUMN, PUBLISHED_COLOUR, style
from synapseek_core.published.table import LAST_GENERATIONS, searches_of

COLUMNS = 3
SEARCH_STYLE = {"preview": ("#56B4E9", "own search, preview scale"), "published": ("#0072B2", "own search")}
"""Colour and label of our searches by their scale."""

FINAL_COLOUR, TRIAL_COLOUR = "#D55E00", "#F0B890"

CAPTION = (
    "Published searches beside this project, one panel a run. Grey: published loss of the search distribution's mean "
    f"in each generation; dashed: median of its last {LAST_GENERATIONS} generations. Orange: loss of the run's final "
    "rule simulated here at published scale, every trial, and their mean with its bootstrap 95 % interval. Blue: "
    "searches of this project from the same start, their loss with their penalties; at preview scale the network and "
    "the protocol are shrunk."
)


def draw(table: xr.Dataset) -> matplotlib.figure.Figure:
    """Draw one panel for each run of a published table (contract `published_table`)."""
    names = [str(name) for name in table["run"].values]
    rows = -(-len(names) // COLUMNS)
    with style():
        figure, grid = plt.subplots(rows, COLUMNS, figsize=(DOUBLE_COLUMN, 1.7 * rows + 0.3), squeeze=False)
        for axes, name in zip(grid.flat, names, strict=False):
            _panel(axes, table.sel(run=name), searches_of(table, name))
        for axes in grid.flat[len(names) :]:
            axes.set_visible(False)
        figure.supxlabel("Generation", fontsize=7)
        figure.supylabel("Loss", fontsize=7)
        entries = {
            label: handle
            for axes in grid.flat[: len(names)]
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        figure.legend(entries.values(), entries.keys(), loc="outside upper center", ncols=len(entries))
    return figure


def _panel(axes: plt.Axes, row: xr.Dataset, searches: list[xr.Dataset]) -> None:
    published = row["published_loss"].dropna("generation")
    end = published.sizes["generation"]
    axes.plot(published["generation"], published, color=PUBLISHED_COLOUR, lw=0.7, label="published search")
    label = f"published median, last {LAST_GENERATIONS}"
    axes.axhline(float(row["published_median"]), color="black", lw=0.6, ls="--", label=label)
    for search in searches:
        colour, label = SEARCH_STYLE[str(search["scale_of_search"].values)]
        losses = search["search_loss"].dropna("generation")
        axes.plot(losses["generation"], losses, color=colour, lw=0.9, label=label)
    axes.set_yscale("log")
    # Beside the curve's end: the final rule is the mean after the last generation.
    loss, trials, position = float(row["loss"]), row["loss_of_trial"], 1.7 * end
    if np.isfinite(loss):
        axes.plot(np.full(len(trials), 1.3 * end), trials, ".", ms=3.5, color=TRIAL_COLOUR, mew=0)
        interval = (row["interval_low"], row["interval_high"])
        label = "final rule simulated here, 95 % interval"
        axes.plot([position] * 2, interval, "_-", ms=5, color=FINAL_COLOUR, label=label)
        axes.plot(position, loss, "o", ms=2.5, color=FINAL_COLOUR)
    else:
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        axes.text(0.97, 0.97, "no study here", transform=axes.transAxes, ha="right", va="top", fontsize=6, bbox=box)
    title = f"{row['task'].item()} {'+'.join(str(row['synapse_types'].values).split())}, {row['neuron_model'].item()}"
    axes.set_title(f"{title}\n{str(row['run'].values).partition('_')[0]}", pad=3)
    # Most is learned in the first generations.
    axes.set_xscale("symlog", linthresh=1, linscale=0.3)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlim(-0.1, 2 * end)
