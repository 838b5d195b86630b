"""Figure: degeneracy of the learned rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.config import StudySettings
from synapseek_core.figures.figure import (
    DOUBLE_COLUMN,
    LEARNED_COLOURS,
    ORIGIN_STYLE,
    Figure,
    panel_label,
    parameter_label,
    rule_label,
)


def plot(settings: StudySettings, data: Mapping[str, Any]) -> matplotlib.figure.Figure:
    """Six panels: spectra, eigenvectors, correlations, loss along eigenvectors, learned rules, mean field."""
    result = data["degeneracy"]
    figure, axes = plt.subplots(2, 3, figsize=(DOUBLE_COLUMN, 4.3))
    best = str(result["centre"].values)
    _spectra(axes[0, 0], result)
    _eigenvectors(axes[0, 1], result.sel(learned=best))
    _correlations(axes[0, 2], result.sel(learned=best))
    _loss_along(axes[1, 0], result, settings)
    _learned_rules(axes[1, 1], result)
    _mean_field(axes[1, 2], result)
    for letter, panel in zip("abcdef", axes.ravel(), strict=True):
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
            label=rule_label(str(name)),
        )
    axes.set(
        yscale="log",
        xlabel="Eigenvector (stiff to sloppy)",
        ylabel="Variance / largest",
        title="spectrum of the learned covariance",
    )
    axes.set_xticks(index)
    axes.legend(loc="lower right")


def _matrix(axes: plt.Axes, values: np.ndarray, title: str) -> None:
    image = axes.imshow(values, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
    bar = plt.colorbar(image, ax=axes, shrink=0.85, pad=0.03, ticks=(-1, 0, 1))
    bar.outline.set_linewidth(0.4)
    axes.set_title(title)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _ticks(result: xr.Dataset) -> list[str]:
    return [parameter_label(str(name)) for name in result["coordinate"].values]


def _eigenvectors(axes: plt.Axes, result: xr.Dataset) -> None:
    _matrix(axes, result["eigenvector_component"].values.T, "eigenvectors, best rule")
    labels = _ticks(result)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xticks(range(len(labels)), [str(k + 1) for k in range(len(labels))])
    axes.set_xlabel("Eigenvector (stiff to sloppy)")


def _correlations(axes: plt.Axes, result: xr.Dataset) -> None:
    _matrix(axes, result["correlation"].values, "correlations, best rule")
    labels = _ticks(result)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xticks(range(len(labels)), labels, rotation=45)


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


def _learned_rules(axes: plt.Axes, result: xr.Dataset) -> None:
    labels = _ticks(result)
    for k, name in enumerate(result["learned"].values):
        one = result.sel(learned=name)
        solved = bool(one["solves"])
        axes.plot(
            range(len(labels)),
            one["learned_coordinates"],
            "o-" if solved else "x:",
            color=LEARNED_COLOURS[k % len(LEARNED_COLOURS)],
            label=f"{rule_label(str(name))}: {float(one['learned_loss']):.2g}",
        )
    axes.set_xticks(range(len(labels)), labels, rotation=45)
    axes.axhline(0, color="0.8", lw=0.5, zorder=0)
    axes.set(ylabel="Search coordinate", title="where the runs end")
    axes.set_xlim(right=len(labels) + 1.2)
    axes.legend(title="run: loss", title_fontsize=6, loc="lower right", handlelength=1.2)


def _mean_field(axes: plt.Axes, result: xr.Dataset) -> None:
    for origin, (colour, marker) in ORIGIN_STYLE.items():
        chosen = result["origin"] == origin
        if not chosen.any():
            continue
        axes.plot(
            result["simulated_rate"][chosen],
            result["predicted_rate"][chosen],
            marker,
            color=colour,
            ms=4 if marker == "." else 2.5,
            mew=0,
            label=origin,
        )
    limits = np.array([0.3, 300.0])
    axes.plot(limits, limits, color="0.6", lw=0.6, zorder=0)
    axes.set(
        xscale="log",
        yscale="log",
        xlim=limits,
        ylim=limits,
        xlabel="Simulated rate (Hz)",
        ylabel="Mean-field rate (Hz)",
        title="mean field against simulation",
    )
    axes.legend(loc="upper left", handletextpad=0.2)


CAPTION = (
    "Degeneracy. **a** Eigenvalues of each run's final covariance: small ones are directions that the "
    "loss pins (stiff), large ones directions left free (sloppy). **b** Eigenvectors and **c** parameter "
    "correlations of the best rule. **d** Loss of rules displaced from the best one along each "
    "eigenvector. **e** Learned rules of all runs (crosses: above the loss of a solution). **f** Rate "
    "predicted by mean-field theory at the simulated presynaptic rate against the simulated rate, one "
    "point a rule; the theory neglects correlations and the bounds of weights."
)

FIGURE = Figure(("degeneracy",), plot, CAPTION)
