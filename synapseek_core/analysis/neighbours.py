"""Similarity of rules and of their effects: distances of rules in their parameters against those of their activity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy
import xarray as xr

from synapseek_core.measures.registry import METRICS

FEWEST = 4
"""Rules of a round, below which distances are missing."""


def neighbours(z: np.ndarray, scored: xr.Dataset, chosen: Sequence[np.ndarray]) -> dict[str, Any]:
    """Return distances of rules to their nearest neighbours, as variables of the contract `families`.

    They are missing for rules that are not chosen, or whose network was stopped.

    Args:
        z: (rule, parameter) as standard normal numbers of the prior.
        scored: metrics (rule, trial) by name.
        chosen: (rule,) of each round.
    """
    activity = np.stack([scored[name].mean("trial", skipna=False).values for name in METRICS], axis=-1)
    complete = np.isfinite(activity).all(axis=1)
    near, unlike = np.full((2, len(z)), np.nan)
    correlation = np.full(len(chosen), np.nan)
    for k, own in enumerate(chosen):
        rows = np.flatnonzero(own & complete)
        if len(rows) >= FEWEST:
            correlation[k], near[rows], unlike[rows] = _distances(z[rows], activity[rows])
    return {
        "distance_correlation": ("round", correlation),
        "neighbour_distance": ("rule", near),
        "neighbour_activity_distance": ("rule", unlike),
    }


def _distances(z: np.ndarray, activity: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the rank correlation of the distances of all pairs, and the distance of each rule's nearest neighbour.

    That distance is given in parameters and in activity.
    """
    spread = activity.std(axis=0)
    standard = (activity - activity.mean(axis=0)) / np.where(spread > 0, spread, 1)
    of_rules, of_activity = scipy.spatial.distance.pdist(z), scipy.spatial.distance.pdist(standard)
    square = scipy.spatial.distance.squareform(of_rules)
    np.fill_diagonal(square, np.inf)
    nearest = square.argmin(axis=1)
    index = np.arange(len(z))
    relative = scipy.spatial.distance.squareform(of_activity)[index, nearest] / of_activity.mean()
    return float(scipy.stats.spearmanr(of_rules, of_activity).statistic), square[index, nearest], relative
