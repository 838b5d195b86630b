"""Figure: learning of rules for a rate network, and their effect on data that they were not learned on."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import (
    DOUBLE_COLUMN,
    LEARNED_COLOURS,
    REFERENCE_COLOUR,
    Figure,
    panel_label,
    parameter_label,
    search_colours,
    search_label,
)
from synapseek_core.pipeline.results import Data, SearchHistory, activity_of, analysis_of, fitness_of, rules_of
from synapseek_core.search.distribution import best_rule, is_learned_by
from synapseek_core.search.history import join_runs

if TYPE_CHECKING:
    from synapseek_core.tasks.linear.settings import RateStudy

TRIAL = 0
OTHERS = "0.75"


def plot(settings: RateStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw losses and parameters over generations above; below, weights and angles over inputs of unseen data."""
    runs, tested = join_runs(data[SearchHistory()]), data[analysis_of("generalisation")]
    rules, first = data[rules_of("learned")], next(iter(settings.search))
    best = best_rule(rules, data[fitness_of("learned")], rules["rule"].values[rules["search_of_rule"].values == first])
    figure, axes = plt.subplots(2, 3, figsize=(DOUBLE_COLUMN, 4.4))
    _losses(axes[0, 0], runs, search_colours(settings))
    shown = list(product(settings.search, settings.plasticity.synapse_types))[:2]
    for panel, (search, kind) in zip(axes[0, 1:], shown, strict=True):
        _parameters(panel, [r for r in runs if str(r["search"].values) == search], kind, data[rules_of("reference")])
        panel.set_title(f"{search_label(search)}, {kind} weights")
    if settings.network.outputs == 1:
        _weights(axes[1, 0], data, best)
    else:
        _angles_to_components(axes[1, 0], tested, settings, best)
    _angles_over_steps(axes[1, 1], tested, best)
    _final_angles(axes[1, 2], tested, settings)
    for letter, panel in zip("abcdef", axes.ravel(), strict=True):
        panel_label(panel, letter)
    return figure


def _losses(axes: plt.Axes, runs: list[xr.Dataset], colours: Mapping[str, str]) -> None:
    labelled = set()
    for run in runs:
        search = str(run["search"].values)
        smooth = run["loss_of_mean"].isel(distribution=0).rolling(generation=10, min_periods=1).median()
        label = None if search in labelled else search_label(search)
        axes.plot(run["generation"], smooth, color=colours[search], lw=0.6, alpha=0.8, label=label)
        labelled.add(search)
    axes.set(yscale="log", xlabel="Generation or gradient step", ylabel="Loss", title="learning")
    axes.legend(loc="upper right")


def _parameters(axes: plt.Axes, runs: list[xr.Dataset], kind: str, reference: xr.Dataset) -> None:
    """Draw the parameters of one synapse type over generations; those that a reference rule uses are coloured."""
    used = reference["theta"].any("rule")
    names = [str(name) for name in runs[0]["coordinate"].values if str(name).startswith(f"{kind}.")]
    known = [name for name in names if bool(used.sel(parameter=name))]
    for run in runs:
        path = run["distribution_mean"].isel(distribution=0)
        others = path.sel(coordinate=[name for name in names if name not in known])
        axes.plot(path["generation_boundary"], others, color=OTHERS, lw=0.3)
        for index, name in enumerate(known):
            label = parameter_label(name) if run is runs[0] else None
            values = path.sel(coordinate=name)
            axes.plot(path["generation_boundary"], values, color=LEARNED_COLOURS[index], lw=0.8, label=label, zorder=3)
    axes.plot([], [], color=OTHERS, label=f"other {len(names) - len(known)}")
    axes.set(xlabel="Generation or gradient step", ylabel="Parameter")
    axes.legend(loc="center right", bbox_to_anchor=(1.0, 0.2))


def _weights(axes: plt.Axes, data: Data, best: str) -> None:
    """Draw the weights on an unseen data set: best rule (lines), reference (dashed), leading component."""
    known = str(data[rules_of("reference")]["rule"].values[0])
    for name, style in ((best, "-"), (known, "--")):
        activity = _of_rule(data[activity_of("learned")] + data[activity_of("reference")], name).isel(trial=TRIAL)
        component = activity["principal_component"].isel(component=0).values
        weights = activity["feedforward"].isel(output=0).values
        weights = weights * np.sign(weights[-1] @ component)
        for k, line in enumerate(weights.T):
            axes.plot(activity["step"], line, style, color=plt.get_cmap("viridis")(k / len(weights.T)), lw=0.8)
    end = float(activity["step"][-1])
    axes.plot(np.full(len(component), 1.03 * end), component, "k<", ms=2.5, clip_on=False, label="component")
    axes.plot([], [], "k-", lw=0.8, label="best learned rule")
    axes.plot([], [], "k--", lw=0.8, label=_rule_name(known))
    axes.set(xlabel="Presented inputs", ylabel="Weight", title="weights, unseen data set", xlim=(0, end))
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.3 * (high - low), high)
    axes.legend(loc="lower center", fontsize=5, handlelength=1.5)


def _angles_to_components(axes: plt.Axes, tested: xr.Dataset, settings: RateStudy, best: str) -> None:
    """Draw the angle of each output's weights to each component over presented inputs, where outputs are ordered."""
    conditions = settings.generalisation.conditions
    ordered = next(c for c, s in conditions.items() if s.get("protocol", {}).get("loss") == "ordered")
    angle = tested["angle_to_component"].sel(rule=best, condition=ordered).median("trial")
    for output, component in product(range(angle.sizes["output"]), range(angle.sizes["component"])):
        own = output == component
        colour = LEARNED_COLOURS[component % len(LEARNED_COLOURS)] if own else OTHERS
        label = f"output {output + 1} to component {component + 1}" if own else None
        one = angle.isel(output=output, component=component)
        axes.plot(angle["step"], one, color=colour, lw=1.2 if own else 0.6, zorder=2 + own, label=label)
    axes.plot([], [], color=OTHERS, lw=0.6, label="to the other components")
    axes.set(xlabel="Presented inputs", ylabel="Angle (degrees)", ylim=(0, 130), title=f"{ordered}, unseen data")
    axes.legend(loc="upper right", fontsize=5, labelspacing=0.2)


def _angles_over_steps(axes: plt.Axes, tested: xr.Dataset, best: str) -> None:
    """Draw the median angle over presented inputs in each condition: best learned rule, and the reference dashed."""
    known = str(tested["rule"].values[tested["origin"].values == "reference"][0])
    count = tested.sizes["condition"]
    for index, condition in enumerate(tested["condition"].values):
        colour = plt.get_cmap("viridis")(0.95 * index / max(count - 1, 1))
        for name, style in ((best, "-"), (known, "--")):
            angle = tested["angle"].sel(rule=name, condition=condition).median("trial")
            label = str(condition) if style == "-" else None
            axes.plot(angle["step"], angle, style, color=colour, lw=0.9, label=label)
    axes.set(yscale="log", xlabel="Presented inputs", ylabel="Angle (degrees)", title="unseen data")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.legend(loc="upper right", fontsize=5, handlelength=1.5, labelspacing=0.2)


def _final_angles(axes: plt.Axes, tested: xr.Dataset, settings: RateStudy) -> None:
    """Draw the median final angle of every learned rule in each condition, and the quartiles under the reference."""
    final = tested["angle"].isel(step=-1)
    middle, colours = final.median("trial"), search_colours(settings)
    places = np.arange(tested.sizes["condition"])
    known = final.sel(rule=tested["rule"].values[tested["origin"].values == "reference"]).isel(rule=0)
    low, mid, high = known.quantile([0.25, 0.5, 0.75], "trial").values
    label = _rule_name(str(known["rule"].values))
    axes.errorbar(places, mid, (mid - low, high - mid), fmt="D", color=REFERENCE_COLOUR, ms=3, lw=1, label=label)
    for index, (search, colour) in enumerate(colours.items()):
        chosen = tested["rule"].values[is_learned_by(tested, search)]
        shifted = places + 0.15 * (index + 1)
        for k, name in enumerate(chosen):
            shown = None if k else search_label(search)
            axes.plot(shifted, middle.sel(rule=name), "o", color=colour, ms=2.8, mew=0, alpha=0.8, label=shown)
    axes.set_xticks(places + 0.2, [str(c) for c in tested["condition"].values], rotation=40, ha="right")
    axes.set(ylabel="Final angle (degrees)", title="all learned rules, unseen data")
    axes.set_ylim(0, 4 * float(mid.max()))
    axes.legend(loc="upper left", fontsize=5, ncols=2)


def _of_rule(batches: list[xr.Dataset], name: str) -> xr.Dataset:
    return next(batch for batch in batches if name in batch["rule"].values).sel(rule=name)


def _rule_name(name: str) -> str:
    return name.replace("_", " ").capitalize()


CAPTION = (
    "Rules learned for a rate network. **a** Loss of each run, running median over 10 generations, the "
    "search's penalty included. **b**, **c** Parameters over generations, every run: coloured those that the "
    "reference rule uses, grey all others. **d** One neuron: its weights on an unseen data set under the best "
    "rule of the first search (solid) and the reference rule (dashed), and the leading principal component "
    "(triangles). Several neurons: angle of each output's weights to each component when an output inhibits "
    "only those after it, medians over unseen data sets. **e** Largest principal angle between weight vectors "
    "and leading components over presented inputs, median over unseen data sets of each condition: best rule "
    "of the first search (solid), reference rule (dashed). **f** Final angle in each condition: medians of every "
    "learned rule (those far above are left out), and median and quartiles under the reference rule."
)

FIGURE = Figure(
    (
        SearchHistory(),
        rules_of("learned"),
        fitness_of("learned"),
        activity_of("learned"),
        rules_of("reference"),
        activity_of("reference"),
        analysis_of("generalisation"),
    ),
    plot,
    CAPTION,
)
