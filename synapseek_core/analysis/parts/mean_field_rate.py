"""Mean-field rate of every rule beside the simulated one."""

from __future__ import annotations

import numpy as np
import xarray as xr

from synapseek_core.analysis.parts.part import Part, Tables
from synapseek_core.interfaces.study import Study
from synapseek_core.runtime import Compute
from synapseek_core.theory.mean_field import mean_field_table, pair_rule_rate


def _run(study: Study, rules: Tables, fitness: Tables, compute: Compute) -> xr.Dataset:
    predicted = {name: predicted_rate(study, table["theta"].values, fitness[name]) for name, table in rules.items()}
    return mean_field_table(predicted, fitness, study.settings.plasticity.synapse_types[0][1])


def predicted_rate(study: Study, theta: np.ndarray, fitness: xr.Dataset) -> np.ndarray | None:
    """Return the postsynaptic rate (rule, trial) in Hz that theory predicts for the one plastic synapse type.

    The result is None if several types are plastic, or for rules other than the pair rule.
    """
    plasticity = study.settings.plasticity
    types = plasticity.synapse_types
    if len(types) != 1 or plasticity.family != "pair":
        return None
    presynaptic = fitness[["rate", "rate_sd"]].sel(population=types[0][0])
    return pair_rule_rate(np.asarray(theta)[:, None, :], presynaptic["rate"].values, presynaptic["rate_sd"].values)


PART = Part(_run)
