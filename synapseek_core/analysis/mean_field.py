"""Mean-field theory of the pair rule: the rate at which the mean weight change vanishes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr


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


def mean_field_table(
    rates: Mapping[str, np.ndarray | None], fitness: Mapping[str, xr.Dataset], population: str
) -> xr.Dataset:
    """Predicted beside simulated rate (rule,) of the rules of all origins; NaN for a rule that ended no trial well.

    Args:
        rates: origin -> (rule, trial) predicted rate in Hz, None where there is no theory.
        fitness: origin -> fitness of the same rules.
        population: the postsynaptic population.
    """
    predicted: list[np.ndarray] = []
    simulated: list[np.ndarray] = []
    for origin, rate in rates.items():
        measured = fitness[origin]["rate"].sel(population=population).values
        theory = np.full(measured.shape, np.nan) if rate is None else rate
        # The prediction of a trial is compared with that trial: both means go over the same trials.
        both = np.isfinite(measured) & np.isfinite(theory)
        for values, means in ((theory, predicted), (measured, simulated)):
            means.append(xr.DataArray(values).where(both).mean("dim_1").values)
    long_name = "{} rate of the postsynaptic population in the scored window, mean over trials"
    return xr.Dataset(
        {
            f"{kind}_rate": ("rule", np.concatenate(means).astype(np.float32), {"units": "Hz", "long_name": text})
            for kind, means, text in (
                ("predicted", predicted, long_name.format("mean-field")),
                ("simulated", simulated, long_name.format("simulated")),
            )
        }
    )
