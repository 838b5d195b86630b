"""Figure: the share of the rules of each round that keeps a network plausible, and the variety of those rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import DOUBLE_COLUMN, LEARNED_COLOURS, Figure, panel_label, words
from synapseek_core.figures.windows import LAG_LABEL, window, zero_lines
from synapseek_core.measures.groups import ALL
from synapseek_core.measures.plausibility import Share, shares_of_constraints, shares_of_groups
from synapseek_core.measures.registry import METRICS
from synapseek_core.pipeline.results import Data, analysis_of

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

SHOWN = 5
"""Number of rules whose windows are drawn."""

COLUMNS = 2
"""Of windows."""

SPREAD = 0.12
"""Distance of the groups of a round, in rounds."""


def plot(settings: FamiliesStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw shares of constraints on the left; shares of groups by round and windows of the best rules on the right."""
    result = data[analysis_of("families")]
    types = settings.plasticity.synapse_types
    figure = plt.figure(figsize=(DOUBLE_COLUMN, 4.6))
    outer = figure.add_gridspec(1, 2, width_ratios=(1, 1.5))
    right = outer[1].subgridspec(2, 1, height_ratios=(1, 1.5))
    inner = right[1].subgridspec(-(-len(types) // COLUMNS), min(COLUMNS, len(types)))
    windows = [inner[divmod(k, COLUMNS)] for k in range(len(types))]
    panels = [figure.add_subplot(cell) for cell in (outer[0], right[0], *windows)]
    rounds = {name: result.isel(rule=result["origin"].values == name) for name in result["round"].values}
    _constraints(panels[0], rounds)
    _groups(panels[1], rounds)
    _windows(panels[2:], settings, result)
    for letter, panel in zip("abc", panels, strict=False):
        panel_label(panel, letter)
    return figure


def _constraints(axes: plt.Axes, rounds: Mapping[str, xr.Dataset]) -> None:
    """Draw two bars for each constraint, of the first and the last round, with their intervals."""
    first, last = (shares_of_constraints(list(rounds.values())[k]) for k in (0, -1))
    scored = rounds["prior"]
    group_of = dict(zip(scored["constraint"].values, scored["constraint_group"].values, strict=True))
    colours = _colours(dict.fromkeys(group_of.values()))
    for row, name in enumerate(first):
        colour = colours[group_of[name]]
        _bar(axes, row - 0.2, first[name], colour, 0.4)
        if len(rounds) > 1:
            _bar(axes, row + 0.2, last[name], colour, 1.0)
    axes.set_yticks(range(len(first)), [METRICS[name].label for name in first])
    title = "pale: prior" + (f", full: {words(list(rounds)[-1])}" if len(rounds) > 1 else "")
    axes.set(xlim=(0, 1), ylim=(len(first) - 0.4, -0.6), xlabel="Share of rules", title=title)


def _bar(axes: plt.Axes, row: float, one: Share, colour: str, opacity: float) -> None:
    axes.barh(row, one.value, color=colour, alpha=opacity, height=0.36)
    axes.plot((one.low, one.high), (row, row), color="0.3", lw=0.8)


def _colours(groups: Mapping[str, Any]) -> dict[str, str]:
    return {name: LEARNED_COLOURS[k % len(LEARNED_COLOURS)] for k, name in enumerate(groups)} | {ALL: "black"}


def _groups(axes: plt.Axes, rounds: Mapping[str, xr.Dataset]) -> None:
    """Draw a line for each group of constraints, with the intervals of each round."""
    shares = {name: shares_of_groups(scored) for name, scored in rounds.items()}
    groups = list(shares["prior"])
    colours = _colours(dict.fromkeys(name for name in groups if name != ALL))
    for place, group in enumerate(groups):
        at = np.arange(len(rounds)) + SPREAD * (place - (len(groups) - 1) / 2)
        own = [shares[name][group] for name in rounds]
        axes.plot(at, [one.value or np.nan for one in own], "o-", color=colours[group], label=words(group))
        axes.vlines(at, [max(one.low, 1e-9) for one in own], [one.high for one in own], color=colours[group], lw=0.8)
    lowest = min(one.value or one.high for own in shares.values() for one in own.values())
    axes.set_xticks(range(len(rounds)), [f"{words(n)}\n{d.sizes['rule']} rules" for n, d in rounds.items()])
    axes.set(yscale="log", ylim=(min(lowest, 0.02) / 4, 1.2), xlim=(-0.5, len(rounds) - 0.5), ylabel="Share of rules")
    axes.legend(ncols=2, fontsize=5.5, loc="lower center", bbox_to_anchor=(0.5, 1.0))


def _windows(panels: list[plt.Axes], settings: FamiliesStudy, result: xr.Dataset) -> None:
    """Draw the spike-timing windows of the rules that meet most constraints, one panel a synapse type."""
    best = np.argsort(result["loss"].values, kind="stable")[:SHOWN]
    types = settings.plasticity.synapse_types
    for index, (kind, axes) in enumerate(zip(types, panels, strict=True)):
        for rule, colour in zip(best, LEARNED_COLOURS, strict=False):
            window(axes, settings.rule_space, index, result["theta"].values[rule], None, color=colour)
        zero_lines(axes)
        axes.set_title(kind)
        if index >= len(types) - COLUMNS:
            axes.set_xlabel(LAG_LABEL)
        if index % COLUMNS == 0:
            axes.set_ylabel(r"$\Delta w / \eta$")


CAPTION = (
    "Which rules keep a network plausible, round by round of inference. **a** Share of the rules that meet each "
    "constraint in every trial; lines: Wilson intervals at 95 %. A network that was stopped meets none. **b** Share "
    "that meets all constraints of a group, and all; a line without a point: none did, up to its upper end. "
    f"**c** Spike-timing windows of the {SHOWN} rules of all rounds that meet most constraints, a colour a rule, in "
    "every plastic synapse type."
)

FIGURE = Figure((analysis_of("families"),), plot, CAPTION)
