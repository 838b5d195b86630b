"""Figures across studies by name. A new one is a file beside this one, which says what studies it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synapseek_core.registries import Folder

if TYPE_CHECKING:
    from synapseek_core.figures.comparison.comparison import Comparison

COMPARISONS: Folder[Comparison] = Folder("figures.comparison", "COMPARISON")
