"""Figure: the best rules of a family: their windows, and the activity of the network under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.figure
import matplotlib.pyplot as plt

from synapseek_core.figures.figure import DOUBLE_COLUMN, SYNAPSE_COLOURS, Figure, panel_label, words
from synapseek_core.figures.recurrent import raster, run_of, weights
from synapseek_core.figures.windows import LAG_LABEL, window, zero_lines
from synapseek_core.pipeline.results import Data, activity_of, fitness_of, rules_of

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

SHOWN = 4
"""Rules, a row each."""

RASTER_SECONDS = 0.5


def plot(settings: FamiliesStudy, data: Data) -> matplotlib.figure.Figure:
    """Draw a row for each rule: windows of all its synapse types, spikes at the end, weights."""
    rules, fitness, space = data[rules_of("examples")], data[fitness_of("examples")], settings.rule_space
    names = [str(name) for name in rules["rule"].values[:SHOWN]]
    figure, axes = plt.subplots(len(names), 3, figsize=(DOUBLE_COLUMN, 0.5 + 1.45 * len(names)), squeeze=False)
    for row, name in zip(axes, names, strict=True):
        run, spikes = run_of(data[activity_of("examples")], name)
        end = float(run["stop_time"])
        for index, kind in enumerate(space.synapse_types):
            window(row[0], space, index, rules["theta"].sel(rule=name).values, kind, color=SYNAPSE_COLOURS[kind])
        zero_lines(row[0])
        unmet = round(float(fitness["loss"].sel(rule=name)) * fitness.sizes["constraint"])
        row[0].set_title(f"{words(name)}: {unmet} not met", loc="left")
        row[0].set_ylabel(r"$\Delta w / \eta$")
        raster(row[1], spikes, settings.network.excitatory, (max(0.0, end - RASTER_SECONDS), end))
        weights(row[2], run)
        row[2].get_legend().remove()
    for panel in axes[:-1].ravel():
        panel.set_xlabel("")
    axes[-1, 0].set_xlabel(LAG_LABEL)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    for letter, panel in zip("abc", axes[0], strict=True):
        panel_label(panel, letter)
    return figure


CAPTION = (
    f"The {SHOWN} rules of the last round that meet most constraints, a row a rule, with how many it does not meet. "
    "**a** Spike-timing windows, a colour a synapse type. **b** Spikes of recorded excitatory (blue) and inhibitory "
    "(red) neurons in the last half second. **c** Plastic weights of each type: mean, standard deviation and single "
    "synapses, in the colours of a."
)

FIGURE = Figure((rules_of("examples"), fitness_of("examples"), activity_of("examples")), plot, CAPTION)
