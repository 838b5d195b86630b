"""Figure across studies: how the parameters of learned rules co-vary, and how far apart solutions are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.comparison.comparison import (
    Comparison,
    StudyResults,
    figure_of_grid,
    grid,
    grouped,
    on_recurrent_network,
    titles,
)
from synapseek_core.figures.matrix import correlation_matrix
from synapseek_core.project import Study

STRIPS = 1.8
"""Height of the panels below the matrices, in inches."""


def plot(results: Sequence[StudyResults]) -> matplotlib.figure.Figure:
    """Correlation matrices of the best rules, one panel a study; below, all runs of all studies."""
    figure = figure_of_grid(results, panel_height=1.7, extra=STRIPS)
    height = figure.get_figheight()
    above, below = figure.subfigures(2, 1, height_ratios=(height - STRIPS, STRIPS))
    panels = []
    for one, axes in grid(results, above):
        image = _matrix(axes, one.data["degeneracy"])
        panels.append(axes)
    bar = above.colorbar(image, ax=panels, shrink=0.4, aspect=30, pad=0.01, ticks=(-1, 0, 1))
    bar.set_label("Correlation")
    bar.outline.set_linewidth(0.4)
    left, right = below.subplots(1, 2)
    _strip(left, results, lambda result: result["participation_ratio"].values / result.sizes["coordinate"])
    left.set(ylabel="Participation ratio / parameters", ylim=(0, 1.05), title="free directions of every run")
    _strip(right, results, _distances)
    right.set(ylabel="Distance (search coordinates)", title="between runs that solve the task")
    right.set_ylim(bottom=0)
    return figure


def _matrix(axes: plt.Axes, result: xr.Dataset) -> matplotlib.image.AxesImage:
    best = result.sel(learned=str(result["centre"].values))
    image = correlation_matrix(axes, best["correlation"].values, result["coordinate"].values)
    axes.set_title(
        f"{axes.get_title()}\nratio {float(best['participation_ratio']):.1f} of {result.sizes['coordinate']}, "
        f"condition {float(best['condition_number']):.2g}"
    )
    return image


def _distances(result: xr.Dataset) -> np.ndarray:
    """Distances of all pairs of learned rules that both solve the task."""
    pairs = result["distance"].values[np.triu_indices(result.sizes["learned"], 1)]
    return pairs[np.isfinite(pairs)]


def _strip(axes: plt.Axes, results: Sequence[StudyResults], values: Callable[[xr.Dataset], np.ndarray]) -> None:
    """Numbers of every study, side by side, group by group."""
    place, labels = 0, []
    for letter, group in zip("abcdef", grouped(results).values(), strict=False):
        first = place
        for one, title in zip(group, titles(group), strict=True):
            numbers = values(one.data["degeneracy"])
            axes.plot(place + np.linspace(-0.15, 0.15, len(numbers)), numbers, "o", color="0.2", ms=2.5, mew=0)
            labels.append(title)
            place += 1
        if first:
            axes.axvline(first - 0.5, color="0.7", lw=0.6)
        axes.text(
            (first + place - 1) / 2, 0.99, letter, transform=axes.get_xaxis_transform(), ha="center",
            va="top", fontsize=7, fontweight="bold",
        )  # fmt: skip
    axes.set_xticks(range(place), labels, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_xlim(-0.6, place - 0.4)


def _is_of(study: Study) -> bool:
    return on_recurrent_network(study) and any(search.has_covariance for search in study.settings.search.values())


CAPTION = (
    "What a task pins of a rule, by plastic synapse type. Correlations of the parameters in the search distribution of "
    "the best learned rule of every study; lines part the two synapse types of a pair. Above each matrix: "
    "participation ratio (effective number of free directions) and condition number (largest over smallest variance) "
    "of that distribution. Below, left: the participation ratio of every run over the number of parameters. Right: "
    "distances in search coordinates between the runs of a study that solve the task; none where fewer than two do."
)

COMPARISON = Comparison(_is_of, ("degeneracy",), plot, CAPTION)
