"""Figure across studies: the repeat interval that networks of different sizes reach, and the fitted power law."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.analysis.capacity import PUBLISHED, PowerLaw, fit_power_law, largest_interval
from synapseek_core.figures.comparison.comparison import Comparison, StudyResults
from synapseek_core.figures.figure import DOUBLE_COLUMN, LEARNED_COLOURS, PUBLISHED_COLOUR, doublings, panel_label
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import SearchHistory
from synapseek_core.search.history import join_runs
from synapseek_core.tasks.streams.settings import ContinualFamiliarityStudy

Capacities = dict[tuple[int, int], int]
"""R_max by (inputs, units)."""


def plot(results: Sequence[StudyResults]) -> matplotlib.figure.Figure:
    """Draw the curricula, then R_max against synapses, units and inputs."""
    runs = {_size(one.study): join_runs(one.data[SearchHistory()]) for one in results}
    capacities = {size: largest_interval(own) for size, own in sorted(runs.items())}
    search: Any = next(iter(results[0].study.settings.search.values()))
    figure, axes = plt.subplots(1, 4, figsize=(DOUBLE_COLUMN, 2.2))
    _curricula(axes[0], runs, getattr(search, "updates", 1))
    _synapses(axes[1], capacities)
    _sections(axes[2], capacities, along=1)
    _sections(axes[3], capacities, along=0)
    for letter, panel in zip("abcd", axes, strict=True):
        panel_label(panel, letter)
    return figure


def _size(study: Study) -> tuple[int, int]:
    network = cast(ContinualFamiliarityStudy, study.settings).network
    return network.inputs, network.units


def _curricula(axes: plt.Axes, runs: dict[tuple[int, int], list[xr.Dataset]], updates: int) -> None:
    for k, own in enumerate(runs[size] for size in sorted(runs)):
        colour = plt.get_cmap("viridis")(0.95 * k / max(len(runs) - 1, 1))
        for run in own:
            axes.step(run["generation_boundary"] * updates, run["level"], where="post", color=colour, lw=0.8)
    axes.set(xscale="symlog", xlabel="Updates", ylabel="Repeat interval R", title="curriculum")
    axes.set_xlim(left=updates)
    doublings(axes, "y")


def _synapses(axes: plt.Axes, capacities: Capacities) -> None:
    sizes = np.array(list(capacities), float)
    reached = np.array(list(capacities.values()), float)
    synapses = sizes.prod(1)
    axes.plot(synapses, reached, "o", color=LEARNED_COLOURS[0], ms=3, mew=0, label="R$_{max}$")
    known = {size: PUBLISHED[size] for size in capacities if size in PUBLISHED}
    if known:
        axes.plot([d * n for d, n in known], list(known.values()), "D", color=PUBLISHED_COLOUR, ms=3, mfc="none",
                  label="published")  # fmt: skip
    if len(capacities) > 2:
        law = fit_power_law(reached, synapses)
        grid = np.geomspace(synapses.min(), synapses.max(), 30)
        axes.plot(grid, law(grid), color="0.4", lw=0.7, zorder=0, label=_formula(law, "N d"))
    axes.set(xlabel="Synapses N d", ylabel="R$_{max}$", title="all sizes")
    doublings(axes)
    axes.legend(loc="upper left", fontsize=5)


def _sections(axes: plt.Axes, capacities: Capacities, along: int) -> None:
    """Draw R_max against inputs (along 0) or units (along 1), a line for each number of the other."""
    names = ("inputs d", "units N")
    symbols = ("d", "N")
    others = sorted({size[1 - along] for size in capacities})
    for k, other in enumerate(others):
        line = {size[along]: reached for size, reached in capacities.items() if size[1 - along] == other}
        colour = plt.get_cmap("viridis")(0.95 * k / max(len(others) - 1, 1))
        axes.plot(list(line), list(line.values()), "o-", color=colour, ms=2.5, lw=0.8,
                  label=f"{symbols[1 - along]} = {other}")  # fmt: skip
    axes.set(xlabel=f"Number of {names[along]}", ylabel="R$_{max}$", title=names[along])
    doublings(axes)
    axes.legend(fontsize=5)


def _formula(law: PowerLaw, size: str) -> str:
    return rf"{law.factor:.2g} $({size})^{{{law.exponents[0]:.2f} \pm {law.errors[0]:.2f}}}$"


def _is_of(study: Study) -> bool:
    settings = study.settings
    return (
        isinstance(settings, ContinualFamiliarityStudy)
        and settings.plasticity.family == "hebbff"
        and all(search.curriculum is not None for search in settings.search.values())
    )


CAPTION = (
    "Capacity (after figure 5 of Tyulmankov et al. 2022): the longest interval at which networks with d inputs and N "
    "hidden units learn to detect repeats. **a** The repeat interval R of the curriculum over updates, one line a run. "
    "**b** R_max, the interval that the curriculum last moved to, against the number of plastic synapses, with a "
    "fitted power law (exponent and its standard error) and the published values. **c**, **d** R_max against the "
    "number of units and of inputs."
)

COMPARISON = Comparison(_is_of, (SearchHistory(),), plot, CAPTION)
