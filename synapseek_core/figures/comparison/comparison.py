"""What a figure across studies is, and the layout that these figures share: one panel a study, in groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from synapseek_core.figures.figure import DOUBLE_COLUMN, style
from synapseek_core.project import Study
from synapseek_core.tasks.spiking import SpikingStudy

COLUMNS = 4


@dataclass(frozen=True)
class StudyResults:
    """A study, and its results by the names of the workflow."""

    study: Study
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """A figure across studies.

    Attributes:
        is_of: whether it can show a study.
        needs: results of each study that it is drawn from, as in `Figure`.
        plot: draws it.
        caption: in reStructuredText, shown in the report.
    """

    is_of: Callable[[Study], bool]
    needs: tuple[str, ...]
    plot: Callable[[Sequence[StudyResults]], matplotlib.figure.Figure]
    caption: str

    def studies(self, studies: Iterable[Study]) -> list[Study]:
        """The studies that it shows; none if there is nothing to compare."""
        shown = [study for study in studies if self.is_of(study)]
        return shown if len(shown) > 1 else []

    def draw(self, results: Sequence[StudyResults]) -> matplotlib.figure.Figure:
        """Draw with the project's style sheet."""
        with style():
            return self.plot(results)


def on_recurrent_network(study: Study) -> bool:
    """Whether rules of the study act in a recurrent spiking network."""
    return isinstance(study.settings, SpikingStudy)


def grouped(results: Sequence[StudyResults]) -> dict[str, list[StudyResults]]:
    """Studies of one task with as many plastic synapse types, under what they have in common, in their order."""
    groups: dict[str, list[StudyResults]] = {}
    for one in results:
        count = len(one.study.settings.plasticity.synapse_types)
        suffix = "" if count == 1 else f", {count} types"
        groups.setdefault(task_label(one.study.task.name) + suffix, []).append(one)
    return groups


def types_label(results: StudyResults) -> str:
    """The plastic synapse types of a study."""
    return " + ".join(results.study.settings.plasticity.synapse_types)


def titles(group: Sequence[StudyResults]) -> list[str]:
    """What tells the studies of one group apart: their synapse types, or their names if types come twice."""
    types = [types_label(one) for one in group]
    return [kind if types.count(kind) == 1 else one.study.name for kind, one in zip(types, group, strict=True)]


def task_label(task: str) -> str:
    """Name of a task in a figure."""
    return task.replace("_", " ").capitalize()


def columns_of(results: Sequence[StudyResults]) -> int:
    """Columns of a grid with a panel a study."""
    return min(COLUMNS, max(2, *(len(group) for group in grouped(results).values())))


def rows_of(group: Sequence[StudyResults], columns: int) -> int:
    """Rows of the grid that a group needs."""
    return -(-len(group) // columns)


def grid(results: Sequence[StudyResults], figure: Any, sharey: bool = False) -> Iterator[tuple[StudyResults, plt.Axes]]:
    """A titled panel for every study: a block of rows a group, `COLUMNS` panels a row at most.

    Args:
        figure: figure or subfigure to fill.
        sharey: whether the panels of a group have one y-axis.
    """
    groups, columns = grouped(results), columns_of(results)
    heights = [rows_of(group, columns) for group in groups.values()]
    blocks = np.atleast_1d(figure.subfigures(len(groups), 1, height_ratios=heights))
    for letter, (label, group), block, rows in zip("abcdef", groups.items(), blocks, heights, strict=False):
        panels = block.subplots(rows, columns, sharey=sharey, squeeze=False).ravel()
        block.suptitle(f"$\\bf{{{letter}}}$  {label}", x=0.01, ha="left", fontsize=8)
        for axes in panels[len(group) :]:
            axes.set_visible(False)
        for one, title, axes in zip(group, titles(group), panels, strict=False):
            axes.set_title(title)
            yield one, axes


def figure_of_grid(results: Sequence[StudyResults], panel_height: float, extra: float = 0.0) -> Any:
    """An empty figure of the height that `grid` needs, in inches, with `extra` for more below."""
    groups, columns = grouped(results), columns_of(results)
    rows = sum(rows_of(group, columns) for group in groups.values())
    width = DOUBLE_COLUMN * (columns + 1) / (COLUMNS + 1)
    return plt.figure(figsize=(width, rows * panel_height + 0.25 * len(groups) + extra))
