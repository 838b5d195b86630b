"""Figure across studies: learning curves of all synapse types side by side."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.figure
from matplotlib.lines import Line2D

from synapseek_core.figures.comparison.comparison import (
    Comparison,
    StudyResults,
    figure_of_grid,
    grid,
    on_recurrent_network,
)
from synapseek_core.figures.figure import LEARNED_COLOURS, PUBLISHED_COLOUR
from synapseek_core.figures.losses import losses
from synapseek_core.files.published_runs import published_run
from synapseek_core.pipeline.results import SearchHistory
from synapseek_core.search.history import join_runs

LEGEND = (
    Line2D([], [], color=LEARNED_COLOURS[0], label="one run (other runs: other colours)"),
    Line2D([], [], color=PUBLISHED_COLOUR, label="published run"),
    Line2D([], [], color="0.6", lw=0.8, ls=":", label="loss of a solution"),
)


def plot(results: Sequence[StudyResults]) -> matplotlib.figure.Figure:
    """Draw one panel a study; the studies of a group share the axis of the loss."""
    figure = figure_of_grid(results, panel_height=1.45, extra=0.35)
    for one, axes in grid(results, figure, sharey=True):
        settings = one.study.settings
        published = published_run(settings.published_run) if settings.published_run else None
        losses(axes, join_runs(one.data[SearchHistory()]), published, settings)
        axes.set_xmargin(0)
        axes.set_xlabel("Generation")
    figure.supylabel("Loss of the distribution's mean", fontsize=7)
    figure.legend(handles=LEGEND, loc="outside upper center", ncols=len(LEGEND))
    return figure


CAPTION = (
    "Learning curves of all plastic synapse types, by task. Loss of the search distribution's mean in each generation, "
    "scored on trials of its own: one coloured line a run of the search. The first point is the loss of the rule at "
    "which the search starts, by default no plasticity. Grey: the published run, where there is one, up to the same "
    "generation. Dotted: the loss below which a rule counts as a solution. The panels of a group share the axis of the "
    "loss."
)

COMPARISON = Comparison(on_recurrent_network, (SearchHistory(),), plot, CAPTION)
