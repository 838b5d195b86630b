"""Rules that hold plausible rates, as far as mean-field theory tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xarray as xr

from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data, analysis_of
from synapseek_core.registries import module_of
from synapseek_core.rule_sets.rule_set import RuleSet, numbered
from synapseek_core.seeds import generator

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

MEAN_FIELD = "mean_field"
FIRST_RULES = "inference.first_rules:of_set"
"""Place of what only these rule sets need."""


def _count(settings: StudySettings) -> int:
    return settings.mean_field_rules


def _sample(settings: FamiliesStudy, data: Data) -> xr.Dataset:
    # Here: few jobs need it.
    from synapseek_core.inference.first_rules import of_set

    count, draw = _count(settings), generator(settings.seed, MEAN_FIELD)
    found = of_set(settings, data[analysis_of(MEAN_FIELD)], count, draw, f"inference.mean_field.samples = {count}")
    return numbered(settings, found["theta"].values, MEAN_FIELD).assign(predicted_rate=found["predicted_rate"])


def _depends(settings: FamiliesStudy) -> dict[str, Any]:
    return settings.mean_field_sections() | {"samples": _count(settings)}


RULE_SET = RuleSet(
    _sample, _count, needs=(analysis_of(MEAN_FIELD),), depends=_depends, modules=(module_of(FIRST_RULES),)
)
