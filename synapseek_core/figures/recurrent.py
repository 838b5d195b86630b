"""Panels that show a recurrent spiking network under one rule in one trial."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import POPULATION_COLOURS, SYNAPSE_COLOURS
from synapseek_core.pipeline.results import Data, activity_of, fitness_of, rules_of
from synapseek_core.search.distribution import best_rule

TRIAL = 0
Spikes = tuple[np.ndarray, np.ndarray]
"""Times in s, and ids of neurons or inputs."""


def best_run(data: Data) -> tuple[xr.Dataset, Spikes]:
    """Return the activity under the best learned rule in the first evaluation trial, and its kept spikes."""
    name = best_rule(data[rules_of("learned")], data[fitness_of("learned")])
    return run_of(data[activity_of("learned")], name)


def run_of(batches: Sequence[xr.Dataset], name: str) -> tuple[xr.Dataset, Spikes]:
    """Return the activity under a rule in the first evaluation trial, and its kept spikes."""
    batch = next(b for b in batches if name in b["rule"].values)
    rule = list(batch["rule"].values).index(name)
    chosen = ((batch["spike_rule"] == rule) & (batch["spike_trial"] == TRIAL)).values
    spikes = batch["spike_time"].values[chosen], batch["spike_neuron"].values[chosen]
    return batch.sel(rule=name).isel(trial=TRIAL), spikes


def marks(axes: plt.Axes, spikes: Spikes, kept: np.ndarray, interval: tuple[float, float], colour: str) -> None:
    """Draw the spikes within a time interval, a row for each of the kept ids."""
    times, ids = spikes
    inside = (times >= interval[0]) & (times < interval[1])
    rows = np.searchsorted(kept, ids[inside])
    axes.plot(times[inside], rows, "|", ms=1.6, mew=0.5, color=colour, rasterized=True)


def raster(axes: plt.Axes, spikes: Spikes, excitatory: int, interval: tuple[float, float]) -> None:
    """Draw the spikes of the kept neurons within a time interval; the first `excitatory` ids are excitatory neurons."""
    times, neurons = spikes
    kept = np.unique(neurons)
    for population, chosen in (("E", neurons < excitatory), ("I", neurons >= excitatory)):
        marks(axes, (times[chosen], neurons[chosen]), kept, interval, POPULATION_COLOURS[population])
    split = int((kept < excitatory).sum())
    axes.set(xlim=interval, ylim=(-1, len(kept)), xlabel="Time (s)")
    axes.set_yticks([split / 2, (split + len(kept)) / 2], ["E neurons", "I neurons"], rotation=90, va="center")
    axes.tick_params(axis="y", length=0)


def rates(axes: plt.Axes, run: xr.Dataset, time_constant: float, levels: Sequence[tuple[str, float, str]]) -> None:
    """Draw population rates, the filtered rate that is scored, the scored windows, and levels (label, Hz, colour).

    Args:
        time_constant: of the filter, in s.
    """
    for population in run["population"].values:
        rate = run["rate"].sel(population=population)
        width = float(rate["rate_time"][1] - rate["rate_time"][0])
        smooth = rate.rolling(rate_time=max(1, round(0.1 / width)), center=True).mean()
        axes.plot(
            rate["rate_time"], smooth, lw=0.5, alpha=0.7, color=POPULATION_COLOURS[str(population)], label=population
        )
    filtered = f"E, filtered ({time_constant:g} s)"
    axes.plot(run["rate_time"], run["filtered_rate"], color="black", lw=1.0, label=filtered)
    for label, level, colour in levels:
        axes.axhline(level, color=colour, lw=0.6, ls="--", label=label, zorder=0)
    for name, start, stop in zip(run["window"].values, run["window_start"], run["window_stop"], strict=True):
        axes.axvspan(float(start), float(stop), color="0.92", lw=0, zorder=-1)
        axes.text(float(start + stop) / 2, 0.3, name, ha="center", va="bottom", fontsize=6, color="0.4")
    after_start = run["rate"].where(run["rate_time"] > 1.0)
    axes.set(
        xlabel="Time (s)",
        ylabel="Population rate (Hz)",
        ylim=(0, 2.2 * max(*(level for _, level, _ in levels), float(after_start.mean()))),
        xlim=(0, float(run["stop_time"])),
    )
    axes.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3 + len(levels), columnspacing=0.8, handlelength=1.2
    )


def weights(axes: plt.Axes, run: xr.Dataset) -> None:
    """Draw plastic weights over time: mean, standard deviation, and single synapses."""
    time = run["weight_time"]
    for kind in run["synapse_type"].values:
        chosen, colour = run.sel(synapse_type=kind), SYNAPSE_COLOURS[str(kind)]
        axes.plot(time, chosen["weight_sample"].isel(synapse=slice(0, 15)), color=colour, lw=0.3, alpha=0.4)
        all_weights = chosen[["weight_mean", "weight_sd"]].dropna("weight_time")
        mean, sd = all_weights["weight_mean"], all_weights["weight_sd"]
        axes.fill_between(all_weights["weight_time"], mean - sd, mean + sd, color=colour, alpha=0.2, lw=0)
        axes.plot(all_weights["weight_time"], mean, color=colour, lw=1.4, label=f"{kind}: mean, SD, 15 synapses")
    axes.set(xlabel="Time (s)", ylabel=r"Weight ($g_\mathrm{leak}$)", xlim=(0, float(run["stop_time"])))
    axes.set_ylim(bottom=0)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4)
