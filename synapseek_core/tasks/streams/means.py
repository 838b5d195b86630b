"""Means over some steps of streams."""

from __future__ import annotations

import numpy as np


def mean_where(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return the mean (rule, trial) of values (rule, trial, step) over the chosen steps (trial, step).

    NaN where no step is chosen.
    """
    with np.errstate(invalid="ignore"):
        return (values * chosen).sum(-1) / chosen.sum(-1)
