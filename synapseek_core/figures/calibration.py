"""Figure: calibration of the posteriors of rules given the activity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from scipy.stats import binom

from synapseek_core.figures.figure import DOUBLE_COLUMN, Figure, panel_label, round_colours, words
from synapseek_core.inference.coverage import coverage
from synapseek_core.pipeline.results import Data, analysis_of

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

BINS = 10
LEVELS = np.linspace(0, 1, 41)
BAND = (0.025, 0.975)


def plot(settings: FamiliesStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw, by round, the ranks, the coverage, and the gain of log density over the prior."""
    result = data[analysis_of("families")]
    names = [] if "rank_of_round" not in result else _with_posterior(result)
    figure, axes = plt.subplots(1, 3, figsize=(DOUBLE_COLUMN, 2.3))
    colours = round_colours(result["round"].values)
    for name in names:
        colour = colours[name]
        one = result.sel(round=name).dropna("held_out", subset=["rank_of_round"], how="all")
        ranks = one["rank_of_round"].values
        _ranks(axes[0], ranks, colour)
        axes[1].plot(LEVELS, coverage(ranks, LEVELS), color=colour, label=words(name))
    _band(axes[0], result, names)
    axes[0].set(xlabel="Rank of the true parameter", ylabel="Held-out rules x parameters", xlim=(0, 1))
    axes[0].set_ylim(bottom=0)
    axes[1].plot((0, 1), (0, 1), color="0.6", lw=0.6, ls=":", zorder=0)
    axes[1].set(xlabel="Central interval", ylabel="Share of true parameters in it", xlim=(0, 1), ylim=(0, 1))
    _gains(axes[2], result, names)
    if names:
        axes[1].legend()
    for letter, panel in zip("abc", axes, strict=True):
        panel_label(panel, letter)
    return figure


def _with_posterior(result: xr.Dataset) -> list[str]:
    has = result["rank_of_round"].notnull().any(("held_out", "free_parameter")).values
    return [str(name) for name in result["round"].values[has]]


def _ranks(axes: plt.Axes, ranks: np.ndarray, colour: str) -> None:
    counts, edges = np.histogram(ranks, BINS, (0, 1))
    axes.stairs(counts / ranks.size * BINS, edges, baseline=None, color=colour)


def _band(axes: plt.Axes, result: xr.Dataset, names: list[str]) -> None:
    """Draw where 95 % of the bars of uniform ranks would be, for the round with fewest held-out rules."""
    axes.axhline(1, color="0.6", lw=0.6, ls=":", zorder=0)
    if names:
        held = result["rank_of_round"].sel(round=names).notnull().sum(("held_out", "free_parameter")).min().item()
        low, high = binom.ppf(BAND, held, 1 / BINS) / held * BINS
        axes.axhspan(low, high, color="0.9", zorder=-1)
    axes.set_ylim(0, None)


def _gains(axes: plt.Axes, result: xr.Dataset, names: list[str]) -> None:
    """Draw the gain of every held-out rule, and the mean, by round."""
    colours = round_colours(result["round"].values)
    for place, name in enumerate(names):
        gain = result["log_density_gain_of_round"].sel(round=name).dropna("held_out").values
        spread = np.linspace(-0.25, 0.25, len(gain)) if len(gain) > 1 else np.zeros(1)
        axes.plot(place + spread, np.sort(gain), ".", color=colours[name], ms=3)
        axes.plot((place - 0.3, place + 0.3), (gain.mean(),) * 2, color="black", lw=1)
    axes.axhline(0, color="0.6", lw=0.6, ls=":", zorder=0)
    axes.set_xticks(range(len(names)), [words(name) for name in names])
    axes.set_ylabel("Log density over the prior (nats)")


CAPTION = (
    "Tests of the posteriors on simulations that they were not fitted to. **a** Ranks of the true parameters among "
    "draws from the posterior, relative to uniform ones, which a right posterior gives; grey: where 95 % of the bars "
    "would then be if all ranks were independent. **b** Share of true parameters within central intervals of the "
    "posterior, against the nominal share. **c** Log density of the true rule under the posterior minus that under "
    "the prior; line: mean."
)

FIGURE = Figure((analysis_of("families"),), plot, CAPTION)
