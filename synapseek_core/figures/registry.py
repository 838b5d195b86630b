"""Figures by name. A new one is a file beside this one; the studies that it is for name it."""

from synapseek_core.figures.figure import Figure
from synapseek_core.registries import Folder

FIGURES: Folder[Figure] = Folder("figures", "FIGURE")
