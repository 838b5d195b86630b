"""Figure: the network under the best learned rule: rasters before and after learning, rates and weights over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.config import StudySettings
from synapseek_core.figures.figure import (
    DOUBLE_COLUMN,
    POPULATION_COLOURS,
    SYNAPSE_COLOURS,
    Figure,
    panel_label,
)
from synapseek_core.search.distribution import best_rule

RASTER_SECONDS = 0.5
TRIAL = 0


def plot(settings: StudySettings, data: Mapping[str, Any]) -> matplotlib.figure.Figure:
    """Two rasters above, rates and weights below, of the first evaluation trial."""
    name = best_rule(data["rules/learned"], data["fitness/learned"])
    batch = next(b for b in data["activity/learned"] if name in b["rule"].values)
    run = batch.sel(rule=name).isel(trial=TRIAL)
    spikes = _spikes(batch, name)
    end = float(run["stop_time"])
    figure, axes = plt.subplots(2, 2, figsize=(DOUBLE_COLUMN, 3.6))
    start = RASTER_SECONDS
    _raster(axes[0, 0], spikes, settings, (0.0, start), "before learning")
    _raster(axes[0, 1], spikes, settings, (end - start, end), "after learning")
    _rates(axes[1, 0], run, settings)
    _weights(axes[1, 1], run)
    for letter, panel in zip("abcd", axes.ravel(), strict=True):
        panel_label(panel, letter)
    return figure


def _spikes(batch: xr.Dataset, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Times (s) and neuron ids of the kept spikes of one rule in the shown trial."""
    rule = list(batch["rule"].values).index(name)
    chosen = ((batch["spike_rule"] == rule) & (batch["spike_trial"] == TRIAL)).values
    return batch["spike_time"].values[chosen], batch["spike_neuron"].values[chosen]


def _raster(
    axes: plt.Axes,
    spikes: tuple[np.ndarray, np.ndarray],
    settings: Any,
    interval: tuple[float, float],
    title: str,
) -> None:
    times, neurons = spikes
    kept = np.unique(neurons)
    inside = (times >= interval[0]) & (times < interval[1])
    rows = np.searchsorted(kept, neurons[inside])
    excitatory = neurons[inside] < settings.network.excitatory
    for population, chosen in (("E", excitatory), ("I", ~excitatory)):
        axes.plot(
            times[inside][chosen],
            rows[chosen],
            "|",
            ms=1.6,
            mew=0.5,
            color=POPULATION_COLOURS[population],
            rasterized=True,
        )
    split = int((kept < settings.network.excitatory).sum())
    axes.set(xlim=interval, ylim=(-1, len(kept)), xlabel="Time (s)", title=title)
    axes.set_yticks([split / 2, (split + len(kept)) / 2], ["E neurons", "I neurons"], rotation=90, va="center")
    axes.tick_params(axis="y", length=0)


def _rates(axes: plt.Axes, run: xr.Dataset, settings: Any) -> None:
    for population in run["population"].values:
        rate = run["rate"].sel(population=population)
        width = float(rate["time"][1] - rate["time"][0])
        smooth = rate.rolling(time=max(1, round(0.1 / width)), center=True).mean()
        axes.plot(rate["time"], smooth, lw=0.5, alpha=0.7, color=POPULATION_COLOURS[str(population)], label=population)
    axes.plot(run["time"], run["filtered_rate"], color="black", lw=1.0, label="E, filtered (1 s)")
    axes.axhline(settings.protocol.target_rate, color="0.5", lw=0.6, ls="--", label="target", zorder=0)
    window = float(run["window_start"][0]), float(run["window_stop"][0])
    axes.axvspan(*window, color="0.92", lw=0, zorder=-1)
    axes.text(sum(window) / 2, 0.3, "scored", ha="center", va="bottom", fontsize=6, color="0.4")
    after_start = run["rate"].where(run["time"] > 1.0)
    axes.set(
        xlabel="Time (s)",
        ylabel="Population rate (Hz)",
        ylim=(0, 2.2 * max(settings.protocol.target_rate, float(after_start.mean()))),
        xlim=(0, float(run["stop_time"])),
    )
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, columnspacing=1.0, handlelength=1.5)


def _weights(axes: plt.Axes, run: xr.Dataset) -> None:
    time = run["weight_time"]
    for kind in run["synapse_type"].values:
        chosen, colour = run.sel(synapse_type=kind), SYNAPSE_COLOURS[str(kind)]
        axes.plot(time, chosen["weight_sample"].isel(synapse=slice(0, 15)), color=colour, lw=0.3, alpha=0.4)
        mean, sd = chosen["weight_mean"], chosen["weight_sd"]
        axes.fill_between(time, mean - sd, mean + sd, color=colour, alpha=0.2, lw=0)
        axes.plot(time, mean, color=colour, lw=1.4, label=f"{kind}: mean, SD, 15 synapses")
    axes.set(xlabel="Time (s)", ylabel=r"Weight ($g_\mathrm{leak}$)", xlim=(0, float(run["stop_time"])))
    axes.set_ylim(bottom=0)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4)


CAPTION = (
    "Networks under the best learned rule, first evaluation trial. **a**, **b** Spikes of sampled "
    "excitatory (blue) and inhibitory (red) neurons in the first and in the last half second. **c** "
    "Population rates (running mean over 100 ms) and the exponentially filtered excitatory rate that is "
    "scored (black), with the target (dashed) and the scored window (shaded). **d** Plastic weights: "
    "mean, standard deviation and single synapses."
)

FIGURE = Figure(("rules/learned", "fitness/learned", "activity/learned"), plot, CAPTION)
