"""The reference rules that a study names."""

from __future__ import annotations

import numpy as np
import xarray as xr

from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data
from synapseek_core.rule_sets.rule_set import RuleSet, rules


def _count(settings: StudySettings) -> int:
    return len(settings.reference)


def _sample(settings: StudySettings, data: Data) -> xr.Dataset:
    space = settings.rule_space
    theta = [space.expand(rule, f"reference.{name}") for name, rule in settings.reference.items()]
    return rules(space, np.reshape(theta, (-1, len(space.names))), list(settings.reference), [True] * len(theta))


RULE_SET = RuleSet(_sample, _count, _count, sections=("reference",))
