"""Figures across studies by name. A new one is a file beside this one and its entry here."""

from synapseek_core.figures.comparison.comparison import Comparison
from synapseek_core.registry import Registry

COMPARISONS: Registry[Comparison] = Registry(
    {
        "learning_curves_of_types": "figures.comparison.learning_curves_of_types:COMPARISON",
        "windows_of_types": "figures.comparison.windows_of_types:COMPARISON",
        "cross_task_matrix": "figures.comparison.cross_task_matrix:COMPARISON",
        "covariance_of_types": "figures.comparison.covariance_of_types:COMPARISON",
        "repeat_intervals_of_networks": "figures.comparison.repeat_intervals_of_networks:COMPARISON",
        "capacity": "figures.comparison.capacity:COMPARISON",
    }
)
