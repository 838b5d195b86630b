"""Measures of network activity by name. A new one is a function in a file beside this one and its entry here.

Names and definitions are those of Confavreux et al., NeurIPS 2023; bins of 1, 10 and 100 ms.
"""

from synapseek_core.measures.metric import Metric
from synapseek_core.registries import Registry

METRICS: Registry[Metric] = Registry(
    {
        "rate": "measures.rates:EXCITATORY_RATE",
        "rate_i": "measures.rates:INHIBITORY_RATE",
        "cv_isi": "measures.intervals:MEAN_COEFFICIENT_OF_VARIATION",
        "kl_isi": "measures.intervals:DIVERGENCE_FROM_POISSON",
        "spatial_Fano": "measures.counts:SPATIAL_FANO",
        "temporal_Fano": "measures.counts:TEMPORAL_FANO",
        "auto_cov": "measures.counts:AUTOCOVARIANCE",
        "fft": "measures.rates:SPECTRAL_AMPLITUDE",
        "std_rate_temporal": "measures.rates:TEMPORAL_COUNT_SD",
        "std_rate_spatial": "measures.rates:SPATIAL_RATE_SD",
        "std_cv": "measures.intervals:COEFFICIENT_OF_VARIATION_SD",
        "w_blow": "measures.weights:BLOW_UP",
        "w_creep": "measures.weights:DRIFT",
        "weef": "measures.weights:EE_WEIGHT",
        "weif": "measures.weights:EI_WEIGHT",
        "wief": "measures.weights:IE_WEIGHT",
        "wiif": "measures.weights:II_WEIGHT",
    }
)
