"""Figure: learned networks on streams with other repeat intervals, noise, correlations and repeats of repeats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import DOUBLE_COLUMN, Figure, panel_label, search_colours, search_label
from synapseek_core.pipeline.results import Data, analysis_of
from synapseek_core.search.distribution import is_learned_by

MEASURES = {"true_positive_rate": "-", "false_positive_rate": "--"}


def plot(settings: Any, data: Data) -> matplotlib.figure.Figure:
    """Accuracy, then true and false positives against the repeat interval; accuracy in the other conditions."""
    tested = learned_networks(data[analysis_of("generalisation")])
    figure, axes = plt.subplots(1, 3, figsize=(DOUBLE_COLUMN, 2.3), width_ratios=(1, 1, 0.9))
    colours = search_colours(settings)
    for search, colour in colours.items():
        own = of_search(tested, search)
        draw_intervals(axes[0], own, settings, "accuracy", color=colour, label=search_label(search))
        for measure, style in MEASURES.items():
            draw_intervals(axes[1], own, settings, measure, color=colour, ls=style, label=None)
    finish_accuracy(axes[0], settings)
    axes[0].legend(loc="best")
    finish_rates(axes[1])
    _other_conditions(axes[2], tested, settings, colours)
    for letter, panel in zip("abc", axes, strict=True):
        panel_label(panel, letter)
    return figure


def learned_networks(tested: xr.Dataset) -> xr.Dataset:
    """The outcomes of the searches in a generalisation file."""
    return tested.isel(rule=np.flatnonzero(tested["origin"].values == "learned"))


def of_search(tested: xr.Dataset, search: str) -> xr.Dataset:
    """The networks that one search learned."""
    return tested.isel(rule=is_learned_by(tested, search))


def intervals(settings: Any) -> dict[str, int]:
    """Conditions that differ in the repeat interval alone, and it, increasing."""
    conditions = settings.generalisation.conditions
    found = {name: own["stream"]["interval"] for name, own in conditions.items() if list(own) == ["stream"]
             and list(own["stream"]) == ["interval"]}  # fmt: skip
    return dict(sorted(found.items(), key=lambda item: item[1]))


def chance(settings: Any) -> float:
    """Share of right answers of a network that calls every pattern new."""
    probability = settings.stream.repeat_probability
    return 1 - probability if settings.stream.multiple_repeats else 1 / (1 + probability)


def draw_intervals(
    axes: plt.Axes, tested: xr.Dataset, settings: Any, measure: str, color: str, label: str | None, ls: str = "-"
) -> None:
    """A measure against the repeat interval: median over networks, and the range that they cover."""
    conditions = intervals(settings)
    values = tested[measure].sel(condition=list(conditions)).mean("trial")
    places = list(conditions.values())
    axes.plot(places, values.median("rule"), ls, marker="o", ms=2, mew=0, color=color, label=label)
    axes.fill_between(places, values.min("rule"), values.max("rule"), color=color, alpha=0.15, lw=0)


def finish_accuracy(axes: plt.Axes, settings: Any) -> None:
    """Scales, labels and the level of chance of a panel of accuracies."""
    axes.axhline(chance(settings), color="0.5", lw=0.6, ls=":", zorder=0)
    axes.set(xscale="log", xlabel="Repeat interval R of the test", ylabel="Accuracy", ylim=(0.5, 1.02))
    axes.xaxis.set_major_formatter("{x:g}")


def finish_rates(axes: plt.Axes) -> None:
    """Scales and labels of a panel of true and false positive rates."""
    axes.set(xscale="log", xlabel="Repeat interval R of the test", ylim=(-0.02, 1.02))
    axes.set_ylabel("Positive rate\n(solid: true, dashed: false)")
    axes.xaxis.set_major_formatter("{x:g}")


def _other_conditions(axes: plt.Axes, tested: xr.Dataset, settings: Any, colours: Mapping[str, str]) -> None:
    """One point a network in every condition that is not of the repeat interval alone."""
    names = [name for name in settings.generalisation.conditions if name not in intervals(settings)]
    for index, (search, colour) in enumerate(colours.items()):
        values = of_search(tested, search)["accuracy"].sel(condition=names).mean("trial")
        places = np.arange(len(names)) + 0.2 * (index - (len(colours) - 1) / 2)
        axes.plot(np.tile(places, (values.sizes["rule"], 1)), values, "o", color=colour, ms=2.5, mew=0, alpha=0.8)
    axes.axhline(chance(settings), color="0.5", lw=0.6, ls=":", zorder=0)
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
    axes.set(ylabel="Accuracy", ylim=(0.5, 1.02), xlim=(-0.5, len(names) - 0.5))


CAPTION = (
    "Learned networks on streams that they were not learned on, by search. **a** Accuracy against the repeat interval "
    "of the test: median over networks, shaded their range; dotted: a network that calls every pattern new. **b** "
    "Share of repeats, and of new patterns, that are called repeats. **c** Accuracy of every network when elements of "
    "repeats are turned over, when patterns are correlated, and when repeats are repeated, each at the R of the study."
)

FIGURE = Figure((analysis_of("generalisation"),), plot, CAPTION)
