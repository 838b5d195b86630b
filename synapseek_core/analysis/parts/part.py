"""The form of a part of the analysis of degeneracy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import xarray as xr

from synapseek_core.interfaces.costs import Cost
from synapseek_core.interfaces.study import Study
from synapseek_core.runtime import Compute

Tables = Mapping[str, xr.Dataset]
"""Datasets by rule set."""


@dataclass(frozen=True)
class Part:
    """A part of the contract `degeneracy` that only some studies have.

    Dimension `rule` holds the rules of all rule sets in their order, `learned` the outcomes of the searches.

    Attributes:
        run: (study, rules by rule set, fitness by rule set, compute) -> variables.
        cost: study -> what its simulations take, of a part that simulates.
        modules: study -> full names of the modules of this package that it reaches by names of the settings.
    """

    run: Callable[[Study, Tables, Tables, Compute], xr.Dataset]
    cost: Callable[[Study], Cost] = lambda study: Cost()
    modules: Callable[[Study], tuple[str, ...]] = lambda study: ()
