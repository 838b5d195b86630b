"""The mean-field set of a study: which rates rules of the prior hold, as far as mean-field theory tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xarray as xr

from synapseek_core.files.contracts.inference import MEAN_FIELD
from synapseek_core.inference.first_rules import mean_field_table
from synapseek_core.interfaces.analysis import Analysis
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import Data, Need
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.runtime import Compute

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy


def _needs(study: Study[FamiliesStudy]) -> tuple[Need, ...]:
    return ()


def _settings(study: Study[FamiliesStudy]) -> dict[str, Any]:
    return study.settings.mean_field_sections()


def _modules(study: Study[FamiliesStudy]) -> tuple[str, ...]:
    return (SPIKING_FAMILIES.module(study.settings.plasticity.family),)


def _run(study: Study[FamiliesStudy], data: Data, compute: Compute) -> xr.Dataset:
    return mean_field_table(study.settings)


ANALYSIS = Analysis(MEAN_FIELD, _needs, _run, _settings, modules=_modules)
