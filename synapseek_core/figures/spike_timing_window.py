"""Figure: the spike-timing window of the learned rules, one panel a synapse type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from synapseek_core.figures.figure import (
    PUBLISHED_COLOUR,
    SINGLE_COLUMN,
    SYNAPSE_COLOURS,
    Figure,
    panel_label,
    rule_label,
)
from synapseek_core.figures.windows import CHANGE_LABEL, LAG_LABEL, window, zero_lines
from synapseek_core.files.published_runs import published_run
from synapseek_core.pipeline.results import Data, fitness_of, rules_of
from synapseek_core.search.distribution import best_rule, is_learned

if TYPE_CHECKING:
    from synapseek_core.interfaces.settings import StudySettings

DASHES = ((), (4, 1.5), (1, 1), (4, 1, 1, 1), (6, 1, 1, 1, 1, 1))


def plot(settings: StudySettings, data: Data) -> matplotlib.figure.Figure:
    """Draw the best rule thick, the other learned rules thin, the published rule grey."""
    space, learned, fitness = settings.rule_space, data[rules_of("learned")], data[fitness_of("learned")]
    best = best_rule(learned, fitness)
    types = settings.plasticity.synapse_types
    figure, panels = plt.subplots(1, len(types), figsize=(SINGLE_COLUMN * max(1, len(types) / 2), 2.5), squeeze=False)
    rules: list[tuple[str, np.ndarray, dict[str, Any]]] = []
    if settings.published_run:
        theta = space.from_coordinates(published_run(settings.published_run)["distribution_mean"].values[-1])
        rules.append(("published", theta, {"color": PUBLISHED_COLOUR, "lw": 1.0}))
    for index, name in enumerate(learned["rule"].values[is_learned(learned)]):
        theta, loss = learned["theta"].sel(rule=name).values, float(fitness["loss"].sel(rule=name))
        style: dict[str, Any] = {"lw": 1.8 if name == best else 0.8, "dashes": DASHES[index % len(DASHES)]}
        rules.append((f"{rule_label(learned, name)}, loss {loss:.2g}", theta, style))
    for index, (kind, axes, letter) in enumerate(zip(types, panels[0], "abcd", strict=False)):
        for label, theta, style in rules:
            window(axes, space, index, theta, label=label, **{"color": SYNAPSE_COLOURS[kind], **style})
        zero_lines(axes)
        axes.set(title=kind, xlabel=LAG_LABEL)
        if len(types) > 1:
            panel_label(axes, letter)
    panels[0, 0].set_ylabel(CHANGE_LABEL)
    panels[0, -1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.set_figwidth(figure.get_figwidth() + 1.0)
    return figure


CAPTION = (
    "Spike-timing windows of the rules learned: weight change, over the learning rate, for one "
    "presynaptic arrival and one postsynaptic spike. Thick: the rule with the lowest loss; grey: the "
    "published rule at the end of its search. The offset at long lags is the sum of the terms of unpaired "
    "spikes, alpha + beta."
)

FIGURE = Figure((rules_of("learned"), fitness_of("learned")), plot, CAPTION)
