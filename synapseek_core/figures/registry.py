"""Figures by name. A new one is a file beside this one; the studies that it is for name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synapseek_core.registries import Folder

if TYPE_CHECKING:
    from synapseek_core.figures.figure import Figure

FIGURES: Folder[Figure[Any]] = Folder("figures", "FIGURE")
