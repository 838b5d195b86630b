"""Figure: degeneracy of the learned rules."""

from __future__ import annotations

from typing import Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import DOUBLE_COLUMN, LEARNED_COLOURS, Figure, panel_label, rule_label
from synapseek_core.figures.matrix import CROWDED, correlation_matrix, label_columns, label_rows, matrix, number
from synapseek_core.figures.rate_panels import RATE_PANELS
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data, analysis_of


def plot(settings: StudySettings, data: Data) -> matplotlib.figure.Figure:
    """Draw six panels: spectra, eigenvectors, correlations, loss along eigenvectors, learned rules, rates."""
    result = data[analysis_of("degeneracy")]
    names = result["coordinate"].values
    figure, axes = plt.subplots(2, 3, figsize=(DOUBLE_COLUMN, 4.3 if len(names) <= CROWDED else 5.2))
    best = result.sel(learned=str(result["centre"].values))
    _spectra(axes[0, 0], result)
    _eigenvectors(axes[0, 1], best, names)
    _correlations(axes[0, 2], best, names)
    _loss_along(axes[1, 0], result, settings)
    _learned_rules(axes[1, 1], result, names)
    _rates(axes[1, 2], result, settings)
    for letter, panel in zip("abcdef", axes.ravel(), strict=True):
        if panel.axison:
            panel_label(panel, letter)
    return figure


def _spectra(axes: plt.Axes, result: xr.Dataset) -> None:
    index = np.arange(result.sizes["eigenvector"]) + 1
    for k, name in enumerate(result["learned"].values):
        relative = result["eigenvalue"].sel(learned=name)
        axes.plot(
            index,
            relative / relative.max(),
            "o-",
            color=LEARNED_COLOURS[k % len(LEARNED_COLOURS)],
            label=rule_label(result, name),
        )
    axes.set(
        yscale="log",
        xlabel="Eigenvector (stiff to sloppy)",
        ylabel="Variance / largest",
        title="spectrum of the covariance",
    )
    number(axes, 1, len(index))
    axes.legend(loc="lower right")


def _eigenvectors(axes: plt.Axes, best: xr.Dataset, names: np.ndarray) -> None:
    _bar(axes, matrix(axes, best["eigenvector_component"].values.T))
    label_rows(axes, names)
    number(axes, 0, len(names))
    axes.set(xlabel="Eigenvector (stiff to sloppy)", title="eigenvectors, best rule")


def _correlations(axes: plt.Axes, best: xr.Dataset, names: np.ndarray) -> None:
    _bar(axes, correlation_matrix(axes, best["correlation"].values, names))
    label_rows(axes, names)
    label_columns(axes, names)
    axes.set_title("correlations, best rule")


def _bar(axes: plt.Axes, image: Any) -> None:
    bar = plt.colorbar(image, ax=axes, shrink=0.85, pad=0.03, ticks=(-1, 0, 1))
    bar.outline.set_linewidth(0.4)


def _loss_along(axes: plt.Axes, result: xr.Dataset, settings: StudySettings) -> None:
    count = result.sizes["eigenvector"]
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.9, count))
    for k in range(count):
        label = {0: "stiffest", count - 1: "sloppiest"}.get(k)
        profile = result["loss_along"].isel(eigenvector=k)
        axes.plot(profile["displacement"], profile, "o-", color=colours[k], ms=2, label=label)
    axes.axhline(settings.degeneracy.solved_loss, color="0.6", lw=0.6, ls=":", zorder=0)
    axes.set(
        yscale="log",
        xlabel="Displacement (search coordinates)",
        ylabel="Loss",
        title="loss along the eigenvectors",
    )
    axes.legend(loc="upper center")


def _learned_rules(axes: plt.Axes, result: xr.Dataset, names: np.ndarray) -> None:
    for k, name in enumerate(result["learned"].values):
        one = result.sel(learned=name)
        solved = bool(one["solves"])
        axes.plot(
            range(len(names)),
            one["learned_coordinates"],
            "o-" if solved else "x:",
            color=LEARNED_COLOURS[k % len(LEARNED_COLOURS)],
            label=f"{rule_label(result, name)}: {float(one['learned_loss']):.2g}",
        )
    label_columns(axes, names)
    axes.axhline(0, color="0.8", lw=0.5, zorder=0)
    axes.set(ylabel="Search coordinate", title="where the runs end")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.2 * (1 + result.sizes["learned"]) * (high - low))
    axes.legend(title="run: loss", title_fontsize=6, loc="upper right", handlelength=1.2)


def _rates(axes: plt.Axes, result: xr.Dataset, settings: StudySettings) -> None:
    panel = next((panel for panel in RATE_PANELS if panel.is_for(result)), None)
    if panel is None:
        axes.set_axis_off()
    else:
        panel.draw(axes, result, settings)


CAPTION = (
    "Degeneracy. **a** Eigenvalues of each run's final covariance: small ones are directions that the "
    "loss pins (stiff), large ones directions left free (sloppy). **b** Eigenvectors and **c** parameter "
    "correlations of the best rule. **d** Loss of rules displaced from the best one along each "
    "eigenvector. **e** Learned rules of all runs (crosses: above the loss of a solution). **f** One point a rule, if "
    f"the task has it: {' Or: '.join(panel.caption + '.' for panel in RATE_PANELS)}"
)

FIGURE = Figure((analysis_of("degeneracy"),), plot, CAPTION)
