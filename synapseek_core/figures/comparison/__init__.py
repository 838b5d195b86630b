"""Figures across studies. A new one is one file beside these and one entry here."""

from synapseek_core.figures.comparison import (
    capacity,
    covariance_of_types,
    cross_task_matrix,
    learning_curves_of_types,
    repeat_intervals_of_networks,
    windows_of_types,
)
from synapseek_core.figures.comparison.comparison import Comparison, StudyResults

COMPARISONS: dict[str, Comparison] = {
    "learning_curves_of_types": learning_curves_of_types.COMPARISON,
    "windows_of_types": windows_of_types.COMPARISON,
    "cross_task_matrix": cross_task_matrix.COMPARISON,
    "covariance_of_types": covariance_of_types.COMPARISON,
    "repeat_intervals_of_networks": repeat_intervals_of_networks.COMPARISON,
    "capacity": capacity.COMPARISON,
}

__all__ = ["COMPARISONS", "Comparison", "StudyResults"]
