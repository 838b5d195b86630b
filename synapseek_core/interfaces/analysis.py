"""The form of an analysis: from files of a study to a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import xarray as xr

from synapseek_core.files.contracts.contract import Contract
from synapseek_core.interfaces.costs import Cost
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import Data, Need
from synapseek_core.runtime import Compute


@dataclass(frozen=True)
class Analysis:
    """An analysis of a study.

    Attributes:
        contract: of what it finds.
        needs: study -> what it is made from.
        run: (study, data, compute) -> what it finds.
        settings: study -> the settings that it depends on, as plain values for JSON.
        cost: study -> what its simulations take, of an analysis that simulates.
        modules: study -> full names of the modules of this package that it reaches by names of the settings.
    """

    contract: Contract
    needs: Callable[[Study], tuple[Need, ...]]
    run: Callable[[Study, Data, Compute], xr.Dataset]
    settings: Callable[[Study], dict[str, Any]]
    cost: Callable[[Study], Cost] = lambda study: Cost()
    modules: Callable[[Study], tuple[str, ...]] = lambda study: ()
