"""Figure: number of directions left free to the rules that meet the target of their round, and their correlations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import DOUBLE_COLUMN, Figure, panel_label, round_colours, words
from synapseek_core.figures.matrix import correlation_matrix, label_blocks
from synapseek_core.pipeline.results import Data, analysis_of

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

FEWEST = 20
"""Rules that a round must have to be shown: correlations of fewer are those of chance."""


def plot(settings: FamiliesStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw spectra, participation ratios, and correlations of the rules and within the posterior."""
    result = data[analysis_of("families")]
    figure, axes = plt.subplots(2, 2, figsize=(DOUBLE_COLUMN, 5.8), height_ratios=(1, 1.9))
    rounds = _shown(result)
    _spectra(axes[0, 0], result, rounds)
    _ratios(axes[0, 1], result, rounds)
    last = rounds[-1]
    title = f"rules of {words(last)} (n = {int(result['wanted_rules'].sel(round=last))})"
    _matrix(axes[1, 0], result["correlation"].sel(round=last), title)
    if "conditional_correlation" in result:
        _matrix(axes[1, 1], result["conditional_correlation"], "last posterior, given all other parameters")
    else:
        axes[1, 1].set_axis_off()
    for letter, panel in zip("abcd", axes.ravel(), strict=True):
        if panel.axison:
            panel_label(panel, letter)
    return figure


def _shown(result: xr.Dataset) -> list[str]:
    """Return the names of the prior and of the rounds with enough rules."""
    prior, *others = map(str, result["round"].values)
    return [prior, *(name for name in others if int(result["wanted_rules"].sel(round=name)) >= FEWEST)]


def _spectra(axes: plt.Axes, result: xr.Dataset, rounds: list[str]) -> None:
    index = np.arange(result.sizes["principal_axis"]) + 1
    colours = round_colours(result["round"].values)
    for name in rounds:
        one, colour = result.sel(round=name), colours[name]
        axes.plot(index, one["eigenvalue"], "o-", ms=2, color=colour, label=words(name))
        axes.plot(index, one["prior_eigenvalue"], ":", color=colour, lw=0.8)
    axes.set(xlabel="Principal axis (widest first)", ylabel="Variance (prior: 1)", ylim=(0, None))
    axes.legend()


def _ratios(axes: plt.Axes, result: xr.Dataset, rounds: list[str]) -> None:
    at = np.arange(len(rounds))
    chosen = result.sel(round=rounds)
    colours = round_colours(result["round"].values)
    axes.bar(at - 0.2, chosen["participation_ratio"], 0.36, color=[colours[name] for name in rounds])
    axes.bar(at + 0.2, chosen["prior_participation_ratio"], 0.36, color="0.8")
    counts = chosen["wanted_rules"].values
    axes.set_xticks(at, [f"{words(name)}\nn = {n}" for name, n in zip(rounds, counts, strict=True)])
    axes.set(ylabel="Free directions\n(participation ratio)")


def _matrix(axes: plt.Axes, values: xr.DataArray, title: str) -> None:
    names = values["free_parameter"].values
    shown = values.values.copy()
    np.fill_diagonal(shown, 0)
    image = correlation_matrix(axes, shown, names)
    label_blocks(axes, names)
    largest = np.nanmax(np.abs(shown))
    image.set_clim(-largest, largest)
    bar = plt.colorbar(image, ax=axes, shrink=0.6, pad=0.1, location="bottom")
    bar.outline.set_linewidth(0.4)
    axes.set_title(title)


CAPTION = (
    "Degeneracy of the rules that meet the target of their round of inference (of the prior: all), in rounds with "
    f"at least {FEWEST} of them. Parameters are standard normal numbers under the prior. **a** Variance along the "
    "principal axes of these rules; dotted: for as many rules of the prior, whose spread is that of small samples. "
    "**b** Effective number of free directions; grey: for as many rules of the prior. **c** Correlations of their "
    "parameters in the last of these rounds. **d** Correlations of each two parameters given all others, in the last "
    "posterior at the middle of its targets. Colours end at the largest value."
)

FIGURE = Figure((analysis_of("families"),), plot, CAPTION)
