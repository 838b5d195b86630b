"""Measures of network activity by name. A new one is a function in a file beside these and its entry here.

Names and definitions are those of Confavreux et al., NeurIPS 2023; bins of 1, 10 and 100 ms.
"""

from synapseek_core.analysis.activity_metrics import counts, intervals, rates, weights
from synapseek_core.analysis.activity_metrics.metric import Metric, NetworkActivity, SpikeTrains, WeightCourse

METRICS: dict[str, Metric] = {
    "rate": Metric("E rate", "Hz", "mean excitatory rate", rates.excitatory_rate),
    "rate_i": Metric("I rate", "Hz", "mean inhibitory rate", rates.inhibitory_rate),
    "cv_isi": Metric(
        "CV of intervals",
        "1",
        "coefficient of variation of interspike intervals",
        intervals.mean_coefficient_of_variation,
    ),
    "kl_isi": Metric(
        "divergence from Poisson",
        "1",
        "relative entropy of interspike intervals to those of a Poisson process, in nat",
        intervals.divergence_from_poisson,
    ),
    "spatial_Fano": Metric(
        "Fano factor, neurons", "1", "Fano factor over neurons of counts in 100 ms", counts.spatial_fano
    ),
    "temporal_Fano": Metric(
        "Fano factor, time", "1", "Fano factor over bins of counts in 100 ms", counts.temporal_fano
    ),
    "auto_cov": Metric(
        "autocovariance", "1", "normalised autocovariance of counts in 10 ms up to lags of 0.5 s", counts.autocovariance
    ),
    "fft": Metric(
        "spectral amplitude",
        "1",
        "amplitudes of all frequencies of the mean count in 1 ms, their sum",
        rates.spectral_amplitude,
    ),
    "std_rate_temporal": Metric(
        "SD of count, time", "1", "standard deviation over time of the mean count in 1 ms", rates.temporal_count_sd
    ),
    "std_rate_spatial": Metric(
        "SD of rate, neurons", "Hz", "standard deviation over neurons of the rate", rates.spatial_rate_sd
    ),
    "std_cv": Metric(
        "SD of CV, neurons",
        "1",
        "standard deviation over neurons of the coefficient of variation of interspike intervals",
        intervals.coefficient_of_variation_sd,
    ),
    "w_blow": Metric(
        "weights at bounds", "1", "share of sampled weights at a bound, mean over plastic types", weights.blow_up
    ),
    "w_creep": Metric("weight drift", "1", "largest relative change of a mean weight over the window", weights.drift),
    "weef": Metric(
        "EE weight", "1", "final mean weight from excitatory to excitatory neurons", weights.final_weight("EE")
    ),
    "weif": Metric(
        "EI weight", "1", "final mean weight from excitatory to inhibitory neurons", weights.final_weight("EI")
    ),
    "wief": Metric(
        "IE weight", "1", "final mean weight from inhibitory to excitatory neurons", weights.final_weight("IE")
    ),
    "wiif": Metric(
        "II weight", "1", "final mean weight from inhibitory to inhibitory neurons", weights.final_weight("II")
    ),
}
"""Every metric by its published name."""

__all__ = ["METRICS", "Metric", "NetworkActivity", "SpikeTrains", "WeightCourse"]
