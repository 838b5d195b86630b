"""Figure: the network under the best learned rule: rasters before and after learning, rates and weights over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.figure
import matplotlib.pyplot as plt

from synapseek_core.figures.figure import DOUBLE_COLUMN, Figure, panel_label
from synapseek_core.figures.recurrent import best_run, raster, rates, weights
from synapseek_core.pipeline.results import Data, activity_of, fitness_of, rules_of

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.stability.settings import StabilityStudy

RASTER_SECONDS = 0.5


def plot(settings: StabilityStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw the first evaluation trial: two rasters above, rates and weights below."""
    run, spikes = best_run(data)
    end, excitatory = float(run["stop_time"]), settings.network.excitatory
    figure, axes = plt.subplots(2, 2, figsize=(DOUBLE_COLUMN, 3.6))
    raster(axes[0, 0], spikes, excitatory, (0.0, RASTER_SECONDS))
    raster(axes[0, 1], spikes, excitatory, (end - RASTER_SECONDS, end))
    axes[0, 0].set_title("before learning")
    axes[0, 1].set_title("after learning")
    rates(axes[1, 0], run, settings.protocol.rate_time_constant, [("target", settings.protocol.target_rate, "0.5")])
    weights(axes[1, 1], run)
    for letter, panel in zip("abcd", axes.ravel(), strict=True):
        panel_label(panel, letter)
    return figure


CAPTION = (
    "Networks under the best learned rule, first evaluation trial. **a**, **b** Spikes of sampled "
    "excitatory (blue) and inhibitory (red) neurons in the first and in the last half second. **c** "
    "Population rates (running mean over 100 ms) and the exponentially filtered excitatory rate that is "
    "scored (black), with the target (dashed) and the scored window (shaded). **d** Plastic weights: "
    "mean, standard deviation and single synapses."
)

FIGURE = Figure((rules_of("learned"), fitness_of("learned"), activity_of("learned")), plot, CAPTION)
