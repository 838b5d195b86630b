"""Plausibility of rules: metrics of network activity within plausible ranges, and shares of rules.

Source: Confavreux et al., NeurIPS 2023.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
import xarray as xr

from synapseek_core.measures.groups import ALL

CONFIDENCE = 0.95


def constraints_met(metrics: xr.Dataset, plausible: Mapping[str, Mapping[str, tuple[float, float]]]) -> xr.Dataset:
    """Return `meets` (rule, trial, constraint) and `constraint_group` (constraint); a missing metric meets none.

    Args:
        metrics: one variable (rule, trial) a metric.
        plausible: group -> metric -> lowest and highest plausible value.
    """
    ranges = [(group, name, *bounds) for group, own in plausible.items() for name, bounds in own.items()]
    meets = [((metrics[name] >= low) & (metrics[name] <= high)).values for _, name, low, high in ranges]
    return xr.Dataset(
        {
            "meets": (("rule", "trial", "constraint"), np.stack(meets, axis=-1).astype(np.int8)),
            "constraint_group": ("constraint", np.array([group for group, *_ in ranges], object)),
        },
        coords={"constraint": [name for _, name, *_ in ranges]},
    )


def meets_groups(fitness: xr.Dataset, groups: Sequence[str]) -> np.ndarray:
    """Return whether all constraints of some groups are met (rule, trial); True everywhere if there is no group."""
    inside = np.isin(fitness["constraint_group"].values, groups)
    meets = fitness["meets"].transpose("rule", "trial", "constraint").values
    return np.asarray(meets[..., inside].all(axis=-1))


@dataclass(frozen=True)
class Share:
    """A share of rules, with its Wilson 95 % interval."""

    value: float
    low: float
    high: float


def share(chosen: np.ndarray) -> Share:
    """Return the fraction of `chosen` (rule,) that is True, with its Wilson 95 % interval."""
    interval = scipy.stats.binomtest(int(chosen.sum()), len(chosen)).proportion_ci(CONFIDENCE, "wilson")
    return Share(float(chosen.mean()), float(interval.low), float(interval.high))


def shares_of_constraints(fitness: xr.Dataset) -> dict[str, Share]:
    """Return, for each constraint, the share of the rules that meet it in all trials."""
    meets = fitness["meets"].all("trial").transpose("constraint", "rule").values
    return {str(name): share(own) for name, own in zip(fitness["constraint"].values, meets, strict=True)}


def shares_of_groups(fitness: xr.Dataset) -> dict[str, Share]:
    """Return, for each group, the share of the rules that meet all its constraints in all trials.

    The entry `all` is the share of the rules that meet all constraints of all groups.
    """
    groups = [str(group) for group in dict.fromkeys(fitness["constraint_group"].values)]
    asked = {**{group: [group] for group in groups}, ALL: groups}
    return {name: share(np.asarray(meets_groups(fitness, own).all(axis=1))) for name, own in asked.items()}
