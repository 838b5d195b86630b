"""Calibration of posteriors: ranks of the true parameters among draws (simulation-based calibration).

Source: Talts et al., arXiv:1804.06788, 2018.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy

from synapseek_core.inference.flows import Ensemble

DRAWS = 199
"""Draws from the posterior of each held-out simulation: ranks have 200 values, as many in each bin of a histogram."""


def held_out_tests(ensemble: Ensemble, z: np.ndarray, metrics: np.ndarray, draw: np.random.Generator) -> dict[str, Any]:
    """Return `rank` and `log_density_gain` of held-out simulations, as variables of the contract `posterior`."""
    return {
        "rank": (("held_out", "free_parameter"), ranks(ensemble, z, metrics, draw)),
        "log_density_gain": ("held_out", log_density_gain(ensemble, z, metrics)),
    }


def ranks(ensemble: Ensemble, z: np.ndarray, metrics: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Return the share (simulation, free parameter) of draws from the posterior that are below the true parameter.

    It is uniform on [0, 1] if the posterior is right.
    """
    drawn = ensemble.sample(np.repeat(metrics, DRAWS, axis=0), draw).reshape(len(z), DRAWS, -1)
    return (drawn < z[:, None]).mean(axis=1)


def log_density_gain(ensemble: Ensemble, z: np.ndarray, metrics: np.ndarray) -> np.ndarray:
    """Return the log density (simulation,) of the true rule under the posterior minus that under the prior, in nats."""
    return ensemble.log_density(z, metrics) - scipy.stats.norm.logpdf(z).sum(axis=1)
