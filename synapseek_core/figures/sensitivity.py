"""Figure: which parameters of a rule the loss pins, and where rules of equal loss lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import DOUBLE_COLUMN, ORIGIN_STYLE, Figure, panel_label, search_colours, search_label
from synapseek_core.pipeline.results import Data, analysis_of

if TYPE_CHECKING:
    from synapseek_core.tasks.linear.settings import RateStudy

RISE = 0.01


def plot(settings: RateStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw curvature at, and values of, every parameter above; below, spectrum, and loss against distance."""
    result = data[analysis_of("degeneracy")]
    figure = plt.figure(figsize=(DOUBLE_COLUMN, 5.2))
    rows = np.asarray(figure.subfigures(2, 1, height_ratios=(1.3, 1)))
    curvature, values = rows[0].subplots(2, 1, sharex=True)
    spectrum, distance = rows[1].subplots(1, 2)
    _parameters(curvature, result)
    _learned_values(values, result, search_colours(settings))
    _spectrum(spectrum, result)
    _loss_against_distance(distance, result, settings)
    for letter, panel in zip("abcd", (curvature, values, spectrum, distance), strict=True):
        panel_label(panel, letter)
    return figure


def _tolerance(curvature: xr.DataArray) -> np.ndarray:
    """Return the distance at which the loss has risen by RISE, in quadratic approximation; NaN where it does not."""
    positive = np.where(curvature.values > 0, curvature.values, np.nan)
    return np.sqrt(2 * RISE / positive)


def _parameters(axes: plt.Axes, result: xr.Dataset) -> None:
    tolerance = _tolerance(result["curvature_of_parameter"])
    axes.bar(range(len(tolerance)), 1 / tolerance, color="0.4", width=0.7)
    axes.set(yscale="log", ylabel="1 / tolerance", title=f"tolerance: change that raises the loss by {RISE:g}")


def _learned_values(axes: plt.Axes, result: xr.Dataset, colours: Mapping[str, str]) -> None:
    searches = result["search_of_learned"].values
    for index, (search, colour) in enumerate(colours.items()):
        chosen = result["learned_coordinates"].values[(searches == search) & (result["solves"].values == 1)]
        places = np.arange(chosen.shape[1]) + 0.22 * (index - (len(colours) - 1) / 2)
        for k, rule in enumerate(chosen):
            label = None if k else search_label(search)
            axes.plot(places, rule, "o", color=colour, ms=1.8, mew=0, alpha=0.7, label=label)
    names = [str(name) for name in result["coordinate"].values]
    axes.set_xticks(range(len(names)), [name.rpartition("_")[2] for name in names], rotation=90, fontsize=5)
    axes.axhline(0, color="0.8", lw=0.5, zorder=0)
    kinds = list(dict.fromkeys(name.partition(".")[0] for name in names))
    axes.set(ylabel="Learned value", xlabel="Parameter " + r"$\theta_{abc}$" + f" ({', then '.join(kinds)})")
    axes.set_xlim(-0.7, len(names) - 0.3)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.95), ncols=len(colours))


def _spectrum(axes: plt.Axes, result: xr.Dataset) -> None:
    values = result["curvature"].values
    index = np.arange(len(values)) + 1
    axes.plot(index, np.abs(values), "-", color="0.7", lw=0.6, zorder=0)
    axes.plot(index[values > 0], values[values > 0], "o", color="black", label="loss rises")
    axes.plot(index[values <= 0], -values[values <= 0], "o", color="black", mfc="white", label="loss falls")
    axes.set(yscale="log", xlabel="Eigenvector (stiff to sloppy)", ylabel="Curvature of the loss")
    axes.legend(loc="upper right")


def _loss_against_distance(axes: plt.Axes, result: xr.Dataset, settings: RateStudy) -> None:
    for origin, (colour, marker) in ORIGIN_STYLE.items():
        chosen = (result["origin"] == origin).values
        if origin != "learned" and chosen.any():
            style: dict[str, Any] = {"color": colour, "ms": 2.5, "mew": 0, "alpha": 0.6 if marker == "." else 1.0}
            axes.plot(result["distance_from_best"][chosen], result["loss"][chosen], marker, label=origin, **style)
    middle = result["learned_coordinates"].sel(learned=str(result["best_rule"].values)).values
    for search, colour in search_colours(settings).items():
        chosen = (result["search_of_learned"] == search).values
        distance = np.linalg.norm(result["learned_coordinates"].values[chosen] - middle, axis=1)
        axes.plot(distance, result["learned_loss"][chosen], "D", color=colour, ms=3, mew=0, label=search_label(search))
    axes.axhline(settings.degeneracy.solved_loss, color="0.6", lw=0.6, ls=":", zorder=0)
    axes.set(yscale="log", xlabel="Distance from the best rule", ylabel="Loss on unseen data sets")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


CAPTION = (
    "Which parameters the loss pins. **a** How far each parameter of the best rule may be changed alone "
    f"before the loss, without penalty, has risen by {RISE:g} (second derivative on the evaluation data sets; "
    "tall: pinned; no bar: the loss does not rise). **b** Learned values of all rules that solve the task, by "
    "search. **c** Eigenvalues of the loss's Hessian at the best rule. **d** Loss of all rules against their "
    "distance from the best one; below the dotted line rules count as solutions: those far to the right do "
    "the same job with other parameters."
)

FIGURE = Figure((analysis_of("degeneracy"),), plot, CAPTION)
