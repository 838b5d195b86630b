"""Interspike intervals of the excitatory neurons (Confavreux et al., NeurIPS 2023)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.special import rel_entr

from synapseek_core.measures.metric import Metric, NetworkActivity, SpikeTrains

FEWEST_INTERVALS = 3
"""A neuron with fewer has a coefficient of variation of 0."""

EDGES = np.linspace(0.0, 1.0, 100)
"""Of the histogram of intervals, in s; longer ones are in its last bin."""

LOWEST_RATE, RATE_OF_SILENCE = 0.1, 0.01
"""In Hz: at this mean rate or below it, the Poisson process that intervals are compared with has the second rate."""


def coefficients_of_variation(trains: SpikeTrains) -> Float[np.ndarray, " neuron"]:
    """Return the standard deviation over the mean of the intervals of each neuron; 0 where there are fewer than 3."""
    intervals, neurons = trains.intervals
    count, total, squares = (
        np.bincount(neurons, weights, trains.size) for weights in (np.ones_like(intervals), intervals, intervals**2)
    )
    enough = count >= FEWEST_INTERVALS
    mean, square = total / np.where(enough, count, 1), squares / np.where(enough, count, 1)
    return np.sqrt(np.maximum(square - mean**2, 0)) / np.where(enough, mean, np.inf)


def mean_coefficient_of_variation(activity: NetworkActivity) -> float:
    """Return the mean coefficient of variation of the intervals of a neuron: 0 for a clock, 1 for a Poisson process."""
    return float(coefficients_of_variation(activity.excitatory).mean())


def coefficient_of_variation_sd(activity: NetworkActivity) -> float:
    """Return the standard deviation over neurons of the coefficient of variation of their intervals."""
    return float(coefficients_of_variation(activity.excitatory).std())


def divergence_from_poisson(activity: NetworkActivity) -> float:
    """Return |sum_b p_b ln(p_b / q_b)|, the divergence of all intervals from those of a Poisson process.

    p is their histogram in 99 bins on [0, 1] s, the longer ones in the last bin. q_b is the probability of an interval
    within bin b in a Poisson process of the same mean interval. As in the published program (`analyse.py` of fSBI) q
    has no mass for the longer ones, so that they count: networks of slow neurons have large values. 0 without an
    interval.
    """
    intervals = activity.excitatory.intervals[0]
    p = np.histogram(np.minimum(intervals, EDGES[-1]), EDGES)[0] / max(len(intervals), 1)
    silent = activity.excitatory.rates.mean() <= LOWEST_RATE or not len(intervals)
    q = -np.diff(np.exp(-EDGES * (RATE_OF_SILENCE if silent else 1 / intervals.mean())))
    return float(abs(rel_entr(p, q).sum()))


MEAN_COEFFICIENT_OF_VARIATION = Metric(
    "CV of intervals", "1", "coefficient of variation of interspike intervals", mean_coefficient_of_variation
)
DIVERGENCE_FROM_POISSON = Metric(
    "divergence from Poisson",
    "1",
    "divergence of interspike intervals from those of a Poisson process, in nat",
    divergence_from_poisson,
)
COEFFICIENT_OF_VARIATION_SD = Metric(
    "SD of CV, neurons",
    "1",
    "standard deviation over neurons of the coefficient of variation of interspike intervals",
    coefficient_of_variation_sd,
)
