"""Figure: common structure of plausible rules: signs, mean-field theory, neighbours, clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import DOUBLE_COLUMN, SYNAPSE_COLOURS, Figure, panel_label, round_colours, words
from synapseek_core.pipeline.results import Data, analysis_of

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

SHADES = ("#0072B2", "#56B4E9", "#E69F00", "#D55E00")
"""Of the patterns of signs."""


def plot(settings: FamiliesStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw signs and theory above, if there is a theory of the rules; neighbours and clusters below."""
    result = data[analysis_of("families")]
    rounds = [n for n, count in zip(result["round"].values, result["wanted_rules"].values, strict=True) if count > 1]
    has_theory = "sign_share" in result
    figure, axes = plt.subplots(1 + has_theory, 2, figsize=(DOUBLE_COLUMN, 2.5 * (1 + has_theory)), squeeze=False)
    if has_theory:
        _signs(axes[0, 0], result, rounds)
        _theory(axes[0, 1], result, rounds)
    _neighbours(axes[-1, 0], result, rounds)
    _clusters(axes[-1, 1], result, rounds)
    for letter, panel in zip("abcd", axes.ravel(), strict=False):
        panel_label(panel, letter)
    return figure


def _signs(axes: plt.Axes, result: xr.Dataset, rounds: list[Any]) -> None:
    """Draw the signs in the last round, a stacked bar for each synapse type."""
    share = result["sign_share"].sel(round=rounds[-1])
    below = np.zeros(share.sizes["synapse_type"])
    for pattern, colour in zip(share["sign_pattern"].values, SHADES, strict=True):
        own = share.sel(sign_pattern=pattern).values
        alpha, beta = pattern.replace("-", "−")
        axes.bar(range(len(own)), own, bottom=below, color=colour, label=rf"$\alpha${alpha} $\beta${beta}", width=0.7)
        below += own
    for quarter in (0.25, 0.5, 0.75):
        axes.axhline(quarter, color="white", lw=0.6, ls=":")
    axes.set_xticks(range(len(below)), share["synapse_type"].values)
    axes.set(ylim=(0, 1), ylabel="Share of rules", title=f"signs, {words(rounds[-1])}")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))


def _theory(axes: plt.Axes, result: xr.Dataset, rounds: list[Any]) -> None:
    """Draw the share of rules that the theory rejects, by round: in each synapse type, and in any."""
    at = np.arange(len(rounds))
    for kind in result["synapse_type"].values:
        shares = result["theory_rejects"].sel(round=rounds, synapse_type=kind)
        axes.plot(at, shares, "o-", color=SYNAPSE_COLOURS[str(kind)], label=kind)
    axes.plot(at, result["theory_rejects_any"].sel(round=rounds), "o-", color="black", label="any")
    counts = result["wanted_rules"].sel(round=rounds).values
    axes.set_xticks(at, [f"{words(name)}\nn = {count}" for name, count in zip(rounds, counts, strict=True)])
    axes.set(ylim=(0, 1.03), xlim=(-0.4, len(rounds) - 0.6), ylabel="Rejected by mean-field theory")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))


def _neighbours(axes: plt.Axes, result: xr.Dataset, rounds: list[Any]) -> None:
    colours = round_colours(result["round"].values)
    for name in rounds:
        own = result.isel(rule=result["origin"].values == name)
        correlation = float(result["distance_correlation"].sel(round=name))
        label = f"{words(name)}: {correlation:.2f}" if np.isfinite(correlation) else words(name)
        axes.plot(
            own["neighbour_distance"],
            own["neighbour_activity_distance"],
            ".",
            ms=3,
            color=colours[str(name)],
            label=label,
        )
    axes.axhline(1, color="0.6", lw=0.6, ls=":", zorder=0)
    axes.set(xlabel="Distance of nearest rule (prior SD)", ylabel="Distance of its activity / mean", ylim=(0, None))
    axes.legend(title="rank correlation, all pairs", title_fontsize=6, loc="upper left", bbox_to_anchor=(1, 1))


def _clusters(axes: plt.Axes, result: xr.Dataset, rounds: list[Any]) -> None:
    probability = result["cluster_probability"].sel(round=rounds).values
    at = np.arange(len(rounds))
    colours = round_colours(result["round"].values)
    axes.bar(at, probability, color=[colours[str(name)] for name in rounds], width=0.6)
    for place in at[np.isnan(probability)]:
        axes.text(place, 0.02, "too few", ha="center", fontsize=6)
    axes.axhline(0.05, color="black", lw=0.6, ls="--")
    axes.set_xticks(at, [words(name) for name in rounds])
    axes.set(ylim=(0, 1), xlim=(-0.6, len(rounds) - 0.4), ylabel="Probability without clusters")


CAPTION = (
    "Common structure of the rules that meet the target of their round of inference (of the prior: all). Above, "
    "for pair rules: signs of alpha and beta, the changes at unpaired pre- and postsynaptic spikes, in the last round "
    "(the prior has a quarter each); and the share of rules for which mean-field theory has no stable rate in a "
    "synapse type, or in any, of networks that were not stopped. Below: distance of each rule's parameters from its "
    "nearest neighbour of the round, against the distance of their activities over that of all pairs (below 1: similar "
    "rules give similar activity); and the probability that normally distributed rules of the same covariance fall "
    "into two clusters as well as these (below the dashed line: there are clusters)."
)

FIGURE = Figure((analysis_of("families"),), plot, CAPTION)
