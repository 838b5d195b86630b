"""Mean-field theory of the pair rule: the rate at which the plastic input of a neuron no longer changes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr


def pair_rule_rate(
    theta: np.ndarray, presynaptic_rate: np.ndarray, presynaptic_sd: np.ndarray | float = 0.0
) -> np.ndarray:
    """Return the postsynaptic rate at the fixed point of the pair rule with uncorrelated Poisson spikes.

    With P = gamma tau_pre + kappa tau_post, the weight from neuron j changes on average by

        alpha r_j + beta r + P r_j r

    so the input sum_j w_j r_j that a neuron of rate r receives stands still if

        alpha r* + beta r + P r* r = 0,   r* = <r_j^2> / <r_j> = mean + variance / mean of the presynaptic rates

    For presynaptic neurons of one rate this is the mean-field condition of the published work. Neglected: correlations
    between the two neurons (they matter for short time constants), and clipping of weights.

    Args:
        theta: (..., 6) tau_pre and tau_post in s, alpha, beta, gamma, kappa.
        presynaptic_rate: (...) mean over presynaptic neurons in Hz, broadcast against theta.
        presynaptic_sd: (...) their standard deviation in Hz.

    Returns:
        (...) rate in Hz; NaN where there is no positive fixed point.

    Source: Vogels et al., Science 2011; Confavreux et al., NeurIPS 2020 (for presynaptic neurons of one rate).
    """
    tau_pre, tau_post, alpha, beta, gamma, kappa = np.moveaxis(np.asarray(theta, np.float64), -1, 0)
    product = gamma * tau_pre + kappa * tau_post
    with np.errstate(divide="ignore", invalid="ignore"):
        weighted = presynaptic_rate + np.square(presynaptic_sd) / presynaptic_rate
        rate = -alpha * weighted / (beta + product * weighted)
    return np.where(np.isfinite(rate) & (rate > 0), rate, np.nan)


def pair_rule_is_stable(
    theta: np.ndarray, presynaptic_rate: np.ndarray, excitatory: bool, recurrent: bool
) -> np.ndarray:
    """Return whether the pair rule has a stable fixed point of the postsynaptic rate.

    A weight changes on average by g = alpha x + beta y + P x y, with x and y the pre- and postsynaptic rates and P as
    in `pair_rule_rate`. A larger excitatory weight raises y, a larger inhibitory one lowers it, so with s = 1 or -1 the
    fixed point y* > 0 of g = 0 is stable if s dg/dy < 0 there:

        s alpha > 0 and s (beta + P x) < 0            where x is another population's rate
        s (alpha + beta) > 0 and s P < 0              where x = y, synapses within a population

    Args:
        theta: (rule, 6) as in `pair_rule_rate`.
        presynaptic_rate: (rule,) in Hz; not used within a population.
        excitatory: whether the presynaptic neurons are.
        recurrent: whether pre- and postsynaptic neurons are of the same population.

    Source: the mean-field condition of Confavreux et al., NeurIPS 2023 (who look at the signs of alpha and beta).
    """
    tau_pre, tau_post, alpha, beta, gamma, kappa = np.moveaxis(np.asarray(theta, np.float64), -1, 0)
    product, sign = gamma * tau_pre + kappa * tau_post, 1.0 if excitatory else -1.0
    if recurrent:
        return (sign * (alpha + beta) > 0) & (sign * product < 0)
    return (sign * alpha > 0) & (sign * (beta + product * presynaptic_rate) < 0)


def mean_field_table(
    rates: Mapping[str, np.ndarray | None], fitness: Mapping[str, xr.Dataset], population: str
) -> xr.Dataset:
    """Return predicted and simulated rates (rule,) of the rules of all origins, as variables of a degeneracy file.

    Both are NaN for a rule without a trial in which both are known.

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
