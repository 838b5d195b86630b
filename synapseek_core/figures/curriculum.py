"""Figure: learning of networks that detect repeats: loss, curriculum, and the resulting plasticity."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.ticker import MaxNLocator

from synapseek_core.figures.figure import DOUBLE_COLUMN, Figure, doublings, panel_label, search_colours, search_label
from synapseek_core.pipeline.results import Data, SearchHistory
from synapseek_core.search.history import join_runs

if TYPE_CHECKING:
    from synapseek_core.tasks.streams.settings import ContinualFamiliarityStudy

ETA, DECAY = "feedforward.eta_d", "feedforward.lambda"
Panel = Callable[[plt.Axes, list[xr.Dataset], Any], None]


def plot(settings: ContinualFamiliarityStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw loss and repeat interval over generations; of plastic networks also eta, and lambda at each interval."""
    runs = join_runs(data[SearchHistory()])
    panels: list[Panel] = [_losses, _levels]
    if {ETA, DECAY} <= set(settings.rule_space.names):
        panels += [_etas, _decays]
    figure, axes = plt.subplots(1, len(panels), figsize=(DOUBLE_COLUMN * len(panels) / 4 + 0.1, 2.1))
    for letter, panel, draw in zip("abcd", axes, panels, strict=False):
        draw(panel, runs, settings)
        panel_label(panel, letter)
    return figure


def _coloured(runs: list[xr.Dataset], settings: ContinualFamiliarityStudy) -> list[tuple[xr.Dataset, str, str | None]]:
    """Return each run with the colour of its search, and a label for the first of a search."""
    colours = search_colours(settings)
    names = [str(run["search"].values) for run in runs]
    return [
        (run, colours[name], None if name in names[:k] else search_label(name))
        for k, (run, name) in enumerate(zip(runs, names, strict=True))
    ]


def _losses(axes: plt.Axes, runs: list[xr.Dataset], settings: ContinualFamiliarityStudy) -> None:
    for run, colour, label in _coloured(runs, settings):
        axes.plot(run["generation"] + 1, run["loss_of_mean"].isel(distribution=0), color=colour, lw=0.7, label=label)
    axes.axhline(settings.degeneracy.solved_loss, color="0.6", lw=0.6, ls=":", zorder=0)
    axes.set(xscale="log", yscale="log", xlabel="Generation", ylabel="Cross-entropy (nats)", title="learning")
    axes.set_ylim(bottom=axes.get_ylim()[0] / 10)
    axes.legend(loc="lower left")


def _levels(axes: plt.Axes, runs: list[xr.Dataset], settings: ContinualFamiliarityStudy) -> None:
    for run, colour, label in _coloured(runs, settings):
        level = run.get("level", xr.full_like(run["generation_boundary"], settings.stream.interval))
        axes.step(run["generation_boundary"] + 1, level, where="post", color=colour, lw=0.9, label=label)
    axes.set(xscale="log", xlabel="Generation", ylabel="Repeat interval R", title="curriculum")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _etas(axes: plt.Axes, runs: list[xr.Dataset], settings: ContinualFamiliarityStudy) -> None:
    place = settings.rule_space.names.index(ETA)
    for run, colour, _ in _coloured(runs, settings):
        axes.plot(run["generation_boundary"] + 1, _natural(run, settings)[:, place], color=colour, lw=0.7)
    axes.axhline(0, color="0.5", lw=0.6, zorder=0)
    axes.set(xscale="log", xlabel="Generation", ylabel=r"$\eta d$", title="learning rate")


def _decays(axes: plt.Axes, runs: list[xr.Dataset], settings: ContinualFamiliarityStudy) -> None:
    """Draw the memory of the network at the end of its stay at each repeat interval."""
    place = settings.rule_space.names.index(DECAY)
    for run, colour, _ in _coloured(runs, settings):
        decay = _natural(run, settings)[:, place]
        level = run["level"].values if "level" in run else np.full(len(decay), settings.stream.interval)
        last = np.append(np.flatnonzero(np.diff(level)), len(level) - 1)
        axes.plot(level[last], 1 / (1 - decay[last]), "o-", color=colour, ms=2, lw=0.6, mew=0)
    axes.set(xlabel="Repeat interval R", ylabel=r"$1 / (1 - \lambda)$ (steps)", title="memory")
    axes.set_xlim(left=0)
    doublings(axes, "y")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _natural(run: xr.Dataset, settings: ContinualFamiliarityStudy) -> np.ndarray:
    """Return the path of the mean (generation_boundary, parameter) in natural units."""
    return settings.rule_space.from_coordinates(run["distribution_mean"].isel(distribution=0).values)


CAPTION = (
    "Learning to detect repeats. **a** Cross-entropy of each run at the repeat interval R of the generation; dotted: "
    "the loss below which a network counts as a solution. **b** R over generations: a curriculum raises it by one "
    "whenever it is mastered. **c** The learned rate of plasticity times the number of inputs: below 0 it is "
    "anti-Hebbian. **d** Steps in which the plastic weights decay, at the end of the stay at each R. **c** and **d** "
    "are of networks with plastic weights."
)

FIGURE = Figure((SearchHistory(),), plot, CAPTION)
