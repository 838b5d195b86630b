"""Figure across studies: how the parameters of learned rules co-vary, and how far apart solutions are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.ticker import LogFormatter

from synapseek_core.figures.comparison.comparison import (
    Comparison,
    StudyResults,
    figure_of_grid,
    grid,
    grouped,
    on_recurrent_network,
    titles,
)
from synapseek_core.figures.matrix import correlation_matrix, label_blocks
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import analysis_of

STRIPS = 1.8
"""Height of the panels below the matrices, in inches."""


def plot(results: Sequence[StudyResults]) -> matplotlib.figure.Figure:
    """Draw correlation matrices of the best rules, one panel a study; below, all runs of all studies."""
    figure = figure_of_grid(results, panel_height=1.7, extra=STRIPS)
    height = figure.get_figheight()
    above, below = figure.subfigures(2, 1, height_ratios=(height - STRIPS, STRIPS))
    for one, axes in grid(results, above):
        image = _matrix(axes, one.data[analysis_of("degeneracy")])
    free, condition, distance, narrow = below.subplots(1, 4, width_ratios=(1, 1, 1, 0.06))
    _strip(free, results, lambda result: result["participation_ratio"].values / result.sizes["coordinate"])
    free.set(ylabel="Participation ratio / parameters", ylim=(0, 1.02))
    _strip(condition, results, lambda result: result["condition_number"].values)
    condition.set(ylabel="Condition number", yscale="log")
    condition.set_ylim(bottom=1)
    condition.yaxis.set_major_formatter("{x:g}")
    condition.yaxis.set_minor_formatter(LogFormatter())
    _strip(distance, results, _distances)
    distance.set_ylabel("Distance of solutions")
    farthest = max(_distances(one.data[analysis_of("degeneracy")]).max(initial=0) for one in results)
    distance.set_ylim(0, 1.1 * farthest or 1)
    bar = figure.colorbar(image, cax=narrow, ticks=(-1, 0, 1), label="Correlation, matrices above")
    bar.outline.set_linewidth(0.4)
    return figure


def _matrix(axes: plt.Axes, result: xr.Dataset) -> matplotlib.image.AxesImage:
    """Draw the correlations of the best rule of a study."""
    best, names = result.sel(learned=str(result["centre"].values)), result["coordinate"].values
    image = correlation_matrix(axes, best["correlation"].values, names)
    label_blocks(axes, names)
    return image


def _distances(result: xr.Dataset) -> np.ndarray:
    """Return the distances of all pairs of learned rules that both solve the task."""
    pairs = result["distance"].values[np.triu_indices(result.sizes["learned"], 1)]
    return pairs[np.isfinite(pairs)]


def _strip(axes: plt.Axes, results: Sequence[StudyResults], values: Callable[[xr.Dataset], np.ndarray]) -> None:
    """Draw numbers of every study, side by side, group by group."""
    place, labels = 0, []
    for letter, group in zip("abcdef", grouped(results).values(), strict=False):
        first = place
        for one, title in zip(group, titles(group), strict=True):
            numbers = values(one.data[analysis_of("degeneracy")])
            axes.plot(place + np.linspace(-0.15, 0.15, len(numbers)), numbers, "o", color="0.2", ms=2.5, mew=0)
            labels.append(title)
            place += 1
        if first:
            axes.axvline(first - 0.5, color="0.7", lw=0.6)
        axes.text(
            (first + place - 1) / 2, 1.01, letter, transform=axes.get_xaxis_transform(), ha="center",
            va="bottom", fontsize=7, fontweight="bold",
        )  # fmt: skip
    axes.set_xticks(range(place), labels, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_xlim(-0.6, place - 0.4)


def _is_of(study: Study) -> bool:
    return on_recurrent_network(study) and any(search.has_covariance for search in study.settings.search.values())


CAPTION = (
    "What a task pins of a rule, by plastic synapse type. Correlations of the parameters in the search distribution of "
    "the best learned rule of every study; lines part the two synapse types of a pair. Below, every run of the search "
    "of every study: participation ratio of its distribution (effective number of free directions) over the number of "
    "parameters; condition number (largest over smallest variance); and distances in search coordinates between runs "
    "that solve the task, none where fewer than two do."
)

COMPARISON = Comparison(_is_of, (analysis_of("degeneracy"),), plot, CAPTION)
