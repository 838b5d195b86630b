"""Simulate a batch of rules in a condition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr

from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.interfaces.study import Condition
from synapseek_core.runtime import Compute
from synapseek_core.status import Status


def simulate_batch(
    condition: Condition, batch: xr.Dataset, frozen_at: xr.Dataset | None, compute: Compute
) -> xr.Dataset:
    """Return the stored activity of a batch of rules, without variables if it has no rules.

    Args:
        batch: contract `rules`.
        frozen_at: contract `fitness`, from whose final mean weights the frozen synapse types start, rule by rule; None:
            from those of the trial.
    """
    if not batch.sizes["rule"]:
        return xr.Dataset(coords={"rule": np.empty(0, object)})
    simulator, table = condition.task.simulator, RuleTable.from_dataset(batch)
    if condition.keeps_all:
        table = replace(table, kept=tuple(range(len(table))))
    if frozen_at is not None:
        fitness = frozen_at.sel(rule=list(table.names))
        table = table.with_frozen_weights(_final_weights(fitness, condition.task.settings.plasticity.frozen))
    return simulator.stored(simulator.simulate(table, condition.trials, compute), table.kept)


def _final_weights(fitness: xr.Dataset, types: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return the final mean weight (rule,) of synapse types, mean over trials; NaN where a trial was stopped."""
    weights = fitness["final_weight_mean"].where(fitness["status"] == Status.ok).mean("trial", skipna=False)
    return {name: weights.sel(synapse_type=name).values for name in types}
