"""Rules on what they were not trained on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from synapseek_core.datasets import join_rules
from synapseek_core.runtime import Compute
from synapseek_core.search.distribution import is_learned
from synapseek_core.seeds import Trials
from synapseek_core.tasks.task import Task


def rules_under_test(rules: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Rules of all origins in one table; of `learned` the outcomes of the searches only."""
    tables = []
    for origin, table in rules.items():
        chosen = table.isel(rule=is_learned(table)) if origin == "learned" else table
        attributes = {"units": "1", "long_name": "where the rule comes from"}
        origins = xr.DataArray([origin] * chosen.sizes["rule"], dims="rule", attrs=attributes)
        tables.append(chosen[["theta", "parameter_units"]].assign(origin=origins))
    return join_rules(tables)


def generalise(tasks: Mapping[str, Task], rules: xr.Dataset, seed: int, trials: int, compute: Compute) -> xr.Dataset:
    """Contract `generalisation`: fitness of every rule in every condition, on the same trials for all rules.

    Args:
        tasks: condition -> the task under that condition.
        rules: what is tested, see `rules_under_test`.
        seed: the study's seed.
        trials: number of trials of a condition.
    """
    names = [str(name) for name in rules["rule"].values]
    scored = []
    for condition, task in tasks.items():
        drawn = Trials(seed, ("generalisation", condition), trials)
        scored.append(task.evaluate(task.simulate(rules["theta"].values, names, drawn, compute)))
    conditions = xr.DataArray(np.array(list(tasks), dtype=object), dims="condition", name="condition")
    return xr.concat(scored, conditions).transpose("rule", "condition", "trial", ...).assign(origin=rules["origin"])
