"""The spike-timing window of a rule: its weight change for one pair of spikes."""

from __future__ import annotations

import inspect

import numpy as np

from synapseek_core.plasticity.family import PlasticityFamily


def spike_timing_window(
    family: PlasticityFamily, theta: np.ndarray, lags: np.ndarray, weight: float = 0.0
) -> np.ndarray:
    """Return the weight change, over the learning rate, for one presynaptic arrival and one postsynaptic spike.

    Args:
        family: the rule family.
        theta: (parameter,) in natural units.
        lags: (lag,) postsynaptic minus presynaptic time, in s; at lag 0 neither spike sees the other.
        weight: the synapse's weight, for rules that read it; the neuron's state, for rules that read it, is at rest.

    Returns:
        (lag,) weight change over eta, before clipping. An unpaired spike's own terms are part of it, as in the
        rule: for the pair rule alpha + beta + gamma exp(-lag / tau_pre) at positive lags, and
        alpha + beta + kappa exp(lag / tau_post) at negative ones.
    """
    parameters = dict(zip(family.parameter_names, np.asarray(theta, np.float64), strict=True))
    lags = np.asarray(lags, np.float64)
    factors = parameters | {"weight": np.full_like(lags, weight)} | dict(family.postsynaptic_state)
    presynaptic, postsynaptic = family.presynaptic_time_constants(theta), family.postsynaptic_time_constants(theta)
    factors |= {x: _trace(lags, tau) for x, tau in zip(family.presynaptic_traces, presynaptic, strict=True)}
    factors |= {x: _trace(-lags, tau) for x, tau in zip(family.postsynaptic_traces, postsynaptic, strict=True)}
    factors |= family.held
    change = np.zeros_like(lags)
    for function in (family.on_pre, family.on_post):
        change = change + function(**{name: factors[name] for name in inspect.signature(function).parameters})
    return np.asarray(change, np.float64)


def _trace(since: np.ndarray, time_constant: float) -> np.ndarray:
    """Return the trace of one spike, `since` seconds after it; 0 before and at it."""
    return np.where(since > 0, np.exp(-np.maximum(since, 0) / time_constant), 0.0)
