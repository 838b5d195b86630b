"""The best rules, challenged: do they keep the network plausible for long, and without one of their synapse types?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from synapseek_core.files.datasets import join_rules
from synapseek_core.interfaces.costs import VALUE_STORAGE, Cost, total
from synapseek_core.interfaces.task import Task
from synapseek_core.quantities import fixed
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials

FINAL_WEIGHT = {"EE": "weef", "EI": "weif", "IE": "wief", "II": "wiif"}
"""Metric of the final mean weight of each synapse type."""

SCORES = ["loss", "status", "meets"]


def challenges(task: Task, rules: xr.Dataset, fitness: xr.Dataset, compute: Compute) -> xr.Dataset:
    """Contract `challenges`: the rules as they were evaluated, in a long trial, and with each of their types frozen.

    A frozen type has the mean weight with which the rule's own trials ended (its initial one, where these were
    stopped) and does not change; the other types go on by their rules.

    Args:
        rules, fitness: of the rules to challenge, on the evaluation trials.
    """
    settings = task.settings
    trials = Trials(settings.seed, ("evaluation",), settings.evaluation.trials)
    names = [str(name) for name in rules["rule"].values]
    theta = rules["theta"].values
    long = longer(task)
    found = {
        _seconds(task): fitness,
        _seconds(long): long.evaluate(long.simulate(theta, names, trials, compute)),
    }
    for kind in frozen_types(settings):
        frozen = _frozen_each(task, kind, theta, names, fitness, trials, compute)
        found[f"{kind} frozen"] = frozen
    conditions = xr.DataArray(np.array(list(found), object), dims="condition", name="condition")
    joined = xr.concat([one[SCORES] for one in found.values()], conditions, data_vars=SCORES)
    joined = joined.assign(constraint_group=fitness["constraint_group"])
    return joined.transpose("rule", "condition", "trial", "constraint", ...)


def longer(task: Task) -> Task:
    """The task with the time of the long trial."""
    settings = task.settings
    protocol = settings.protocol.model_copy(update={"training_time": settings.examples.training_time})
    return type(task)(settings.model_copy(update={"protocol": protocol}))


def _seconds(task: Task) -> str:
    return f"{task.settings.protocol.mean_duration:g} s"


def frozen_types(settings: Any) -> tuple[str, ...]:
    """The synapse types of which each is frozen; none if there is only one, without which nothing would change."""
    types: tuple[str, ...] = settings.plasticity.synapse_types
    return types if len(types) > 1 else ()


def without(task: Task, kind: str, weight: float | None) -> Task:
    """The task with a synapse type that is not plastic, of that weight; None: of the weight that it begins with."""
    settings = task.settings
    types = tuple(name for name in settings.plasticity.synapse_types if name != kind)
    plasticity = settings.plasticity.model_copy(update={"synapse_types": types})
    weights = (
        settings.network.weight if weight is None else settings.network.weight.model_copy(update={kind: fixed(weight)})
    )
    network = settings.network.model_copy(update={"weight": weights})
    return type(task)(settings.model_copy(update={"plasticity": plasticity, "network": network}))


def _frozen_each(
    task: Task,
    kind: str,
    theta: np.ndarray,
    names: list[str],
    fitness: xr.Dataset,
    trials: Trials,
    compute: Compute,
) -> xr.Dataset:
    """Fitness of every rule with one type frozen, each at a weight of its own; rules side by side."""
    others = np.array([not name.startswith(f"{kind}.") for name in task.settings.rule_space.names])
    weights = fitness[FINAL_WEIGHT[kind]].mean("trial", skipna=False).values
    alone = replace(compute, threads=1)

    def one(index: int) -> xr.Dataset:
        weight = float(weights[index])
        frozen = without(task, kind, weight if np.isfinite(weight) else None)
        own = theta[index : index + 1, others]
        return frozen.evaluate(frozen.simulate(own, names[index : index + 1], trials, alone))

    with ThreadPoolExecutor(compute.threads) as pool:
        return join_rules(list(pool.map(one, range(len(names)))))


def cost(task: Task) -> Cost:
    """What `challenges` takes."""
    settings = task.settings
    rules, trials = settings.example_rules, settings.evaluation.trials
    parts = [longer(task).cost(rules, trials)]
    parts += [without(task, kind, None).cost(rules, trials) for kind in frozen_types(settings)]
    storage = VALUE_STORAGE * rules * trials * len(parts) * 30
    return replace(total(parts), storage=storage)
