"""The form of a search method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import xarray as xr

from synapseek_core.runtime import Compute


@dataclass(frozen=True)
class SearchMethod:
    """A search method.

    Attributes:
        objective: (task, settings of the search, compute) -> what is minimised.
        effort: how much longer the objective takes than the loss of a rule.
        advance: (objective, rule space, settings, study seed, restart, generations, previous chunk or None, curriculum)
            -> chunk (contract `search`) with the complete state of the run, from which the next chunk goes on
            bit for bit.
    """

    objective: Callable[[Any, Any, Compute], Any]
    advance: Callable[..., xr.Dataset]
    effort: float = 1.0
