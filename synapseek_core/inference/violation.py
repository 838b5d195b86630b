"""The violation of constraints by a rule: 0 where all are met, more the further its activity is from what is plausible.

    d = sum over constraints of min(ln(1 + distance of the metric from its plausible range / width), MOST)

in one trial, and the mean over the trials of a rule. The width is natural for the metric: a distance that is clearly
one. A metric that is missing counts MOST (1 - s / 2), with s the share of the trial that was simulated, so that among
networks that were stopped one that lasted longer violates less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

MOST = 3.0
"""Most that one constraint counts: that of a metric 19 widths out of its range. One hopeless metric hides no other."""

Ranges = Mapping[str, tuple[float, float]]
"""Metric -> lowest and highest plausible value."""


def violation(fitness: xr.Dataset, ranges: Ranges, widths: Mapping[str, float]) -> np.ndarray:
    """Return the violation (rule,) of the rules of a fitness file.

    Args:
        fitness: metrics (rule, trial) by name, and `simulated_share` (rule, trial).
        ranges: of the metrics that count.
        widths: metric -> natural width, in its unit; of another one it is the width of its range.
    """
    metrics = np.stack([fitness[name].transpose("rule", "trial").values for name in ranges], axis=-1)
    share = fitness["simulated_share"].transpose("rule", "trial").values
    return violations(metrics, share, list(ranges.values()), widths_of(ranges, widths)).mean(axis=1)


def violations(
    metrics: np.ndarray, share: np.ndarray, ranges: Sequence[tuple[float, float]], widths: np.ndarray
) -> np.ndarray:
    """Return the violation (...) of metrics (..., constraint) in a trial each.

    Args:
        share: (...) share of the trial that was simulated.
        ranges, widths: of each constraint.
    """
    low, high = np.transpose(ranges)
    distance = np.maximum(np.maximum(low - metrics, metrics - high), 0) / widths
    each = np.minimum(np.log1p(distance), MOST)
    return np.where(np.isfinite(metrics), each, MOST * (1 - share[..., None] / 2)).sum(axis=-1)


def widths_of(ranges: Ranges, widths: Mapping[str, float]) -> np.ndarray:
    """Return the natural width (constraint,) of each metric; the width of its range, or 1, where none is given."""
    return np.array([widths.get(name, (high - low) or 1.0) for name, (low, high) in ranges.items()])
