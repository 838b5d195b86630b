"""Measures of weights: the share at their bounds, their drift, their final mean (Confavreux et al., NeurIPS 2023).

All are of sampled synapses, 100 a type as published: which ones are sampled adds to how much two trials differ.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synapseek_core.engine.constants import AT_BOUND
from synapseek_core.measures.metric import Metric, NetworkActivity, WeightCourse

SMALLEST_SUM = 0.1
"""Types whose mean weights at the start and at the end sum to this or less, in leak conductances, do not count."""


def blow_up(activity: NetworkActivity) -> float:
    """Return the share of the sampled weights that are at 0 or at their maximum, mean over plastic types."""
    return float(np.mean([_at_bounds(course) for course in activity.plastic.values()]))


def _at_bounds(course: WeightCourse) -> float:
    low, high = AT_BOUND * course.maximum, (1 - AT_BOUND) * course.maximum
    return float(np.mean((course.sample <= low) | (course.sample >= high)))


def drift(activity: NetworkActivity) -> float:
    """Return the largest |2 (end - start) / (end + start)| of the mean sampled weight, of all plastic types.

    Start and end are those of the window.
    Types with start + end <= 0.1 leak conductances do not count; 0 if none does.
    """
    ends = [(float(course.sample[0].mean()), float(course.sample[-1].mean())) for course in activity.plastic.values()]
    return max((abs(2 * (end - start) / (end + start)) for start, end in ends if start + end > SMALLEST_SUM), default=0)


def final_weight(synapse_type: str) -> Callable[[NetworkActivity], float]:
    """Return the metric that is the mean sampled weight of a synapse type at the end."""
    return lambda activity: activity.final_weight[synapse_type]


BLOW_UP = Metric("weights at bounds", "1", "share of sampled weights at a bound, mean over plastic types", blow_up)
DRIFT = Metric("weight drift", "1", "largest relative change of a mean sampled weight over the window", drift)
EE_WEIGHT = Metric(
    "EE weight", "1", "final mean sampled weight from excitatory to excitatory neurons", final_weight("EE")
)
EI_WEIGHT = Metric(
    "EI weight", "1", "final mean sampled weight from excitatory to inhibitory neurons", final_weight("EI")
)
IE_WEIGHT = Metric(
    "IE weight", "1", "final mean sampled weight from inhibitory to excitatory neurons", final_weight("IE")
)
II_WEIGHT = Metric(
    "II weight", "1", "final mean sampled weight from inhibitory to inhibitory neurons", final_weight("II")
)
