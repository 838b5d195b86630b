"""Figure across studies: every learned rule on every task that it was tested on."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm
from matplotlib.patches import Rectangle

from synapseek_core.figures.comparison.comparison import (
    Comparison,
    StudyResults,
    grouped,
    on_recurrent_network,
    task_label,
    titles,
)
from synapseek_core.figures.figure import DOUBLE_COLUMN, rule_label
from synapseek_core.interfaces.start import has_given_start
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import analysis_of

LIMIT = 100.0
NORM = LogNorm(1 / LIMIT, LIMIT)
ROW_HEIGHT, BLOCK_WIDTH = 0.14, (DOUBLE_COLUMN - 0.6) / 3
"""In inches: three blocks beside the colour bar fill a page."""


def plot(results: Sequence[StudyResults]) -> matplotlib.figure.Figure:
    """Draw one block a group of studies; rows are rules, by study, and columns the tasks of the tests."""
    groups = grouped(results)
    conditions = list(
        dict.fromkeys(str(c) for one in results for c in one.data[analysis_of("generalisation")]["condition"].values)
    )
    tallest = max(_height(group) for group in groups.values())
    figure, panels = plt.subplots(
        1, len(groups), figsize=(BLOCK_WIDTH * len(groups) + 0.6, ROW_HEIGHT * max(tallest, 8) + 0.9), squeeze=False
    )
    for letter, (label, group), axes in zip("abcdef", groups.items(), panels[0], strict=False):
        _block(axes, group, conditions)
        axes.set(xlim=(0, len(conditions)), ylim=(tallest, 0))
        axes.set_title(f"$\\bf{{{letter}}}$  learned on {label.lower()}", loc="left")
    colours = plt.cm.ScalarMappable(NORM, "RdBu_r")
    bar = figure.colorbar(colours, ax=panels[0].tolist(), shrink=min(1.0, 14 / tallest), pad=0.02, extend="both")
    bar.set_label("Loss / loss of the start")
    bar.outline.set_linewidth(0.4)
    return figure


def relative_losses(tested: xr.Dataset) -> xr.Dataset:
    """Return the losses of rules relative to the start of the search, `relative_loss` (rule, condition).

    The rules are the start, the learned rules and the last rule of the published run in the generalisation file
    `tested`. `relative_loss` is the loss over that of the start on the same trials.
    """
    origin = tested["origin"].values
    start = tested["loss"].isel(rule=origin == "start").isel(rule=0, drop=True)
    rows = [
        *np.flatnonzero(origin == "start")[:1],
        *np.flatnonzero(origin == "learned"),
        *np.flatnonzero(origin == "published")[-1:],
    ]
    return tested.isel(rule=rows).assign(relative_loss=tested["loss"].isel(rule=rows) / start)


def _height(group: Sequence[StudyResults]) -> int:
    return sum(1 + relative_losses(one.data[analysis_of("generalisation")]).sizes["rule"] for one in group)


def _block(axes: plt.Axes, group: Sequence[StudyResults], conditions: Sequence[str]) -> None:
    """Draw a line with the types of each study, and below it a line for each rule."""
    labels: list[str] = []
    headings = []
    for one, title in zip(group, titles(group), strict=True):
        headings.append(len(labels))
        labels.append(title)
        tested = relative_losses(one.data[analysis_of("generalisation")])
        for rule in tested["rule"].values:
            _row(axes, tested.sel(rule=rule), len(labels), conditions)
            origin = str(tested["origin"].sel(rule=rule).values)
            labels.append(rule_label(tested, rule) if origin == "learned" else origin)
    axes.set_yticks(np.arange(len(labels)) + 0.5, labels)
    for heading in headings:
        axes.get_yticklabels()[heading].set(fontweight="bold", fontsize=7)
    axes.set_xticks(np.arange(len(conditions)) + 0.5, [f"on {task_label(c).lower()}" for c in conditions])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _row(axes: plt.Axes, tested: xr.Dataset, place: int, conditions: Sequence[str]) -> None:
    """Draw the cells of one rule: colour, the loss as a number, and a frame if the rule solves the task."""
    for column, condition in enumerate(conditions):
        if condition not in tested["condition"].values:
            continue
        cell = tested.sel(condition=condition)
        loss, relative = float(cell["loss"]), np.clip(float(cell["relative_loss"]), 1 / LIMIT, LIMIT)
        solves = loss <= float(cell["solved_loss"])
        colour = plt.get_cmap("RdBu_r")(NORM(relative))
        axes.add_patch(Rectangle((column, place), 1, 1, fc=colour, ec="white", lw=0.6))
        if solves:
            axes.add_patch(Rectangle((column + 0.02, place + 0.08), 0.96, 0.84, fc="none", ec="black", lw=1.0))
        dark = abs(np.log(relative)) > 0.6 * np.log(LIMIT)
        number = f"{loss:.2g}" if loss < 100 else f"{loss:.0f}"
        axes.text(
            column + 0.5, place + 0.52, number, ha="center", va="center", fontsize=6,
            color="white" if dark else "black", fontweight="bold" if solves else "normal",
        )  # fmt: skip


def _is_of(study: Study) -> bool:
    settings = study.settings
    return (
        on_recurrent_network(study)
        and len(study.conditions) > 1
        and has_given_start(settings.rule_space, next(iter(settings.search.values())))
    )


CAPTION = (
    "Rules learned on one task, tested on the others. **a**, **b**, ...: the task on which rules were learned. Rows: "
    "rules, by plastic synapse types (start: where the search starts, by default no plasticity; published: the end of "
    "the published run). Columns: the task on which they are tested, on trials that they were not learned on, the same "
    "for all rules of a study. Numbers: loss, mean over trials. Colour: that loss over the loss of the start on the "
    "same trials, which makes tasks comparable: blue, the rule helps; red, it harms. Bold in a frame: the rule solves "
    "the task, that is, its loss is at most what the task counts as a solution."
)

COMPARISON = Comparison(_is_of, (analysis_of("generalisation"),), plot, CAPTION)
