"""Features of a rule for a classifier: the mean weight drift that it would cause, by mean-field theory.

Parameters alone say little: whether a network runs away depends on sums of their products. The drift of a weight at
given rates is such a sum, for every family of rules. Which drifts are good is learned from simulations, not assumed.
"""

from __future__ import annotations

import numpy as np

from synapseek_core.plasticity.family import PlasticityFamily, RuleSpace
from synapseek_core.theory.synapse import mean_drift

PRE_RATE, POST_RATE = np.array([10.0, 2.0, 20.0]), np.array([0.0, 2.0, 20.0])
"""In Hz: presynaptic spikes alone, a quiet and a lively network. Three span the drifts of a pair rule."""


def rule_features(space: RuleSpace, theta: np.ndarray) -> np.ndarray:
    """Return the features (rule, feature) of theta (rule, parameter).

    They are sign(drift) sqrt|drift| of each synapse type at each pair of rates. The root is taken since drifts of rules
    differ by orders of magnitude; see `mean_drift`.
    """
    assert isinstance(space.family, PlasticityFamily)
    drift = mean_drift(space.family, space.by_synapse_type(theta), PRE_RATE, POST_RATE)
    return (np.sign(drift) * np.sqrt(np.abs(drift))).reshape(len(theta), -1)
