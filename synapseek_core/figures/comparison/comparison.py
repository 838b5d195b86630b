"""The form of a figure across studies, and the layout that these figures share: one panel a study, in groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from synapseek_core.figures.figure import DOUBLE_COLUMN, style
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import Data, Need
from synapseek_core.tasks.recurrent.spiking import SpikingStudy

COLUMNS = 4


@dataclass(frozen=True)
class StudyResults:
    """A study, and its results by the names of the workflow."""

    study: Study
    data: Data


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
    needs: tuple[Need, ...]
    plot: Callable[[Sequence[StudyResults]], matplotlib.figure.Figure]
    caption: str

    def studies(self, studies: Iterable[Study]) -> list[Study]:
        """Return the studies that the figure shows; none if there is nothing to compare."""
        shown = [study for study in studies if self.is_of(study)]
        return shown if len(shown) > 1 else []

    def draw(self, results: Sequence[StudyResults]) -> matplotlib.figure.Figure:
        """Draw the figure with the project's style sheet."""
        with style():
            return self.plot(results)


def on_recurrent_network(study: Study) -> bool:
    """Return whether rules of the study are searched for in a recurrent spiking network."""
    return isinstance(study.settings, SpikingStudy) and len(study.settings.search) > 0


def grouped(results: Sequence[StudyResults]) -> dict[str, list[StudyResults]]:
    """Return groups of studies, by the label of each: one task, and the same number of plastic synapse types.

    Groups and their studies are in the order of `results`.
    """
    groups: dict[str, list[StudyResults]] = {}
    for one in results:
        count = len(one.study.settings.plasticity.synapse_types)
        suffix = "" if count == 1 else f", {count} types"
        groups.setdefault(task_label(one.study.task.name) + suffix, []).append(one)
    return groups


def types_label(results: StudyResults) -> str:
    """Return the label of the plastic synapse types of a study."""
    return " + ".join(results.study.settings.plasticity.synapse_types)


def titles(group: Sequence[StudyResults]) -> list[str]:
    """Return a title for each study of one group: its synapse types, or its name if types occur twice."""
    types = [types_label(one) for one in group]
    return [kind if types.count(kind) == 1 else one.study.name for kind, one in zip(types, group, strict=True)]


def task_label(task: str) -> str:
    """Return the name of a task in a figure."""
    return task.replace("_", " ").capitalize()


def width_of(columns: int) -> float:
    """Return the width in inches of a figure with so many panels in a row."""
    return DOUBLE_COLUMN * (columns + 1) / (COLUMNS + 1)


def _shapes(results: Sequence[StudyResults]) -> tuple[bool, list[tuple[int, int]]]:
    """Return whether the blocks of all groups fit in one row, and the rows and columns of each."""
    sizes = [len(group) for group in grouped(results).values()]
    if sum(sizes) <= COLUMNS:
        return True, [(1, size) for size in sizes]
    columns = min(COLUMNS, max(sizes))
    return False, [(-(-size // columns), columns) for size in sizes]


def grid(results: Sequence[StudyResults], figure: Any, sharey: bool = False) -> Iterator[tuple[StudyResults, plt.Axes]]:
    """Yield every study with its titled panel.

    Each group is a block. Blocks are beside each other in a row of `COLUMNS` panels at most, or else below each other.

    Args:
        figure: figure or subfigure to fill.
        sharey: whether the panels of a group have one y-axis.
    """
    beside, shapes = _shapes(results)
    heights, widths = zip(*shapes, strict=True)
    layout = (
        {"ncols": len(shapes), "width_ratios": widths} if beside else {"nrows": len(shapes), "height_ratios": heights}
    )
    blocks = np.atleast_1d(figure.subfigures(**layout))
    for letter, (label, group), block, shape in zip("abcdef", grouped(results).items(), blocks, shapes, strict=False):
        panels = block.subplots(*shape, sharey=sharey, squeeze=False).ravel()
        block.suptitle(f"$\\bf{{{letter}}}$  {label}", x=0.01, ha="left", fontsize=8)
        for axes in panels[len(group) :]:
            axes.set_visible(False)
        for one, title, axes in zip(group, titles(group), panels, strict=False):
            axes.set_title(title)
            yield one, axes


def figure_of_grid(results: Sequence[StudyResults], panel_height: float, extra: float = 0.0) -> Any:
    """Return an empty figure of the size that `grid` needs; heights in inches, `extra` for more below."""
    beside, shapes = _shapes(results)
    heights, widths = zip(*shapes, strict=True)
    rows, columns, lines = (1, sum(widths), 1) if beside else (sum(heights), max(widths), len(shapes))
    return plt.figure(figsize=(width_of(columns), rows * panel_height + 0.25 * lines + extra))
