"""Sensitivity of the weight changes of a rule to its parameters, whatever the task: for rules with many parameters."""

from __future__ import annotations

import numpy as np
import scipy
import xarray as xr

from synapseek_core.plasticity.family import PlasticityFamily, RuleSpace
from synapseek_core.theory.spectrum import participation_ratio, principal_axes
from synapseek_core.theory.synapse import poisson_spikes, weight_change

CONDITIONS, SECONDS = 256, 1.0
RATES = 1.0, 40.0
STATE_RANGES = {"voltage": (-0.070, -0.050), "excitatory_current": (0.0, 0.2), "inhibitory_current": (0.0, 0.2)}
"""In V: from rest to what neurons have that fire at some ten Hz."""
STEP = 1e-2
"""Of the finite differences, in widths of the prior box: above the rounding of single precision."""


def function_sensitivity(space: RuleSpace, bounds: np.ndarray, theta: np.ndarray, weights: np.ndarray) -> xr.Dataset:
    """Return the spectrum of the sensitivity of a rule's weight changes to its parameters.

    A synapse of each type is driven by Poisson spikes of random rates, from a random weight, in a random state of the
    postsynaptic neuron. Between two rules, with weight changes c and c' under these conditions, lies the squared
    distance D^2 = mean (c - c')^2 / mean c^2. Near the rule D^2 = d^T G d, d being the displacement in search
    coordinates over the width of the prior box. G's eigenvalues are the squared sensitivities; their participation
    ratio is the effective number of parameters.

    Args:
        space: of the rule.
        bounds: (parameter, 2) the prior box in natural units.
        theta: (parameter,) the rule in natural units.
        weights: (synapse_type,) mean weight of each type under the rule.

    Returns:
        Variables of the contract `degeneracy`.

    Source: Gutenkunst et al., PLoS Comput Biol 3(10) e189, 2007, for the metric of a model's outputs.
    """
    width = np.ptp(space.to_coordinates(bounds.T), axis=0)
    middle = space.to_coordinates(theta)
    displaced = middle + STEP * width * np.concatenate([np.eye(len(middle)), -np.eye(len(middle))])[:, None]
    assert isinstance(space.family, PlasticityFamily)
    by_type = space.by_synapse_type(space.from_coordinates(np.concatenate([middle[None], displaced[:, 0]])))
    changes = np.stack([_changes(space.family, by_type[:, k], weight) for k, weight in enumerate(weights)])
    kinds, size = len(weights), len(space.family.parameters)
    own, up, down = changes[:, 0], changes[:, 1 : len(middle) + 1], changes[:, len(middle) + 1 :]
    slopes = (up - down) / (2 * STEP)
    blocks = []
    for k in range(kinds):
        slope = slopes[k, k * size : (k + 1) * size]
        blocks.append(slope @ slope.T / np.maximum((own[k] ** 2).sum(), np.finfo(float).tiny))
    return _spectrum(scipy.linalg.block_diag(*blocks), list(space.coordinate_names))


def _changes(family: PlasticityFamily, rules: np.ndarray, weight: float) -> np.ndarray:
    """Return the weight changes (rule, condition) under random Poisson spikes."""
    random = np.random.default_rng(0)
    pre, post = np.exp(random.uniform(np.log(RATES[0]), np.log(RATES[1]), (2, CONDITIONS)))
    events = poisson_spikes(pre, post, SECONDS, random)
    state = {
        name: random.uniform(*STATE_RANGES.get(name, (rest, rest)), size=CONDITIONS)
        for name, rest in family.postsynaptic_state.items()
    }
    return weight_change(family, rules, events, random.uniform(0, 2 * weight, CONDITIONS), state)


def _spectrum(metric: np.ndarray, names: list[str]) -> xr.Dataset:
    finite = np.isfinite(metric).all()
    values, axes = principal_axes(metric) if finite else (np.full(len(names), np.nan), np.full(metric.shape, np.nan))
    values = np.maximum(values, 0.0)
    positive = finite and values.max() > 0
    return xr.Dataset(
        {
            "function_sensitivity": (("sensitivity_axis",), values[::-1]),
            "function_sensitivity_axis": (("sensitivity_axis", "coordinate"), axes[::-1]),
            "function_sensitivity_of_parameter": (("coordinate",), np.diagonal(metric)),
            "effective_parameters": ((), participation_ratio(values) if positive else np.nan),
        },
        coords={"coordinate": names},
    )
