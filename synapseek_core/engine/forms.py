"""The forms in which a backend keeps plastic weights."""

from __future__ import annotations

from typing import Literal

Form = Literal["exact", "lazy"]
"""How weights are kept: changed at every spike of either side, or settled when a presynaptic spike arrives."""
