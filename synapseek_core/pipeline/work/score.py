"""Score the activity of all batches of rules in a condition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from synapseek_core.files.datasets import join_rules
from synapseek_core.interfaces.study import Condition


def score_batches(condition: Condition, activity: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return the fitness of the rules of all batches; without variables if there are none."""
    scored = [condition.task.evaluate(batch) for batch in activity if batch.sizes["rule"]]
    # A set whose rules were all left out.
    return join_rules(scored) if scored else xr.Dataset(coords={"rule": np.empty(0, object)})
