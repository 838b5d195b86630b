"""Figure: the network under the best learned rule while it sees familiar and novel patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from synapseek_core.figures.figure import DOUBLE_COLUMN, Figure, panel_label
from synapseek_core.figures.recurrent import TRIAL, Spikes, best_run, marks, raster, rates, weights
from synapseek_core.pipeline.results import Data, activity_of, fitness_of, rules_of

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.familiarity.settings import FamiliarityStudy

BEFORE, AFTER = 0.3, 0.7
"""Seconds shown before and after the onset of a pattern."""

FAMILIAR_COLOUR, NOVEL_COLOUR = "#009E73", "#CC79A7"


def plot(settings: FamiliarityStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw the first evaluation trial: inputs and neurons around the onset of each phase; below, rates and weights."""
    run, spikes = best_run(data)
    inputs = _input_spikes(data[activity_of("learned")][0])
    figure = plt.figure(figsize=(DOUBLE_COLUMN, 5.0))
    above, below = np.asarray(figure.subfigures(2, 1, height_ratios=(1.5, 1)))
    onsets = {"training": 0.0} | dict(zip(run["window"].values, run["window_start"].values, strict=True))
    panels = above.subplots(2, len(onsets), sharex="col", height_ratios=(1, 1.5))
    for column, (name, onset) in zip(panels.T, onsets.items(), strict=True):
        interval = max(0.0, onset - BEFORE), onset + AFTER
        marks(column[0], inputs, np.unique(inputs[1]), interval, "0.3")
        raster(column[1], spikes, settings.network.excitatory, interval)
        column[0].set(title="start of training" if name == "training" else f"{name} pattern", yticks=[])
        for axes in column:
            axes.axvline(onset, color="0.6", lw=0.6)
    panels[0, 0].set_ylabel("Inputs")
    lower = below.subplots(1, 2)
    cuts = [
        ("familiar cut", settings.protocol.familiar_cut, FAMILIAR_COLOUR),
        ("novel cut", settings.protocol.novel_cut, NOVEL_COLOUR),
    ]
    rates(lower[0], run, settings.protocol.rate_time_constant, cuts)
    weights(lower[1], run)
    for letter, axes in zip("abcde", (*panels[0], *lower), strict=True):
        panel_label(axes, letter)
    return figure


def _input_spikes(activity: xr.Dataset) -> Spikes:
    """Return times (s) and ids of the kept input spikes in the shown trial; they are the same under every rule."""
    chosen = (activity["input_spike_trial"] == TRIAL).values
    return activity["input_spike_time"].values[chosen], activity["input_spike_source"].values[chosen]


CAPTION = (
    "Familiarity under the best learned rule, first evaluation trial. **a**-**c** Spikes of sampled inputs (grey), "
    "excitatory (blue) and inhibitory (red) neurons at the start of training and when each tested pattern comes on "
    "(line). **d** Population rates (running mean over 100 ms) and the exponentially filtered excitatory rate that is "
    "scored (black); shaded: the tests; dashed: the rate above which the familiar pattern, and below which the novel "
    "one, costs nothing. **e** Plastic weights: mean, standard deviation and single synapses."
)

FIGURE = Figure((rules_of("learned"), fitness_of("learned"), activity_of("learned")), plot, CAPTION)
