"""Sensitivity of the effect of the best learned rule on a synapse to each parameter."""

from __future__ import annotations

import numpy as np
import xarray as xr

from synapseek_core.analysis.parts.part import Part, Tables
from synapseek_core.interfaces.study import Study
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.runtime import Compute
from synapseek_core.search.distribution import best_rule
from synapseek_core.theory.function_sensitivity import function_sensitivity


def _run(study: Study, rules: Tables, fitness: Tables, compute: Compute) -> xr.Dataset:
    learned, scored, settings = rules["learned"], fitness["learned"], study.settings
    best = best_rule(learned, scored)
    weights = scored["final_weight_mean"].sel(rule=best).mean("trial").values
    space = settings.rule_space
    bounds = np.array(space.expand(settings.prior.bounds, "prior.bounds"))
    return function_sensitivity(space, bounds, learned["theta"].sel(rule=best).values, weights)


def _modules(study: Study) -> tuple[str, ...]:
    return (SPIKING_FAMILIES.module(study.settings.plasticity.family),)


PART = Part(_run, modules=_modules)
