"""Figure: which share of the rules of the prior keeps a network plausible, and how different those rules are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.ticker import MaxNLocator

from synapseek_core.analysis.activity_metrics import METRICS
from synapseek_core.analysis.plausibility import ALL, Share, shares_of_constraints, shares_of_groups
from synapseek_core.figures.figure import DOUBLE_COLUMN, LEARNED_COLOURS, Figure, panel_label
from synapseek_core.figures.spike_timing_window import LAG_LABEL, window, zero_lines

SHOWN = 5
"""Number of rules whose windows are drawn."""

COLUMNS = 2
"""Of windows."""


def plot(settings: Any, data: Mapping[str, Any]) -> matplotlib.figure.Figure:
    """Shares of constraints and of groups to the left, losses and windows of the best rules to the right."""
    rules, fitness = data["rules/prior"], data["fitness/prior"]
    types = settings.plasticity.synapse_types
    figure = plt.figure(figsize=(DOUBLE_COLUMN, 4.4))
    outer = figure.add_gridspec(1, 2, width_ratios=(1, 1.5))
    right = outer[1].subgridspec(2, 1, height_ratios=(1, 1.6))
    inner = right[1].subgridspec(-(-len(types) // COLUMNS), min(COLUMNS, len(types)))
    windows = [inner[divmod(k, COLUMNS)] for k in range(len(types))]
    panels = [figure.add_subplot(cell) for cell in (outer[0], right[0], *windows)]
    _shares(panels[0], fitness)
    _losses(panels[1], fitness)
    _windows(panels[2:], settings, rules, fitness)
    for letter, panel in zip("abc", panels, strict=False):
        panel_label(panel, letter)
    return figure


def _shares(axes: plt.Axes, fitness: xr.Dataset) -> None:
    """A bar a constraint and a group, with its interval."""
    groups = shares_of_groups(fitness)
    colours = {name: LEARNED_COLOURS[k % len(LEARNED_COLOURS)] for k, name in enumerate(groups)} | {ALL: "black"}
    of_constraint = dict(zip(fitness["constraint"].values, fitness["constraint_group"].values, strict=True))
    constraints = shares_of_constraints(fitness).items()
    bars = [(METRICS[name].label, colours[of_constraint[name]], 0.45, one) for name, one in constraints]
    bars += [(name.replace("_", " "), colours[name], 1.0, one) for name, one in groups.items()]
    for row, (_, colour, opacity, one) in enumerate(bars):
        _bar(axes, row, one, colour, opacity)
    axes.set_yticks(range(len(bars)), [name for name, *_ in bars])
    axes.set(xlim=(0, 1), ylim=(len(bars) - 0.5, -0.5), xlabel="Share of rules", title=f"{fitness.sizes['rule']} rules")


def _bar(axes: plt.Axes, row: int, one: Share, colour: str, opacity: float) -> None:
    axes.barh(row, one.value, color=colour, alpha=opacity, height=0.7)
    axes.plot((one.low, one.high), (row, row), color="0.3", lw=0.8)


def _losses(axes: plt.Axes, fitness: xr.Dataset) -> None:
    """How many rules do not meet how many constraints."""
    count = fitness.sizes["constraint"]
    unmet = np.rint(fitness["loss"].values * count).astype(int)
    axes.bar(np.arange(count + 1), np.bincount(unmet, minlength=count + 1), color="0.6")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="Constraints not met (mean over trials)", ylabel="Rules", xlim=(-0.6, count + 0.6))


def _windows(panels: list[plt.Axes], settings: Any, rules: xr.Dataset, fitness: xr.Dataset) -> None:
    """Spike-timing windows of the rules that meet most constraints, one panel a synapse type."""
    best = np.argsort(fitness["loss"].values, kind="stable")[:SHOWN]
    types = settings.plasticity.synapse_types
    for index, (kind, axes) in enumerate(zip(types, panels, strict=True)):
        for rule, colour in zip(best, LEARNED_COLOURS, strict=False):
            window(axes, settings.rule_space, index, rules["theta"].values[rule], None, color=colour)
        zero_lines(axes)
        axes.set_title(kind)
        if index >= len(types) - COLUMNS:
            axes.set_xlabel(LAG_LABEL)
        if index % COLUMNS == 0:
            axes.set_ylabel(r"$\Delta w / \eta$")


CAPTION = (
    "Which rules keep a network plausible, of rules drawn from the prior. **a** Share of the rules that meet each "
    "constraint (pale), all those of a group, and all, in every trial; lines: Wilson intervals at 95 %. A network that "
    f"was stopped meets none. **b** How many constraints rules do not meet. **c** Spike-timing windows of the {SHOWN} "
    "rules that meet most of them, a colour a rule, in every plastic synapse type."
)

FIGURE = Figure(("rules/prior", "fitness/prior"), plot, CAPTION)
