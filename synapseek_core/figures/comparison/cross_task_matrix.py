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
    by_task,
    on_recurrent_network,
    task_label,
    titles,
)
from synapseek_core.figures.figure import DOUBLE_COLUMN, rule_label
from synapseek_core.project import Study
from synapseek_core.search.start import has_given_start

LIMIT = 100.0
NORM = LogNorm(1 / LIMIT, LIMIT)
ROW_HEIGHT = 0.15
GAP = 0.35
"""Space between studies, in rows."""


def plot(results: Sequence[StudyResults]) -> matplotlib.figure.Figure:
    """One block a task that rules were learned on; rows are rules, by study, and columns the tasks of the tests."""
    groups = by_task(results)
    conditions = list(dict.fromkeys(str(c) for one in results for c in one.data["generalisation"]["condition"].values))
    tallest = max(_height(group) for group in groups.values())
    figure, panels = plt.subplots(
        1, len(groups), figsize=(DOUBLE_COLUMN * (len(groups) + 1) / 3, ROW_HEIGHT * tallest + 0.9), squeeze=False
    )
    for letter, (task, group), axes in zip("abcdef", groups.items(), panels[0], strict=False):
        _block(axes, group, conditions)
        axes.set_title(f"$\\bf{{{letter}}}$  Learned on: {task_label(task)}", loc="left", pad=16, fontsize=8)
    colours = plt.cm.ScalarMappable(NORM, "RdBu_r")
    bar = figure.colorbar(colours, ax=panels[0].tolist(), shrink=min(1.0, 14 / tallest), pad=0.02, extend="both")
    bar.set_label("Loss / loss of the search's start")
    bar.outline.set_linewidth(0.4)
    return figure


def relative_losses(tested: xr.Dataset) -> xr.Dataset:
    """Of a generalisation file, the learned rules and the last one of the published run; losses relative to the
    search's start, `relative_loss` (rule, condition), on the same trials."""
    origin = tested["origin"].values
    start = tested["loss"].isel(rule=origin == "start").isel(rule=0, drop=True)
    rows = [*np.flatnonzero(origin == "learned"), *np.flatnonzero(origin == "published")[-1:]]
    return tested.isel(rule=rows).assign(relative_loss=tested["loss"].isel(rule=rows) / start)


def _height(group: Sequence[StudyResults]) -> float:
    return sum(relative_losses(one.data["generalisation"]).sizes["rule"] + GAP for one in group)


def _block(axes: plt.Axes, group: Sequence[StudyResults], conditions: Sequence[str]) -> None:
    place, places, labels = 0.0, [], []
    for one, title in zip(group, titles(group), strict=True):
        tested = relative_losses(one.data["generalisation"])
        count = tested.sizes["rule"]
        axes.text(
            -0.24, place + count / 2, title, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=7,
            fontweight="bold",
        )  # fmt: skip
        for rule in tested["rule"].values:
            _row(axes, tested.sel(rule=rule), place, conditions)
            places.append(place + 0.5)
            labels.append("published" if tested["origin"].sel(rule=rule) == "published" else rule_label(str(rule)))
            place += 1
        place += GAP
    axes.set(xlim=(0, len(conditions)), ylim=(place, 0))
    axes.set_yticks(places, labels)
    axes.set_xticks(np.arange(len(conditions)) + 0.5, [f"tested on:\n{task_label(c)}" for c in conditions])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _row(axes: plt.Axes, tested: xr.Dataset, place: float, conditions: Sequence[str]) -> None:
    """The cells of one rule: colour, the loss as a number, and a frame if the rule solves the task."""
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
        axes.text(
            column + 0.5, place + 0.52, f"{loss:.2g}", ha="center", va="center", fontsize=6,
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
    "Do rules learned for one task do another? Every learned rule (rows, by the plastic synapse types; published: the "
    "rule at the end of the published run) on the task that it was learned on and on the others (columns), on trials "
    "that it was not learned on, the same for all rules of a study. Numbers: loss, mean over trials. Colour: that loss "
    "over the loss of the rule at which the search starts, by default no plasticity, on the same trials, which makes "
    "tasks comparable: blue, the rule helps; red, it harms. Bold in a frame: the rule solves the task, that is, its "
    "loss is at most what the task counts as a solution."
)

COMPARISON = Comparison(_is_of, ("generalisation",), plot, CAPTION)
