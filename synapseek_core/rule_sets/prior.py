"""Rules drawn from the prior box."""

from __future__ import annotations

import numpy as np
import xarray as xr

from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data
from synapseek_core.rule_sets.rule_set import RuleSet, numbered
from synapseek_core.seeds import generator


def drawn_from_prior(settings: StudySettings, name: str, count: int) -> xr.Dataset:
    """Draw rules uniformly from the prior box; rule k is the same however many are drawn."""
    box = settings.prior_box
    draws = [generator(settings.seed, name, k).random(len(box.low)) for k in range(count)]
    theta = box.low + (box.high - box.low) * np.array(draws).reshape(-1, len(box.low))
    return numbered(settings, theta, name)


def _sample(settings: StudySettings, data: Data) -> xr.Dataset:
    return drawn_from_prior(settings, "prior", settings.prior.samples)


RULE_SET = RuleSet(_sample, lambda settings: settings.prior.samples, sections=("prior",))
