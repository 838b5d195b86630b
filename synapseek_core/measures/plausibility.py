"""Which rules keep a network plausible: metrics of its activity in plausible ranges, and shares of rules.

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
    """`meets` (rule, trial, constraint) and `constraint_group` (constraint); a missing metric meets none.

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
    """(rule, trial) whether the constraints of the groups are met; all are if there is no group."""
    inside = np.isin(fitness["constraint_group"].values, groups)
    meets = fitness["meets"].transpose("rule", "trial", "constraint").values
    return np.asarray(meets[..., inside].all(axis=-1))


@dataclass(frozen=True)
class Share:
    """A share of rules, and its Wilson interval at 95 %."""

    value: float
    low: float
    high: float


def share(chosen: np.ndarray) -> Share:
    """Of rules (rule,) of which some are chosen."""
    interval = scipy.stats.binomtest(int(chosen.sum()), len(chosen)).proportion_ci(CONFIDENCE, "wilson")
    return Share(float(chosen.mean()), float(interval.low), float(interval.high))


def shares_of_constraints(fitness: xr.Dataset) -> dict[str, Share]:
    """Share of the rules that meet each constraint in all trials."""
    meets = fitness["meets"].all("trial").transpose("constraint", "rule").values
    return {str(name): share(own) for name, own in zip(fitness["constraint"].values, meets, strict=True)}


def shares_of_groups(fitness: xr.Dataset) -> dict[str, Share]:
    """Share of the rules that meet all constraints of a group in all trials, and of those that meet all (`all`)."""
    groups = [str(group) for group in dict.fromkeys(fitness["constraint_group"].values)]
    asked = {**{group: [group] for group in groups}, ALL: groups}
    return {name: share(np.asarray(meets_groups(fitness, own).all(axis=1))) for name, own in asked.items()}
