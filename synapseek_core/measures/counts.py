"""Variability and correlations of spike counts of the excitatory neurons (Confavreux et al., NeurIPS 2023)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.fft import irfft, next_fast_len, rfft

from synapseek_core.measures.metric import LARGE_BIN, MEDIUM_BIN, Metric, NetworkActivity

FEWEST_SPIKES = 3
"""The Fano factor of counts that sum to this or less is 0."""

LONGEST_LAG = 0.5
"""Of the auto-covariance, in s."""

CONSTANT = 0.05
"""A train of counts in 10 ms with a standard deviation up to this (a rate of 0.25 Hz) is taken as constant."""


def spatial_fano(activity: NetworkActivity) -> float:
    """Return the Fano factor (variance over mean) over neurons of the counts in 100 ms, mean over bins."""
    return float(_fano(activity.excitatory.counts(LARGE_BIN).T).mean())


def temporal_fano(activity: NetworkActivity) -> float:
    """Return the Fano factor (variance over mean) over bins of 100 ms of a neuron's counts, mean over neurons."""
    return float(_fano(activity.excitatory.counts(LARGE_BIN)).mean())


def _fano(counts: Float[np.ndarray, "row count"]) -> Float[np.ndarray, " row"]:
    """Return the variance over the mean of each row; 0 where it sums to 3 or less."""
    enough = counts.sum(axis=1) > FEWEST_SPIKES
    return np.where(enough, counts.var(axis=1), 0) / np.where(enough, counts.mean(axis=1), 1)


def autocovariance(activity: NetworkActivity) -> float:
    """Return |C(lag)| / max C, mean over lags from -0.5 to 0.5 s and over neurons: near 0 for an irregular train.

    C(lag) = sum_t (c_t - <c>) (c_{t + lag} - <c>), c_t the count of a neuron in bins of 10 ms; 1 where c is
    constant, or nearly so.
    """
    counts = activity.excitatory.counts(MEDIUM_BIN)
    deviations = counts - counts.mean(axis=1, keepdims=True)
    lags = min(round(LONGEST_LAG / MEDIUM_BIN), counts.shape[1] - 1)
    # Padded, so that the ends of the window do not meet.
    length = next_fast_len(counts.shape[1] + lags, real=True)
    covariance = np.abs(irfft(np.abs(rfft(deviations, length)) ** 2, length)[:, : lags + 1])
    varies = counts.std(axis=1) > CONSTANT
    normalised = covariance / np.where(varies, covariance[:, 0], 1)[:, None]
    both_sides = (normalised[:, 0] + 2 * normalised[:, 1:].sum(axis=1)) / (2 * lags + 1)
    return float(np.where(varies, both_sides, 1.0).mean())


SPATIAL_FANO = Metric("Fano factor, neurons", "1", "Fano factor over neurons of counts in 100 ms", spatial_fano)
TEMPORAL_FANO = Metric("Fano factor, time", "1", "Fano factor over bins of counts in 100 ms", temporal_fano)
AUTOCOVARIANCE = Metric(
    "autocovariance", "1", "normalised autocovariance of counts in 10 ms up to lags of 0.5 s", autocovariance
)
