"""What the loss pins and what it leaves free in networks that are learned whole."""

from __future__ import annotations

import numpy as np
import xarray as xr

from synapseek_core.analysis import plastic_network
from synapseek_core.analysis.parts.part import Part, Tables
from synapseek_core.interfaces.costs import Cost
from synapseek_core.interfaces.study import EVALUATION, Study
from synapseek_core.runtime import Compute
from synapseek_core.search.distribution import best_rule, is_learned
from synapseek_core.streams.registry import NETWORKS
from synapseek_core.tasks.streams.settings import ContinualFamiliarityStudy


def _run(study: Study[ContinualFamiliarityStudy], rules: Tables, fitness: Tables, compute: Compute) -> xr.Dataset:
    settings, learned = study.settings, rules["learned"]
    best = learned["theta"].sel(rule=best_rule(learned, fitness["learned"])).values
    trials = study.conditions[EVALUATION].trials
    return plastic_network.pinned_and_free(
        settings.build_network(),
        settings.rule_space,
        learned["theta"].values[is_learned(learned)],
        best,
        lambda moved: study.task.loss(np.asarray(moved), trials, compute),
        settings.seed,
    )


def _cost(study: Study[ContinualFamiliarityStudy]) -> Cost:
    networks = plastic_network.networks_looked_at(study.settings.build_network())
    return study.task.simulator.cost(networks, study.settings.evaluation.trials)


def _modules(study: Study[ContinualFamiliarityStudy]) -> tuple[str, ...]:
    return (NETWORKS.module(study.settings.plasticity.family),)


PART = Part(_run, _cost, _modules)
