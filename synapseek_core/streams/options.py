"""Options of networks on streams."""

from __future__ import annotations

from typing import Literal

Sign = Literal["free", "hebbian", "anti_hebbian"]
Readout = Literal["weighted", "uniform"]
