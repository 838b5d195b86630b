"""Figure across studies: spike-timing windows of all learned rules, by task and synapse type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.figure
import matplotlib.pyplot as plt
from matplotlib.lines import Line2D

from synapseek_core.figures.comparison.comparison import (
    Comparison,
    StudyResults,
    grouped,
    on_recurrent_network,
    width_of,
)
from synapseek_core.figures.figure import SYNAPSE_COLOURS
from synapseek_core.figures.windows import CHANGE_LABEL, LAG_LABEL, window, zero_lines
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import analysis_of
from synapseek_core.plasticity.family import PlasticityFamily

SOLVES: dict[str, Any] = {"lw": 1.3, "zorder": 3}
FAILS: dict[str, Any] = {"lw": 0.5, "ls": (0, (3, 2)), "alpha": 0.7}


def plot(results: Sequence[StudyResults]) -> matplotlib.figure.Figure:
    """Draw windows in columns of synapse types; rows: tasks, and whether the type is plastic alone or with others."""
    rows = grouped(results)
    types = [kind for kind in SYNAPSE_COLOURS if any(kind in _types(one) for one in results)]
    figure, panels = plt.subplots(
        len(rows), len(types), figsize=(width_of(len(types)), 1.45 * len(rows) + 0.6), squeeze=False
    )
    for (label, group), line in zip(rows.items(), panels, strict=True):
        for kind, axes in zip(types, line, strict=True):
            _panel(axes, [one for one in group if kind in _types(one)], kind)
        line[0].set_ylabel(f"{label}\n{CHANGE_LABEL}")
    for kind, axes in zip(types, panels[0], strict=True):
        axes.set_title(kind, color=SYNAPSE_COLOURS[kind], fontweight="bold")
    figure.supxlabel(LAG_LABEL, fontsize=7)
    _legend(figure, results)
    return figure


def _types(one: StudyResults) -> tuple[str, ...]:
    return one.study.settings.plasticity.synapse_types


def _panel(axes: plt.Axes, shown: Sequence[StudyResults], kind: str) -> None:
    """Draw the windows of one synapse type, in the colour of the partner if it is plastic in a pair."""
    if not shown:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        return
    zero_lines(axes)
    for one in shown:
        space, result = one.study.settings.rule_space, one.data[analysis_of("degeneracy")]
        index = _types(one).index(kind)
        for theta, solves in zip(result["learned_theta"].values, result["solves"].values, strict=True):
            window(axes, space, index, theta, None, color=_colour(one, kind), **(SOLVES if solves else FAILS))
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3))


def _colour(one: StudyResults, kind: str) -> str:
    others = [other for other in _types(one) if other != kind]
    return SYNAPSE_COLOURS[others[0] if len(others) == 1 else kind]


def _legend(figure: matplotlib.figure.Figure, results: Sequence[StudyResults]) -> None:
    lines = [Line2D([], [], color="0.3", **SOLVES), Line2D([], [], color="0.3", **FAILS)]
    labels = ["solves its task", "does not"]
    for kind, colour in SYNAPSE_COLOURS.items():
        if any(kind in _types(one) and len(_types(one)) == 2 for one in results):
            lines.append(Line2D([], [], color=colour, lw=1.3))
            labels.append(f"paired with {kind}")
    figure.legend(lines, labels, loc="outside upper right", ncols=len(labels))


def _is_of(study: Study) -> bool:
    return on_recurrent_network(study) and isinstance(study.settings.rule_space.family, PlasticityFamily)


CAPTION = (
    "Spike-timing windows of all learned rules: weight change, over the learning rate, for one presynaptic arrival and "
    "one postsynaptic spike. Columns: the plastic synapse type. Rows: the task on which rules were learned, and "
    "whether the type was plastic alone or in a pair; in a pair the colour is that of the other type. Thick: rules "
    "that solve their task (in a pair: both windows together); thin, dashed: rules that do not. The offset at long "
    "lags is the sum of the terms of unpaired spikes."
)

COMPARISON = Comparison(_is_of, (analysis_of("degeneracy"),), plot, CAPTION)
