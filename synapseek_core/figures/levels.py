"""Figure: populations of rules on their way to where all constraints are met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import DOUBLE_COLUMN, LEARNED_COLOURS, Figure, panel_label, words
from synapseek_core.measures.groups import ALL
from synapseek_core.pipeline.results import Data, analysis_of

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

POPULATIONS = {"E": "#0072B2", "I": "#D55E00"}
"""Colours of the populations of neurons."""

RATES = (1.0, 50.0)
"""In Hz, between which theory and simulation are the same on a line."""


def plot(settings: FamiliesStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw a row for each population of rules: targets, shares, fates of moves, and theory against simulation."""
    result = data[analysis_of("levels")]
    names = [str(name) for name in result["population_of_rules"].values]
    figure, axes = plt.subplots(len(names), 4, figsize=(DOUBLE_COLUMN, 0.6 + 2.0 * len(names)), squeeze=False)
    for row, name in zip(axes, names, strict=True):
        one = result.sel(population_of_rules=name)
        one = one.isel(sweep=np.isfinite(one["simulated"].values), rule=one["origin"].values == name)
        spent = np.cumsum(one["simulated"].values)
        _targets(row[0], one, spent)
        _shares(row[1], one, spent)
        _fates(row[2], one)
        _theory(row[3], one)
        row[0].set_title(_title(name, one), loc="left")
    for letter, panel in zip("abcd", axes[0], strict=True):
        panel_label(panel, letter)
    return figure


def _title(name: str, one: xr.Dataset) -> str:
    value, error = one["log_evidence"].item() / np.log(10), one["log_evidence_error"].item() / np.log(10)
    state = "" if one["finished"].item() else ", not at its end"
    return f"{words(name)}: $10^{{{value:.1f} \\pm {error:.1f}}}$ of the prior{state}"


def _targets(axes: plt.Axes, one: xr.Dataset, spent: np.ndarray) -> None:
    """Draw tolerance and exponent against the number of simulations."""
    axes.plot(spent, one["tolerance_of_sweep"], ".-", color="black", label="tolerance")
    axes.plot(spent, one["exponent_of_sweep"], ".-", color="0.6", label="power of theory")
    axes.set_yscale("symlog", linthresh=0.1)
    axes.set(xlabel="Simulations", ylim=(0, None), ylabel="Target")
    axes.legend()


def _shares(axes: plt.Axes, one: xr.Dataset, spent: np.ndarray) -> None:
    """Draw the share of the population, and dotted of the simulated rules, that meets each group of constraints."""
    for place, group in enumerate(one["group"].values):
        colour = "black" if group == ALL else LEARNED_COLOURS[place % len(LEARNED_COLOURS)]
        own = one.sel(group=group)
        axes.plot(spent, own["population_share"], ".-", color=colour, label=words(group))
        axes.plot(spent, own["simulated_share"], ":", color=colour, lw=0.8)
    axes.plot(spent, one["distinct_rules"] / one["size"], color="0.7", label="distinct")
    axes.set(xlabel="Simulations", ylim=(0, 1.02), ylabel="Share of rules")
    axes.legend(fontsize=5)


def _fates(axes: plt.Axes, one: xr.Dataset) -> None:
    """Draw what became of the moves of each sweep, as stacked shares; points: refused, simulated and within."""
    moves = one.isel(sweep=slice(1, None))
    size, sweep = moves["size"].item(), moves["sweep"].values
    accepted = moves["accepted"].values / size
    parts = {
        "accepted": accepted,
        "simulated, not accepted": moves["simulated"].values / size - accepted,
        "refused by the classifier": moves["refused_by_classifier"].values,
        "refused by the density": moves["refused_by_density"].values,
    }
    axes.stackplot(sweep, *parts.values(), labels=parts, colors=("#009E73", "#E69F00", "#56B4E9", "0.8"), step="mid")
    audited = moves["audited"].values > 0
    errs = moves["audited_within"].values[audited] / moves["audited"].values[audited]
    axes.plot(sweep[audited], errs, "k.", ms=3, label="refused, yet within")
    axes.set(xlabel="Sweep", ylabel="Share of moves", ylim=(0, 1.02))
    axes.legend(fontsize=5)


def _theory(axes: plt.Axes, one: xr.Dataset) -> None:
    """Draw the simulated rates of the first rules of the mean-field set against those that it holds."""
    for population, colour in POPULATIONS.items():
        rates = one.sel(population=population)
        axes.plot(rates["predicted_rate"], rates["simulated_rate"], ".", ms=2, color=colour, label=population)
    share = one["first_rules_share"].sel(group=ALL).values
    axes.set_title(f"plausible: {share[0]:.2f} (prior: {share[1]:.2f})" if np.isfinite(share[0]) else "no theory")
    axes.set(xscale="log", yscale="log", xlabel="Rate in theory (Hz)", ylabel="Simulated rate (Hz)")
    axes.plot(RATES, RATES, color="0.7", lw=0.6)
    axes.legend()


CAPTION = (
    "Populations of rules that sequential Monte Carlo moves to where all constraints are met, a row each; above, the "
    "share of the prior that does. **a** Highest violation that is allowed, and power of the theory's density in what "
    "is sampled (0: the prior), by the number of simulations. **b** Share of the population, and dotted of the rules "
    "simulated in the sweep, that meets all constraints of a group, and all; grey: distinct rules. **c** What became "
    "of the moves of a sweep; points: of the moves that the classifier refused and that were simulated in any case, "
    "those within the tolerance. **d** Rates of the first rules from the mean-field set, in theory and simulated; "
    "networks that were stopped have none."
)

FIGURE = Figure((analysis_of("levels"),), plot, CAPTION)
