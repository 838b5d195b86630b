"""Matrices over the parameters of a rule: correlations and eigenvectors."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import matplotlib.image
import matplotlib.pyplot as plt
import numpy as np

from synapseek_core.figures.figure import parameter_label, parameter_labels

CROWDED = 8
"""Labels beyond this number are set smaller, and upright."""


def matrix(axes: plt.Axes, values: np.ndarray) -> matplotlib.image.AxesImage:
    """Draw numbers from -1 to 1, (row, column)."""
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return axes.imshow(values, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")


def correlation_matrix(axes: plt.Axes, values: np.ndarray, names: Collection[Any]) -> matplotlib.image.AxesImage:
    """Draw correlations (coordinate, coordinate); lines part the synapse types of the coordinates' names."""
    image = matrix(axes, values)
    kinds = [str(name).partition(".")[0] for name in names]
    for place in (k for k in range(1, len(kinds)) if kinds[k] != kinds[k - 1]):
        for line in (axes.axhline, axes.axvline):
            line(place - 0.5, color="black", lw=0.6)
    return image


def label_blocks(axes: plt.Axes, names: Collection[Any]) -> None:
    """Draw short names of coordinates at rows and columns; several synapse types are named at the opposite sides."""
    short = [parameter_label(str(name)) for name in names]
    axes.set_yticks(range(len(short)), short)
    axes.set_xticks(range(len(short)), short, rotation=90)
    axes.tick_params(labelsize=5)
    kinds = [str(name).partition(".")[0] for name in names]
    middle = {kind: kinds.index(kind) + (kinds.count(kind) - 1) / 2 for kind in kinds}
    if len(middle) > 1:
        top, right = axes.secondary_xaxis("top"), axes.secondary_yaxis("right")
        top.set_xticks(list(middle.values()), list(middle))
        right.set_yticks(list(middle.values()), list(middle), rotation=90, va="center")
        for side in (top, right):
            side.tick_params(length=0, pad=1)
            side.spines[:].set_visible(False)


def label_rows(axes: plt.Axes, names: Collection[Any]) -> None:
    """Draw names of coordinates at the rows."""
    axes.set_yticks(range(len(names)), parameter_labels(names))
    _fit(axes, "y", len(names))


def label_columns(axes: plt.Axes, names: Collection[Any]) -> None:
    """Draw names of coordinates at the columns, or at the places 0, 1, ... of any panel."""
    crowded = len(names) > CROWDED
    axes.set_xticks(range(len(names)), parameter_labels(names), rotation=90 if crowded else 45)
    _fit(axes, "x", len(names))


def number(axes: plt.Axes, first: int, count: int) -> None:
    """Draw numbers 1, 2, ... at the places `first`, `first` + 1, ...; only some if they are many."""
    shown = range(0, count, 1 if count <= CROWDED else 5)
    axes.set_xticks([first + k for k in shown], [str(k + 1) for k in shown])


def _fit(axes: plt.Axes, axis: Any, count: int) -> None:
    if count > CROWDED:
        axes.tick_params(axis=axis, labelsize=5)
