"""Figure: tuned inhibition, after figure 4 of Confavreux et al. 2020."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

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
    reference_label,
    rule_label,
    search_colours,
    search_label,
)
from synapseek_core.pipeline.results import Data, SearchHistory, activity_of, fitness_of, rules_of
from synapseek_core.search.distribution import is_learned
from synapseek_core.search.history import join_runs
from synapseek_core.theory.spike_timing import spike_timing_window

if TYPE_CHECKING:
    from synapseek_core.tasks.tuned.settings import TunedInhibitionStudy

LAGS = np.linspace(-0.15, 0.15, 601)
SHOWN = 6
"""Number of rules that are drawn in colour."""


def plot(settings: TunedInhibitionStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw learning curves, spike-timing windows, tuning and rates."""
    figure, axes = plt.subplots(2, 2, figsize=(DOUBLE_COLUMN, 4.6))
    _losses(axes[0, 0], join_runs(data[SearchHistory()]), settings)
    windows = _windows(settings, data[rules_of("learned")], data[fitness_of("learned")])
    shown = dict(zip(most_different(windows, SHOWN), LEARNED_COLOURS, strict=False))
    _spike_timing(axes[0, 1], windows, shown, data[rules_of("learned")], data[fitness_of("learned")])
    _tuning(axes[1, 0], data, shown)
    _rates(axes[1, 1], data, shown, settings)
    for letter, panel in zip("abcd", axes.ravel(), strict=True):
        panel_label(panel, letter)
    return figure


def _losses(axes: plt.Axes, runs: list[xr.Dataset], settings: TunedInhibitionStudy) -> None:
    colours = search_colours(settings)
    for run in runs:
        colour = colours[str(run["search"].values)]
        axes.plot(run["generation"], run["loss_of_mean"], color=colour, lw=0.6, alpha=0.7)
    for search, colour in colours.items():
        axes.plot([], [], color=colour, label=search_label(search))
    axes.axhline(settings.degeneracy.solved_loss, color="0.5", lw=0.6, ls=":", zorder=0)
    axes.set(yscale="log", xlabel="Generation", ylabel="Loss of the distribution's mean")
    axes.legend(loc="upper right")


def _windows(settings: TunedInhibitionStudy, learned: xr.Dataset, fitness: xr.Dataset) -> dict[str, np.ndarray]:
    """Return spike-timing windows of the learned rules that solve the task (of all, if none does)."""
    outcome = is_learned(learned)
    solved = outcome & (fitness["loss"].values <= settings.degeneracy.solved_loss)
    chosen = learned.isel(rule=solved if solved.any() else outcome)
    return {
        str(rule): spike_timing_window(settings.plasticity.rule_family, theta, LAGS)
        for rule, theta in zip(chosen["rule"].values, chosen["theta"].values, strict=True)
    }


def most_different(curves: Mapping[str, np.ndarray], count: int) -> list[str]:
    """Return the names of `count` curves that are far from each other.

    The first is the curve farthest from the mean; each further one is that whose nearest chosen curve is farthest.
    """
    names, values = list(curves), np.array(list(curves.values()))
    chosen = [int(np.linalg.norm(values - values.mean(0), axis=1).argmax())]
    while len(chosen) < min(count, len(names)):
        gap = np.linalg.norm(values[:, None] - values[chosen], axis=-1).min(1)
        chosen.append(int(gap.argmax()))
    return [names[k] for k in chosen]


def _spike_timing(
    axes: plt.Axes,
    windows: Mapping[str, np.ndarray],
    shown: Mapping[str, str],
    learned: xr.Dataset,
    fitness: xr.Dataset,
) -> None:
    for rule in (*(r for r in windows if r not in shown), *shown):
        label = f"{rule_label(learned, rule)}: {float(fitness['loss'].sel(rule=rule)):.2f}" if rule in shown else None
        style: dict[str, Any] = {"color": shown[rule], "lw": 1.2} if rule in shown else {"color": "0.8", "lw": 0.4}
        # Each half is drawn on its own: at lag 0 the window jumps.
        for half, text in ((LAGS < 0, label), (LAGS > 0, None)):
            axes.plot(LAGS[half] * 1e3, windows[rule][half], label=text, **style)
    axes.axhline(0, color="0.5", lw=0.5, zorder=0)
    axes.axvline(0, color="0.5", lw=0.5, zorder=0)
    axes.set(xlabel=r"$t_\mathrm{post} - t_\mathrm{pre}$ (ms)", ylabel=r"Weight change $\Delta w / \eta$")
    axes.legend(
        title="rule: loss", title_fontsize=6, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, handlelength=1.5
    )


def _run(data: Data, origin: str, rule: str) -> xr.Dataset:
    return next(batch for batch in data[activity_of(origin)] if rule in batch["rule"].values).sel(rule=rule)


def _compared(data: Data, shown: Mapping[str, str]) -> list[tuple[str | None, xr.Dataset, dict[str, Any]]]:
    """Return label, activity and style of the shown rules and of the reference rules."""
    learned = [(None, _run(data, "learned", rule), {"color": colour}) for rule, colour in shown.items()]
    names = [str(name) for batch in data[activity_of("reference")] for name in batch["rule"].values]
    style = {"color": REFERENCE_COLOUR, "ls": "--"}
    return [*learned, *((reference_label(name), _run(data, "reference", name), style) for name in names)]


def _tuning(axes: plt.Axes, data: Data, shown: Mapping[str, str]) -> None:
    compared = _compared(data, shown)
    first = compared[0][1]
    distance = first["signal_distance"]
    initial = first["inhibitory_tuning"].isel(weight_time=0).mean("trial")
    axes.plot(distance, initial, color="0.5", ls=":", label="inhibitory, before")
    for label, run, style in compared:
        final = run["inhibitory_tuning"].sel(weight_time=run["duration"], method="nearest").mean("trial")
        axes.plot(distance, final, marker="o", ms=2, label=label and f"inhibitory, {label}", **style)
    axes.plot([], [], "o-", ms=2, color=next(iter(shown.values())), label="inhibitory, learned rules")
    other = axes.twinx()
    other.spines["right"].set_visible(True)
    excitatory = first["excitatory_tuning"].mean("trial")
    other.plot(distance, excitatory, "s-", color="0.35", ms=2.5, lw=0.8)
    axes.plot([], [], "s-", color="0.35", ms=2.5, lw=0.8, label="excitatory (right)")
    other.set(ylabel=r"Excitatory weight ($g_\mathrm{leak}$)", ylim=(0, 1.1 * float(excitatory.max())))
    axes.set(xlabel="Signal, from the preferred one", ylabel=r"Inhibitory weight ($g_\mathrm{leak}$)")
    axes.set_ylim(bottom=0)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, columnspacing=1.0)


def _rates(axes: plt.Axes, data: Data, shown: Mapping[str, str], settings: TunedInhibitionStudy) -> None:
    for label, run, style in _compared(data, shown):
        rate = run["rate"].sel(population="E").mean("trial")
        smooth = rate.rolling(rate_time=max(1, round(0.2 / settings.recording.bin)), center=True).mean()
        axes.plot(smooth["rate_time"], smooth, lw=0.9, label=label, **style)
    axes.axhline(settings.protocol.target_rate, color="0.5", lw=0.6, zorder=0, label="target")
    last = float(run["window_stop"].min())
    axes.axvspan(float(run["window_start"].max()), last, color="0.93", lw=0, zorder=-1)
    axes.text(last, axes.get_ylim()[1], "scored ", ha="right", va="top", fontsize=6, color="0.4")
    axes.set(yscale="log", xlabel="Time (s)", ylabel="Rate (Hz)", xlim=(0, last))
    axes.set_yticks([5, 10, 20, 50, 100], ["5", "10", "20", "50", "100"])
    axes.legend(loc="upper center")


CAPTION = (
    "Tuned inhibition (after figure 4 of Confavreux et al. 2020). **a** Loss of the mean of each search distribution "
    "over generations; dotted: the loss below which a rule counts as a solution. **b** Spike-timing windows of the "
    "learned rules that solve the task: weight change, over the learning rate, for one presynaptic arrival and one "
    "postsynaptic spike. Coloured: those that differ most, with their loss on unseen trials; grey: the others. **c** "
    "Mean inhibitory weight of the inputs of each signal before and after learning, beside the fixed excitatory "
    "weights, mean over neurons and trials. **d** Rate of the neurons over time, mean over trials; shaded: the time "
    "that is scored in every trial. Dashed: the rule of Vogels et al. 2011."
)

FIGURE = Figure(
    (SearchHistory(), rules_of("learned"), fitness_of("learned"), activity_of("learned"), activity_of("reference")),
    plot,
    CAPTION,
)
