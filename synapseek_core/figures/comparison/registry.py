"""Figures across studies by name. A new one is a file beside this one, which says what studies it is of."""

from synapseek_core.figures.comparison.comparison import Comparison
from synapseek_core.registries import Folder

COMPARISONS: Folder[Comparison] = Folder("figures.comparison", "COMPARISON")
