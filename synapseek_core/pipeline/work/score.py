"""Score the activity of all batches of rules in a condition."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from synapseek_core.files.datasets import join_rules
from synapseek_core.interfaces.study import Condition


def score_batches(condition: Condition, activity: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return the fitness of the rules of all batches; those without rules are left out."""
    return join_rules([condition.task.evaluate(batch) for batch in activity if batch.sizes["rule"]])
