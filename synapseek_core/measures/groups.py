"""Names of groups of constraints."""

from __future__ import annotations

ALL = "all"
"""Name of the rules that meet every constraint."""
