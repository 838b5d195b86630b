"""Mean rates, and their variation over neurons and over time (Confavreux et al., NeurIPS 2023)."""

from __future__ import annotations

import numpy as np

from synapseek_core.measures.metric import SMALL_BIN, Metric, NetworkActivity


def excitatory_rate(activity: NetworkActivity) -> float:
    """Return the mean rate of the excitatory neurons in Hz."""
    return float(activity.excitatory.rates.mean())


def inhibitory_rate(activity: NetworkActivity) -> float:
    """Return the mean rate of the inhibitory neurons in Hz."""
    return float(activity.inhibitory.rates.mean())


def spatial_rate_sd(activity: NetworkActivity) -> float:
    """Return the standard deviation over excitatory neurons of their rates, in Hz."""
    return float(activity.excitatory.rates.std())


def temporal_count_sd(activity: NetworkActivity) -> float:
    """Return the standard deviation over bins of 1 ms of the spike count, mean over excitatory neurons."""
    return float(activity.excitatory.mean_count(SMALL_BIN).std())


def spectral_amplitude(activity: NetworkActivity) -> float:
    """Return the sum over the frequencies k > 0 of 2/n |sum_t c_t exp(-2 pi i k t / n)|; 0 for a constant rate.

    c_t is the spike count in the t-th of n bins of 1 ms, mean over excitatory neurons; 0 < k < n/2.
    """
    counts = activity.excitatory.mean_count(SMALL_BIN)
    bins = len(counts)
    amplitudes = np.abs(np.fft.rfft(counts))[1 : (bins + 1) // 2]
    return float(2 / bins * amplitudes.sum())


EXCITATORY_RATE = Metric("E rate", "Hz", "mean excitatory rate", excitatory_rate)
INHIBITORY_RATE = Metric("I rate", "Hz", "mean inhibitory rate", inhibitory_rate)
SPECTRAL_AMPLITUDE = Metric(
    "spectral amplitude", "1", "amplitudes of all frequencies of the mean count in 1 ms, their sum", spectral_amplitude
)
TEMPORAL_COUNT_SD = Metric(
    "SD of count, time", "1", "standard deviation over time of the mean count in 1 ms", temporal_count_sd
)
SPATIAL_RATE_SD = Metric("SD of rate, neurons", "Hz", "standard deviation over neurons of the rate", spatial_rate_sd)
