"""Mean-field theory of the pair rule: the rate at which the mean weight change vanishes."""

from __future__ import annotations

import numpy as np


def pair_rule_rate(theta: np.ndarray, presynaptic_rate: np.ndarray) -> np.ndarray:
    """Postsynaptic rate at the fixed point of the pair rule with uncorrelated Poisson spikes.

    Neglected: correlations between the two neurons (they matter for short time constants), the spread of presynaptic
    rates over neurons (it matters where beta is large), and clipping of weights.

        alpha r_pre + beta r_post + (gamma tau_pre + kappa tau_post) r_pre r_post = 0

    Args:
        theta: (..., 6) tau_pre and tau_post in s, alpha, beta, gamma, kappa.
        presynaptic_rate: (...) in Hz, broadcast against theta.

    Returns:
        (...) rate in Hz; NaN where there is no positive fixed point.

    Source: Vogels et al., Science 2011; Confavreux et al., NeurIPS 2020.
    """
    tau_pre, tau_post, alpha, beta, gamma, kappa = np.moveaxis(np.asarray(theta, np.float64), -1, 0)
    product = gamma * tau_pre + kappa * tau_post
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = -alpha * presynaptic_rate / (beta + product * presynaptic_rate)
    return np.where(np.isfinite(rate) & (rate > 0), rate, np.nan)
