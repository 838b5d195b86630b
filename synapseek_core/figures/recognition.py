"""Panels that show how far beyond their training networks detect repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.search.distribution import is_learned_by

if TYPE_CHECKING:
    from synapseek_core.tasks.streams.settings import ContinualFamiliarityStudy

MEASURES = {"true_positive_rate": "-", "false_positive_rate": "--"}


def learned_networks(tested: xr.Dataset) -> xr.Dataset:
    """Return the outcomes of the searches in a generalisation file."""
    return tested.isel(rule=np.flatnonzero(tested["origin"].values == "learned"))


def of_search(tested: xr.Dataset, search: str) -> xr.Dataset:
    """Return the networks that one search learned."""
    return tested.isel(rule=is_learned_by(tested, search))


def intervals(settings: ContinualFamiliarityStudy) -> dict[str, int]:
    """Return condition -> repeat interval, increasing, for the conditions that differ in the repeat interval alone."""
    conditions = settings.generalisation.conditions
    found = {name: own["stream"]["interval"] for name, own in conditions.items() if list(own) == ["stream"]
             and list(own["stream"]) == ["interval"]}  # fmt: skip
    return dict(sorted(found.items(), key=lambda item: item[1]))


def chance(settings: ContinualFamiliarityStudy) -> float:
    """Return the share of right answers of a network that calls every pattern new."""
    probability = settings.stream.repeat_probability
    return 1 - probability if settings.stream.multiple_repeats else 1 / (1 + probability)


def draw_intervals(
    axes: plt.Axes,
    tested: xr.Dataset,
    settings: ContinualFamiliarityStudy,
    measure: str,
    color: str,
    label: str | None,
    ls: str = "-",
) -> None:
    """Draw a measure against the repeat interval: median over networks, and the range that they cover."""
    conditions = intervals(settings)
    values = tested[measure].sel(condition=list(conditions)).mean("trial")
    places = list(conditions.values())
    axes.plot(places, values.median("rule"), ls, marker="o", ms=2, mew=0, color=color, label=label)
    axes.fill_between(places, values.min("rule"), values.max("rule"), color=color, alpha=0.15, lw=0)


def finish_accuracy(axes: plt.Axes, settings: ContinualFamiliarityStudy) -> None:
    """Set scales and labels of a panel of accuracies, and draw the level of chance."""
    axes.axhline(chance(settings), color="0.5", lw=0.6, ls=":", zorder=0)
    axes.set(xscale="log", xlabel="Repeat interval R of the test", ylabel="Accuracy", ylim=(0.5, 1.02))
    axes.xaxis.set_major_formatter("{x:g}")


def finish_rates(axes: plt.Axes) -> None:
    """Set scales and labels of a panel of true and false positive rates."""
    axes.set(xscale="log", xlabel="Repeat interval R of the test", ylim=(-0.02, 1.02))
    axes.set_ylabel("Positive rate\n(solid: true, dashed: false)")
    axes.xaxis.set_major_formatter("{x:g}")
