"""Curvature of the loss at the best learned rule of a linear rate network."""

from __future__ import annotations

import jax
import numpy as np
import xarray as xr

from synapseek_core.analysis.parts.part import Part, Tables
from synapseek_core.analysis.sensitivity import sensitivity
from synapseek_core.interfaces.costs import GRADIENT, Cost
from synapseek_core.interfaces.study import EVALUATION, Study
from synapseek_core.linear.objective import hessian
from synapseek_core.plasticity.registry import RATE_FAMILIES
from synapseek_core.runtime import Compute, jax_device
from synapseek_core.search.distribution import best_rule
from synapseek_core.tasks.linear.score import objective_of
from synapseek_core.tasks.linear.settings import RateStudy
from synapseek_core.tasks.linear.trials import build_batch


def _run(study: Study[RateStudy], rules: Tables, fitness: Tables, compute: Compute) -> xr.Dataset:
    """Return the Hessian of the loss of the best rule over the evaluation trials, and its spectrum."""
    settings, space = study.settings, study.settings.rule_space
    best = best_rule(rules["learned"], fitness["learned"])
    theta = rules["learned"]["theta"].sel(rule=best).values
    batch = build_batch(settings, study.conditions[EVALUATION].trials)
    with jax.default_device(jax_device(compute.device)):
        curvature = np.asarray(hessian(objective_of(settings), space.as_simulated(theta[None]), batch))
    return sensitivity(curvature, list(space.coordinate_names))


def _cost(study: Study[RateStudy]) -> Cost:
    """Return the cost: directions are taken one after the other, each by the derivative of a gradient."""
    directions = len(study.settings.rule_space.names)
    one = study.task.simulator.cost(1, study.settings.evaluation.trials)
    return one.repeated(GRADIENT**2 * directions)


def _modules(study: Study[RateStudy]) -> tuple[str, ...]:
    return (RATE_FAMILIES.module(study.settings.plasticity.family),)


PART = Part(_run, _cost, _modules)
