"""Rules on what they were not trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from synapseek_core.files.datasets import join_rules
from synapseek_core.interfaces.costs import VALUE_STORAGE, Cost, total
from synapseek_core.interfaces.study import StudySettings
from synapseek_core.interfaces.task import Task
from synapseek_core.rule_sets.origins import ORIGINS, TESTED
from synapseek_core.runtime import Compute
from synapseek_core.search.distribution import is_learned, is_start
from synapseek_core.seeds import Trials


def rules_under_test(rules: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Rules of all origins in one table; of `learned` the outcomes of the searches, and their given starts."""
    tables = []
    for origin, table in rules.items():
        if origin == "learned":
            tables += [_of_origin("start", table, is_start(table)), _of_origin(origin, table, is_learned(table))]
        else:
            tables.append(_of_origin(origin, table, np.ones(table.sizes["rule"], bool)))
    return join_rules(tables)


def number_under_test(settings: StudySettings) -> int:
    """Number of the rules that `rules_under_test` gives."""
    origins = {origin: ORIGINS[origin] for origin in TESTED}
    return sum(o.kept(settings) if name == "learned" else o.count(settings) for name, o in origins.items())


def cost(settings: StudySettings, tasks: Mapping[str, Task]) -> Cost:
    """What `generalise` takes with these tasks by condition."""
    rules, trials = number_under_test(settings), settings.generalisation.trials
    # Losses, statuses and a few measures are stored.
    storage = 10 * VALUE_STORAGE * rules * trials * len(tasks)
    return replace(total(task.cost(rules, trials) for task in tasks.values()), storage=storage)


def _of_origin(origin: str, table: xr.Dataset, chosen: np.ndarray) -> xr.Dataset:
    attributes = {"units": "1", "long_name": "where the rule comes from"}
    origins = xr.DataArray(np.full(chosen.sum(), origin, object), dims="rule", attrs=attributes)
    return table[["theta", "parameter_units"]].isel(rule=chosen).assign(origin=origins)


def generalise(tasks: Mapping[str, Task], rules: xr.Dataset, seed: int, trials: int, compute: Compute) -> xr.Dataset:
    """Contract `generalisation`: fitness of every rule in every condition, on the same trials for all rules.

    Conditions may be of different tasks; of the measures, those are kept that all of them have.

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
    shared = shared_measures(scored)
    joined = xr.concat([one[shared] for one in scored], conditions).transpose("rule", "condition", "trial", ...)
    return joined.assign(
        origin=rules["origin"],
        task=("condition", np.array([task.name for task in tasks.values()], object)),
        solved_loss=("condition", [task.settings.degeneracy.solved_loss for task in tasks.values()]),
    )


def shared_measures(scored: Sequence[xr.Dataset]) -> list[str]:
    """Names of the variables that all datasets have with the same dimensions."""
    first, *others = scored
    return [
        str(name)
        for name, measure in first.data_vars.items()
        if all(name in one and one[name].dims == measure.dims for one in others)
    ]
